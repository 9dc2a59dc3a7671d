import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../clock.ts';
import type { Ground, Watch } from './drill.ts';
import { longestMs, playWithin } from './play.ts';

test('a drill that does not end is given up, fails, and costs its sandbox', async () => {
  const never = () => new Promise<never>(() => {});
  const watch: Watch = {
    ...{ call: never, overview: never, target: never, incidents: never, incident: never, actions: never },
    stop: async () => {},
  };
  const ground: Ground = { clock: systemClock, watch, state: async () => ({}) };
  const drill = {
    ...{ id: 'a.b', title: 'a', row: '1', does: 'nothing', causes: [], actions: [] },
    ...{ mitigation: 'nothing' as const, inject: async () => async () => {} },
  };
  const { score, isHealthy } = await playWithin(drill, ground, 1, 20);
  assert.deepEqual(score.faults, ['the drill went wrong: it did not end within 20 ms and was given up']);
  assert.equal(isHealthy, false);
  assert.ok(longestMs({ withinMs: 1_000 }) > 60_000);
});
