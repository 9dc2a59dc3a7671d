import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minuteMs, secondMs, startLoop } from '../../test/simulation/loop.ts';
import * as jobs from '../store/jobs.ts';
import { createJobRunner, type JobHandlers } from './run-jobs.ts';

async function runner(handlers: JobHandlers) {
  const loop = await startLoop({ targets: [] });
  const jobRunner = createJobRunner(loop.desk, handlers, 'second');
  await loop.pipeline.stop();
  jobRunner.start();
  const add = async (kind: string, key: string, runAt = loop.clock.now()) => {
    await jobs.enqueue(loop.store.db, { kind, key, payload: { key }, runAt });
    loop.desk.changed();
  };
  const end = async () => {
    const stopping = jobRunner.stop(1_000);
    await loop.pass(2 * secondMs);
    await stopping;
    await loop.end();
  };
  return { ...loop, add, end };
}

test('a job that is added at whatever moment runs at its time', async () => {
  const ran: unknown[] = [];
  const loop = await runner({ note: async ({ key }) => void ran.push(key) });
  const begin = loop.clock.now();
  for (let i = 0; i < 80; i++) {
    // Between each, a different number of turns: the runner is caught at every step of its own reading.
    for (let turns = 0; turns < i % 40; turns++) await Promise.resolve();
    await loop.add('note', `k${i}`, begin + (i % 2) * 100);
  }
  await loop.pass(500);
  assert.equal(ran.length, 80, 'none waits for the next look at the table');
  await loop.end();
});

test('a job that fails is tried again with growing pauses, and then given up', async () => {
  const at: number[] = [];
  const loop = await runner({
    breaks: async () => {
      at.push(loop.clock.now());
      throw new Error('no');
    },
  });
  await loop.add('breaks', 'one');
  await loop.pass(60 * minuteMs);
  assert.equal(at.length, 8);
  const waits = at.slice(1).map((time, i) => time - (at[i] ?? 0));
  assert.ok(
    waits.every((ms, i) => i === 0 || ms >= (waits[i - 1] ?? 0)),
    waits.join(),
  );
  const row = await loop.store.db
    .selectFrom('jobs')
    .select(['state', 'last_error'])
    .where('key', '=', 'one')
    .executeTakeFirstOrThrow();
  assert.deepEqual({ ...row }, { state: 'failed', last_error: 'no' });
  await loop.end();
});

test('one key never runs twice at once', async () => {
  let at = 0;
  let most = 0;
  let runs = 0;
  const loop = await runner({
    slow: async () => {
      runs++;
      most = Math.max(most, ++at);
      await loop.clock.sleep(secondMs);
      at--;
    },
  });
  for (let i = 0; i < 4; i++) {
    await loop.add('slow', 'same');
    await loop.pass(300);
  }
  await loop.pass(5 * secondMs);
  assert.equal(most, 1);
  assert.ok(runs >= 2);
  await loop.end();
});
