/** Every probe, against a place that never answers and one that is closed. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { type Metric, metricNamed, type Outcome } from '../../src/core/sample.ts';
import type { BoundTarget } from '../../src/core/system.ts';
import { systems } from '../../src/systems/index.ts';
import { blackHole, closedPort, type Place } from '../servers/black-hole.ts';
import { bind, endsWithin, pointAt, secret } from './targets.ts';

type Check = BoundTarget['checks'][number];

/** The pipeline gives a probe 250 ms to say what it saw; a busy machine gets more. */
const graceMs = 15_000;
const timeoutMs = 400;
const upMetric: Metric = { summary: 'whether it is up', unit: 'state', kind: 'gauge' };
const failures = ['unreachable', 'refused', 'timeout', 'denied', 'broken-probe'];

function run(check: Check, signal: AbortSignal, limitMs: number): Promise<Outcome> {
  const ctx = { signal, timeoutMs: limitMs, clock: systemClock, increase: () => undefined };
  return endsWithin(timeoutMs + graceMs, check.probe.id, check.run(ctx));
}

function judgeShape(outcome: Outcome, check: Check, kind: string): void {
  assert.ok(!JSON.stringify(outcome).includes(secret), 'a secret is in the outcome');
  // Whether it is up may be said by any liveness probe; where it is not said, the pipeline adds it.
  const metrics = { ...check.probe.metrics, ...(check.probe.liveness ? { [`${kind}.up`]: upMetric } : {}) };
  for (const { metric, value } of outcome.readings ?? []) {
    assert.ok(metricNamed(metrics, metric), `${metric} is not among the metrics of ${check.probe.id}`);
    assert.equal(typeof value, 'number', metric);
  }
  if (outcome.ok) return;
  assert.ok(failures.includes(outcome.why), outcome.why);
  assert.ok(outcome.detail.length > 0, 'a failure needs a line for people');
}

for (const system of systems) {
  const { isRemote } = pointAt(system, 1);

  for (const [name, open] of [
    ['a place that never answers', blackHole],
    ['a closed port', closedPort],
  ] as const) {
    describe(`${system.kind} at ${name}`, () => {
      let place: Place;
      let bound: BoundTarget;
      before(async () => {
        place = await open();
        bound = bind(system, place.port);
      });
      after(async () => {
        await endsWithin(graceMs * 2, 'close', bound.close());
        await place.stop();
      });

      for (const { id, liveness } of system.probes) {
        test(`${id} ends in time and says how it failed`, async () => {
          const check = bound.checks.find((one) => one.probe.id === id);
          assert.ok(check);
          const outcome = await run(check, AbortSignal.timeout(timeoutMs), timeoutMs);
          judgeShape(outcome, check, system.kind);
          if (!isRemote || !liveness) return;
          const up = outcome.readings?.find((reading) => reading.metric === `${system.kind}.up`)?.value;
          assert.ok(!outcome.ok || up === 0, `it must not be up: ${JSON.stringify(outcome)}`);
          if (!outcome.ok) assert.notEqual(outcome.why, 'broken-probe', outcome.detail);
        });
      }

      test('every probe ends soon after it is told to stop, however long it may take', async () => {
        for (const check of bound.checks) {
          const stop = new AbortController();
          const running = run(check, stop.signal, 60_000);
          await systemClock.sleep(30);
          stop.abort(new Error('Upkeep stops'));
          judgeShape(await running, check, system.kind);
        }
      });
    });
  }
}
