import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, test } from 'node:test';
import pg from 'pg';
import { type EngineUnderTest, forEachEngine } from '../../../test/engines/for-each-engine.ts';
import { systemClock } from '../../clock.ts';
import type { Labels, Sample } from '../../core/sample.ts';
import { StoreInUse, StoreTooNew, StoreUnavailable } from '../refusals.ts';
import { type Location, openSampleStore, type SampleStore, type SampleStoreOptions } from './index.ts';
import { Segments } from './segments.ts';
import { journalFolder } from './sqlite-rows.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** A midnight. */
const t0 = 20_000 * day;

const steady = { rawMs: 1_000 * day, rollupMs: 2_000 * day, pauseMs: 0, mostPutOff: 0 };

/** A store that a failed test leaves open would keep the process alive. */
const opened: SampleStore[] = [];
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

async function open(location: Location, options: Partial<SampleStoreOptions> = {}): Promise<SampleStore> {
  const store = await openSampleStore(location, { ...steady, clock: clockAt(t0), ...options });
  opened.push(store);
  return store;
}

function clockAt(now: number) {
  return { ...systemClock, now: () => now };
}

async function withStore(
  engine: EngineUnderTest,
  work: (store: SampleStore, location: Location) => Promise<void>,
  options: Partial<SampleStoreOptions> = {},
): Promise<void> {
  const location = await engine.freshLocation();
  await work(await open(location, options), location);
}

function series(values: readonly number[], everyMs: number, from = t0, labels?: Labels): Sample[] {
  return values.map((value, i) => ({
    target: 'db',
    metric: 'm',
    value,
    at: from + i * everyMs,
    ...(labels ? { labels } : {}),
  }));
}

const everything = { target: 'db', metric: 'm', from: 0, to: 1e14 };

/** Runs SQL on the engine's own tables; the store must be closed. */
async function tamper(location: Location, sqlite: string, postgres: string): Promise<unknown[]> {
  if (location.kind === 'sqlite') {
    const database = new DatabaseSync(location.file);
    const rows = database.prepare(sqlite).all();
    database.close();
    return rows;
  }
  const client = new pg.Client({ connectionString: location.url });
  await client.connect();
  const { rows } = await client.query<Record<string, unknown>>(postgres);
  await client.end();
  return rows;
}

async function journalRows(location: Location): Promise<number> {
  if (location.kind === 'sqlite') return [...new Segments(journalFolder(location.file)).rows()].length;
  const [row] = await tamper(location, '', 'select count(*)::int as n from upkeep.samples_journal');
  return (row as { n: number }).n;
}

forEachEngine((engine) => {
  test('what was appended is found, by labels, and again after a restart', async () => {
    const location = await engine.freshLocation();
    const values = [0, -0, 1.5, Number.NaN, Infinity, -Infinity, 5e-324, 0.1 + 0.2, 2 ** 60];
    const irregular = values.map((value, i) => ({ target: 'db', metric: 'm', value, at: t0 + i * i * 137 }));
    let store = await open(location);
    await store.append(irregular);
    await store.append(series([1, 2], 10, t0, { role: 'app', state: 'idle' }));
    await store.append(series([3, 4], 10, t0, { state: 'active', role: 'app' }));
    await store.append([{ target: 'other', metric: 'm', value: 9, at: t0 }]);
    for (let round = 0; round < 2; round++) {
      const all = await store.range(everything);
      const plain = all.find(({ labels }) => Object.keys(labels).length === 0);
      assert.deepEqual(plain, { labels: {}, at: irregular.map(({ at }) => at), values });
      const app = await store.range({ ...everything, labels: { role: 'app' } });
      assert.deepEqual(
        app.map(({ values }) => values),
        [
          [1, 2],
          [3, 4],
        ],
      );
      const active = await store.range({ ...everything, labels: { role: 'app', state: 'active' } });
      assert.deepEqual(
        active.map(({ values }) => values),
        [[3, 4]],
      );
      assert.deepEqual(
        await store.range({ ...everything, from: t0 + 10, to: t0 + 10, labels: { state: 'idle' } }),
        [{ labels: { role: 'app', state: 'idle' }, at: [t0 + 10], values: [2] }],
      );
      assert.deepEqual(await store.range({ ...everything, target: 'nobody' }), []);
      const { samples, series: known, rejected } = await store.stats();
      assert.deepEqual({ samples, known, rejected }, { samples: 14, known: 4, rejected: 0 });
      await store.close();
      store = await open(location);
    }
    await store.close();
  });

  test('sealed and unsealed samples are one series, before and after a restart', async () => {
    const location = await engine.freshLocation();
    const values = Array.from({ length: 2_000 }, (_, i) => Math.round(Math.sin(i / 50) * 1e4) / 100);
    const samples = series(values, 10_000);
    let store = await open(location);
    for (let i = 0; i < samples.length; i += 40) await store.append(samples.slice(i, i + 40));
    for (let round = 0; round < 2; round++) {
      const [found] = await store.range(everything);
      assert.deepEqual(found, { labels: {}, at: samples.map(({ at }) => at), values });
      const [part] = await store.range({ ...everything, from: t0 + 7_000_000, to: t0 + 9_000_000 });
      assert.deepEqual(
        part?.at,
        samples.map(({ at }) => at).filter((at) => at >= t0 + 7e6 && at <= t0 + 9e6),
      );
      assert.equal((await store.stats()).samples, values.length);
      await store.close();
      store = await open(location);
    }
    await store.close();
    const [row] = await tamper(
      location,
      'select count(*) as n from chunks',
      'select count(*)::int as n from upkeep.samples_chunks',
    );
    assert.ok((row as { n: number }).n >= 2, 'two chunks at least were sealed');
  });

  test('late samples are sorted in while unsealed, the last of equal times stays, older ones are counted', async () => {
    const location = await engine.freshLocation();
    const store = await open(location);
    await store.append(series([1, 2, 3], 1_000));
    await store.append([{ target: 'db', metric: 'm', value: 1.5, at: t0 + 500 }]);
    await store.append([{ target: 'db', metric: 'm', value: 22, at: t0 + 1_000 }]);
    const expected = { labels: {}, at: [t0, t0 + 500, t0 + 1_000, t0 + 2_000], values: [1, 1.5, 22, 3] };
    assert.deepEqual(await store.range(everything), [expected]);
    await store.close();
    const again = await open(location);
    assert.deepEqual(await again.range(everything), [expected]);
    const many = series(
      Array.from({ length: 1_000 }, (_, i) => i),
      1_000,
      t0 + 10_000,
    );
    await again.append(many);
    await again.append([{ target: 'db', metric: 'm', value: 0, at: t0 + 1e9 }]);
    await again.append([{ target: 'db', metric: 'm', value: -1, at: t0 + 600 }]);
    const { late, rejected, samples } = await again.stats();
    assert.deepEqual({ late, rejected, samples }, { late: 1, rejected: 1, samples: 1_005 });
    const [found] = await again.range(everything);
    assert.ok(!found?.values.includes(-1));
    await again.close();
  });

  test('a time that is none is rejected and counted; fractions are rounded', () =>
    withStore(engine, async (store) => {
      await store.append([
        { target: 'db', metric: 'm', value: 1, at: Number.NaN },
        { target: 'db', metric: 'm', value: 2, at: 1e17 },
        { target: 'db', metric: 'm', value: 3, at: t0 + 0.4 },
      ]);
      assert.deepEqual(await store.range(everything), [{ labels: {}, at: [t0], values: [3] }]);
      assert.equal((await store.stats()).rejected, 2);
    }));

  test('a question sees every append called before it; many small appends share transactions', async () => {
    const location = await engine.freshLocation();
    const store = await open(location);
    const appends = Array.from({ length: 500 }, (_, i) => store.append(series([i], 1, t0 + i)));
    const [found] = await store.range(everything);
    assert.equal(found?.values.length, 500);
    await Promise.all(appends);
    await store.close();
    const rows = await journalRows(location);
    assert.ok(rows <= 3, `${rows} journal rows`);
  });

  test('past the limit new series are rejected, counted and said; known ones go on', async () => {
    const said: string[] = [];
    await withStore(
      engine,
      async (store) => {
        for (let i = 0; i < 5; i++) await store.append(series([i], 1, t0 + i, { pid: `${i}` }));
        await store.append(series([7], 1, t0 + 9, { pid: '4' }));
        await store.append(series([7], 1, t0 + 9, { pid: '0' }));
        const { series: known, overLimit, rejected, samples } = await store.stats();
        assert.deepEqual(
          { known, overLimit, rejected, samples },
          { known: 3, overLimit: 3, rejected: 3, samples: 4 },
        );
        const [first] = await store.range({ ...everything, labels: { pid: '0' } });
        assert.deepEqual(first?.values, [0, 7]);
      },
      { maxSeries: 3, warn: (message) => said.push(message) },
    );
    assert.equal(said.length, 1);
    assert.match(said[0] ?? '', /limit of 3 series/);
  });

  test('the newest sample of each series is known, also of silent ones after a restart', async () => {
    const location = await engine.freshLocation();
    const store = await open(location);
    await store.append(
      series(
        Array.from({ length: 10 }, (_, i) => i),
        1_000,
      ),
    );
    await store.append([{ target: 'web', metric: 'up', value: 1, at: t0 + 5 }]);
    await store.prune(t0 + 3 * hour);
    await store.close();
    const again = await open(location);
    const db = { target: 'db', metric: 'm', labels: {}, at: t0 + 9_000, value: 9 };
    assert.deepEqual(await again.latest({ target: 'db' }), [db]);
    assert.deepEqual(await again.latest(), [
      db,
      { target: 'web', metric: 'up', labels: {}, at: t0 + 5, value: 1 },
    ]);
    assert.deepEqual(await again.latest({ target: 'nobody' }), []);
    await again.append(series([3], 1, t0 + day));
    assert.equal((await again.latest({ target: 'db' }))[0]?.value, 3);
    await again.close();
  });

  test('a damaged chunk fails no question and is counted', async () => {
    const location = await engine.freshLocation();
    const store = await open(location);
    const samples = series(
      Array.from({ length: 100 }, (_, i) => i),
      1_000,
    );
    await store.append(samples);
    await store.prune(t0 + 3 * hour);
    await store.append(series([5, 6], 1_000, t0 + 4 * hour));
    await store.close();
    await tamper(
      location,
      "update chunks set body = substr(body, 1, 20) || x'ff' || substr(body, 22) returning 1",
      'update upkeep.samples_chunks set body = set_byte(body, 20, get_byte(body, 20) # 255) returning 1',
    );
    const again = await open(location);
    assert.deepEqual((await again.range(everything))[0]?.values, [5, 6]);
    const [aggregated] = await again.aggregate({ ...everything, from: t0, to: t0 + 5 * hour, stepMs: hour });
    assert.deepEqual(aggregated?.max, [null, null, null, null, 6]);
    assert.ok((await again.stats()).damaged >= 1);
    await again.close();
  });

  test('a second Upkeep on the same samples is refused with the reason', async () => {
    await withStore(engine, async (store, location) => {
      await store.append(series([1], 1));
      await assert.rejects(open(location), StoreInUse);
      await store.append(series([2], 1, t0 + 1));
    });
  });

  test('a look reads beside the one that writes, keeps to itself what it measures, and locks nobody out', async () => {
    await withStore(engine, async (store, location) => {
      const values = Array.from({ length: 300 }, (_, index) => index);
      await store.append(series(values, 1));
      const look = await open(location, { shared: true });
      await look.append(series(values, 1, t0 + 300, {}));
      await look.append([{ target: 'cache', metric: 'm', value: 7, at: t0 }]);
      const [seen] = await look.range(everything);
      assert.deepEqual(seen?.values, [...values, ...values]);
      assert.equal((await look.latest()).length, 2);
      await store.append(series([1], 1, t0 + 300));
      await store.close();
      const next = await open(location);
      await next.append(series([2], 1, t0 + 301));
      await look.prune(t0 + 1_000 * day);
      await look.close();
      const [stored] = await next.range(everything);
      assert.deepEqual(stored?.values, [...values, 1, 2]);
      assert.equal((await next.latest()).length, 1);
    });
  });

  test('a look where no samples are stored yet finds none, and makes nothing', async () => {
    const location = await engine.freshLocation();
    const look = await open(location, { shared: true });
    assert.deepEqual(await look.latest(), []);
    await look.append(series([1], 1));
    assert.equal((await look.latest()).length, 1);
    await look.close();
    if (location.kind === 'sqlite') assert.equal(existsSync(location.file), false);
  });

  test('samples of a newer Upkeep are refused with the reason', async () => {
    const location = await engine.freshLocation();
    await (await open(location)).close();
    await tamper(location, 'pragma user_version = 99', 'update upkeep.samples_format set format = 99');
    await assert.rejects(open(location), StoreTooNew);
  });

  test('a place that cannot be used is refused with the reason', async () => {
    const location = await engine.freshLocation();
    if (location.kind === 'sqlite') {
      const folder = dirname(location.file);
      mkdirSync(folder, { recursive: true });
      writeFileSync(location.file, 'no database '.repeat(100));
      await assert.rejects(open(location), StoreUnavailable);
      await assert.rejects(open({ kind: 'sqlite', file: `${location.file}/below.db` }), StoreUnavailable);
      assert.equal(readFileSync(location.file, 'utf8'), 'no database '.repeat(100));
    } else {
      await assert.rejects(open({ kind: 'postgres', url: 'postgres://127.0.0.1:1/none' }), StoreUnavailable);
    }
  });

  test('after close nothing is taken', async () => {
    const store = await open(await engine.freshLocation());
    const last = store.append(series([1], 1));
    await store.close();
    await last;
    await assert.rejects(store.append(series([2], 1)), /closed/);
    await store.close();
  });
});
