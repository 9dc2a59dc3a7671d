import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { forEachEngine } from '../../../test/engines/for-each-engine.ts';
import { systemClock } from '../../clock.ts';
import type { Sample } from '../../core/sample.ts';
import { openSampleStore } from './index.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const t0 = 20_000 * day;
const gauge = { target: 'web', metric: 'http.duration' };
const counter = { target: 'web', metric: 'http.requests' };

/** A gauge and a counter with resets, every 30 s for `span`. */
function traffic(span: number): { samples: Sample[]; gauges: Sample[]; counters: Sample[] } {
  const gauges: Sample[] = [];
  const counters: Sample[] = [];
  let total = 0;
  for (let at = t0 + 700; at < t0 + span; at += 30_000) {
    const i = (at - t0 - 700) / 30_000;
    gauges.push({
      ...gauge,
      at,
      value: Math.round(1e6 * (0.02 + 0.015 * Math.sin(i / 77) + ((i * 7919) % 100) / 1e4)) / 1e6,
    });
    total = i % 1_500 === 1_499 ? 3 : total + (i % 13);
    counters.push({ ...counter, at, value: total });
  }
  return { gauges, counters, samples: gauges.flatMap((sample, i) => [sample, counters[i] ?? sample]) };
}

/** Exact quantiles interpolate between two ranks, sketches take one of them: either is right, give or take `error`. */
function nearQuantile(
  got: number | null | undefined,
  values: readonly number[],
  q: number,
  error: number,
): void {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = q * (sorted.length - 1);
  const low = sorted[Math.floor(rank)] ?? Number.NaN;
  const high = sorted[Math.ceil(rank)] ?? low;
  const between = low + (high - low) * (rank % 1);
  if (error === 0) assert.ok(Math.abs((got ?? Number.NaN) - between) < 1e-12, `q${q}: ${got} for ${between}`);
  else
    assert.ok(
      (got ?? Number.NaN) >= low * (1 - error) && (got ?? Number.NaN) <= high * (1 + error),
      `q${q}: ${got} for ${low} to ${high}`,
    );
}

function near(got: number | null | undefined, expected: number, what: string): void {
  const isNear = typeof got === 'number' && Math.abs(got - expected) <= Math.abs(expected) * 1e-9;
  assert.ok(isNear, `${what}: ${got} for ${expected}`);
}

forEachEngine((engine) => {
  const openWith = async (t: TestContext, rawMs: number, now: () => number) => {
    const location = await engine.freshLocation();
    const clock = { ...systemClock, now };
    const store = await openSampleStore(location, {
      rawMs,
      rollupMs: 100 * day,
      pauseMs: 0,
      mostPutOff: 0,
      clock,
    });
    t.after(() => store.close());
    return store;
  };

  const feed = async (store: Awaited<ReturnType<typeof openWith>>, samples: readonly Sample[]) => {
    for (let i = 0; i < samples.length; i += 2_000) await store.append(samples.slice(i, i + 2_000));
  };

  for (const source of ['raw samples', 'rollups'] as const) {
    test(`buckets of ${source} say what the samples say`, async (t) => {
      const { samples, gauges } = traffic(3 * day);
      let now = t0;
      const store = await openWith(t, source === 'raw samples' ? 50 * day : 2 * hour, () => now);
      await feed(store, samples);
      now = t0 + 4 * day;
      const pruned = await store.prune(now);
      assert.equal(pruned.chunks > 0, source === 'rollups');
      const span = { from: t0 + 6 * hour, to: t0 + 18 * hour, stepMs: 20 * minute };
      for (const stepMs of [20 * minute, hour, 6 * hour]) {
        const [found] = await store.aggregate({ ...gauge, ...span, stepMs });
        assert.ok(found);
        assert.equal(found.at.length, (12 * hour) / stepMs);
        const error = source === 'rollups' ? 0.0101 : 0;
        for (const [i, at] of found.at.entries()) {
          assert.equal(at, span.from + i * stepMs);
          const inside = gauges
            .filter((one) => one.at >= at && one.at < at + stepMs)
            .map(({ value }) => value);
          assert.equal(found.min[i], Math.min(...inside));
          assert.equal(found.max[i], Math.max(...inside));
          near(found.avg[i], inside.reduce((a, b) => a + b, 0) / inside.length, 'avg');
          nearQuantile(found.p50[i], inside, 0.5, error);
          nearQuantile(found.p95[i], inside, 0.95, error);
        }
      }
    });

    test(`rates of ${source} hold over resets`, async (t) => {
      const { samples, counters } = traffic(2 * day);
      let now = t0;
      const store = await openWith(t, source === 'raw samples' ? 50 * day : hour, () => now);
      await feed(store, samples);
      now = t0 + 3 * day;
      await store.prune(now);
      const [found] = await store.aggregate({
        ...counter,
        from: t0 + hour,
        to: t0 + day,
        stepMs: hour,
        counter: true,
      });
      assert.ok(found);
      for (const [i, at] of found.at.entries()) {
        let increase = 0;
        for (const [j, { at: time, value }] of counters.entries()) {
          const before = counters[j - 1]?.value ?? 0;
          if (time >= at && time < at + hour) increase += value >= before ? value - before : value;
        }
        near(found.avg[i], increase / 3600, 'rate');
        assert.ok((found.min[i] ?? -1) >= 0);
      }
    });
  }

  test('quantiles are exact on raw samples and within 1 % beyond; the days of both are one answer', async (t) => {
    const { samples, gauges } = traffic(4 * day);
    let now = t0;
    const store = await openWith(t, 36 * hour, () => now);
    await feed(store, samples);
    now = t0 + 4 * day;
    const wanted = [0, 0.5, 0.95, 0.99, 1];
    for (let round = 0; round < 2; round++) {
      for (const [from, error] of [
        [t0 + 3 * day, 0],
        [t0, 0.0101],
      ] as const) {
        const [found] = await store.quantiles({ ...gauge, from, to: now, quantiles: wanted });
        const inside = gauges.filter(({ at }) => at >= from).map(({ value }) => value);
        assert.equal(found?.count, inside.length);
        near(found?.mean, inside.reduce((a, b) => a + b, 0) / inside.length, 'mean');
        for (const [i, q] of wanted.entries()) nearQuantile(found?.values[i], inside, q, error);
      }
      await store.prune(now);
    }
  });

  test('retention takes raw samples, then rollups, then the series; it may begin again', async (t) => {
    const { samples } = traffic(day);
    let now = t0;
    const store = await openWith(t, 2 * day, () => now);
    await feed(store, samples);
    now = t0 + 2 * day;
    assert.equal((await store.prune(now)).chunks, 0);
    const full = (await store.stats()).bytes;
    now = t0 + 4 * day;
    assert.ok((await store.prune(now)).chunks > 0);
    assert.deepEqual(await store.range({ ...gauge, from: 0, to: now }), []);
    const [kept] = await store.quantiles({ ...gauge, from: t0, to: t0 + day, quantiles: [0.5] });
    assert.equal(kept?.count, samples.length / 2);
    now = t0 + 30 * day;
    assert.ok((await store.prune(now)).rollups > 0);
    const [hourly] = await store.quantiles({ ...gauge, from: t0, to: t0 + day, quantiles: [0.5] });
    assert.equal(hourly?.count, samples.length / 2);
    now = t0 + 103 * day;
    await store.prune(now);
    const { series, samples: left, bytes } = await store.stats();
    assert.deepEqual({ series, left }, { series: 0, left: 0 });
    // The pages of empty tables remain.
    if (engine.kind === 'sqlite') assert.ok(bytes < full * 0.75, `${bytes} of ${full} bytes`);
    await store.append([{ ...gauge, at: now, value: 1 }]);
    assert.deepEqual((await store.range({ ...gauge, from: 0, to: now }))[0]?.values, [1]);
  });

  test('gaps are null, samples that are no number are left out, and senseless steps are refused', async (t) => {
    const store = await openWith(t, 50 * day, () => t0 + hour);
    await store.append([
      { ...gauge, at: t0, value: 1 },
      { ...gauge, at: t0 + 1, value: Number.NaN },
      { ...gauge, at: t0 + 2 * minute, value: 3 },
      { ...gauge, at: t0 + 3 * minute, value: Number.NaN },
    ]);
    const [found] = await store.aggregate({ ...gauge, from: t0, to: t0 + 4 * minute, stepMs: minute });
    assert.deepEqual(found?.avg, [1, null, 3, null]);
    assert.deepEqual(found?.p99, [1, null, 3, null]);
    await assert.rejects(store.aggregate({ ...gauge, from: t0, to: t0 + day, stepMs: 1 }), /longer step/);
    await assert.rejects(store.aggregate({ ...gauge, from: t0, to: t0 + day, stepMs: 0 }), /1 or more/);
    assert.deepEqual(await store.aggregate({ ...gauge, from: t0 + day, to: t0 + 2 * day, stepMs: hour }), []);
  });
});
