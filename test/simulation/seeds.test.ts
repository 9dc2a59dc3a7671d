import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRun } from './seeded-run.ts';

/** As many as half a minute of a processor holds beside others; `npm run simulate -- --seeds 10000` plays more. */
const seeds = 60;

test(`${seeds} seeded runs with crashes, clock jumps, bad channels, flapping and cascades break no promise`, async () => {
  for (let seed = 1; seed <= seeds; seed++) {
    const { broken } = await seededRun(seed);
    assert.deepEqual(broken, [], `npm run simulate -- --seed ${seed}`);
  }
});
