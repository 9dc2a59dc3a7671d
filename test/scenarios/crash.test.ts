/** A short `npm run crash`: killed at random moments during real faults, and nothing lost, told twice or done twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { playRounds } from '../crash/rounds.ts';
import { missing } from '../servers/installed.ts';
import { postgresServer } from '../servers/postgres.ts';

const rounds = 3;

test(`${rounds} rounds of faults and kill -9`, {
  skip: missing(postgresServer),
  timeout: 400_000,
}, async (t) => {
  const seed = Date.now() % 1_000_000;
  t.diagnostic(`seed ${seed}`);
  const result = await playRounds({ rounds, seed, say: (line) => t.diagnostic(line) });
  assert.ok(result.kills >= rounds);
  assert.ok(result.incidents >= rounds);
});
