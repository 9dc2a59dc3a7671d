import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../test/simulation/fake-clock.ts';
import { startAt, up } from '../../test/simulation/loop.ts';
import type { Outcome } from '../core/sample.ts';
import { isAborted } from '../machine/network/error-code.ts';
import { runProbe } from './run-probe.ts';

const timeoutMs = 1_000;

function begun(answerAfterMs: number) {
  const clock = fakeClock(startAt);
  const told: { outcome: Outcome; at: number }[] = [];
  runProbe({
    ...{ clock, timeoutMs, increase: () => undefined, onEnd: () => {} },
    run: async ({ signal }) => {
      await clock.sleep(answerAfterMs, signal);
      return up;
    },
    onOutcome: (outcome) => told.push({ outcome, at: clock.monotonic() }),
  });
  const pass = (ms: number) => clock.runUntil(clock.now() + ms);
  return { clock, told, pass };
}

test('the probe knows the time under which its readings are kept', async () => {
  const clock = fakeClock(startAt);
  const knew: (number | undefined)[] = [];
  const run = runProbe({
    ...{ clock, timeoutMs, increase: () => undefined, onEnd: () => {}, onOutcome: () => {} },
    run: async ({ at, signal }) => {
      await clock.sleep(500, signal);
      knew.push(at);
      return up;
    },
  });
  await clock.runUntil(startAt + 1_000);
  assert.deepEqual(knew, [startAt]);
  assert.equal(run.at, startAt);
});

test('what did not answer within its time is told so then', async () => {
  const { told, pass } = begun(60_000);
  await pass(10_000);
  assert.deepEqual(told, [
    { outcome: { ok: false, why: 'timeout', detail: 'no answer within 1000 ms' }, at: 1_000 },
  ]);
});

test('what was cut off by its time is no answer, also where its driver does not know that error', async () => {
  const clock = fakeClock(startAt);
  const told: Outcome[] = [];
  const reasons: unknown[] = [];
  runProbe({
    ...{ clock, timeoutMs, increase: () => undefined, onEnd: () => {} },
    run: async ({ signal }) => {
      await clock.sleep(60_000, signal).catch((error: unknown) => reasons.push(error));
      return {
        ok: false,
        why: 'broken-probe',
        detail: 'something else',
        readings: [{ metric: 'a', value: 1 }],
      };
    },
    onOutcome: (outcome) => told.push(outcome),
  });
  await clock.runUntil(startAt + 2_000);
  assert.ok(isAborted(reasons[0]), 'drivers know it by its name');
  assert.deepEqual(told, [
    { ok: false, why: 'timeout', detail: 'no answer within 1000 ms', readings: [{ metric: 'a', value: 1 }] },
  ]);
});

test('while Upkeep itself stands still, no time of a check passes', async () => {
  const { clock, told, pass } = begun(2_600);
  await pass(100);
  clock.suspend(1_900);
  await pass(5_000);
  assert.deepEqual(told, [{ outcome: up, at: 2_600 }], 'the answer was waited for');

  const silent = begun(60_000);
  await silent.pass(100);
  silent.clock.suspend(1_000);
  await silent.pass(10_000);
  const [one] = silent.told;
  assert.equal(one?.outcome.ok === false && one.outcome.why, 'timeout');
  assert.ok(one && one.at >= 1_750 && one.at <= 2_000, `told after ${one?.at} ms`);
});

test('where Upkeep stands still most of the time, it says that of itself and nothing of the target', async () => {
  const { clock, told, pass } = begun(600_000);
  for (let i = 0; i < 40; i++) {
    clock.suspend(1_000);
    await pass(1);
  }
  const [one] = told;
  assert.ok(one && !one.outcome.ok);
  assert.equal(one.outcome.why, 'broken-probe');
  assert.match(one.outcome.detail, /^this machine is too busy: Upkeep itself stood still for \d.* of \d/);
  assert.ok(one.at <= 5_000, `told after ${one.at} ms`);
});
