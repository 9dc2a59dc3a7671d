import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../test/simulation/fake-clock.ts';
import { startAt } from '../../../test/simulation/loop.ts';
import type { DiagnosisContext } from '../../core/system.ts';
import { withDeadline } from './deadline.ts';

function begun(answerAfterMs: number) {
  const clock = fakeClock(startAt);
  const ctx: DiagnosisContext = {
    ...{ signal: new AbortController().signal, clock, alerts: [], dependencies: [], changes: [] },
    ...{ history: async () => [], latest: () => [], logs: () => undefined, detail: () => undefined },
  };
  const told: string[] = [];
  void withDeadline(ctx, 1_000, async ({ signal }) => {
    await clock.sleep(answerAfterMs, signal);
  }).then(
    () => told.push(`answered at ${clock.monotonic()}`),
    () => told.push(`given up at ${clock.monotonic()}`),
  );
  return { clock, told, pass: (ms: number) => clock.runUntil(clock.now() + ms) };
}

test('what does not answer in time is given up then', async () => {
  const { told, pass } = begun(60_000);
  await pass(10_000);
  assert.deepEqual(told, ['given up at 1000']);
});

test('while this process stands still, nobody who was asked is called silent', async () => {
  const { clock, told, pass } = begun(2_600);
  await pass(100);
  clock.suspend(1_900);
  await pass(5_000);
  assert.deepEqual(told, ['answered at 2600']);
});
