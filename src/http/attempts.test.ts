import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../clock.ts';
import { createAttempts } from './attempts.ts';
import { createLanes } from './lanes.ts';

function limits() {
  let now = 1_000_000;
  const attempts = createAttempts({ ...systemClock, now: () => now });
  const waits = (name: string, address: string) => {
    try {
      attempts.check(name, address);
      return false;
    } catch {
      return true;
    }
  };
  return { attempts, waits, pass: (ms: number) => (now += ms) };
}

test('a name that fails from one address waits there, not elsewhere', () => {
  const { attempts, waits } = limits();
  for (let n = 0; n < 5; n++) {
    assert.equal(waits('owner', '6.6.6.6'), false);
    attempts.failed('owner', '6.6.6.6');
  }
  assert.equal(waits('Owner', '6.6.6.6'), true);
  assert.equal(waits('owner', '10.0.0.1'), false);
  assert.equal(waits('other', '6.6.6.6'), false);
});

test('an address that tries many names waits with all of them', () => {
  const { attempts, waits } = limits();
  for (let n = 0; n < 20; n++) attempts.failed(`name${n}`, '6.6.6.6');
  assert.equal(waits('fresh', '6.6.6.6'), true);
  assert.equal(waits('fresh', '10.0.0.1'), false);
});

test('the wait grows to a quarter of an hour and no longer, and is forgotten after an hour', () => {
  const { attempts, waits, pass } = limits();
  for (let n = 0; n < 1_000; n++) attempts.failed('owner', '6.6.6.6');
  pass(15 * 60_000 - 1);
  assert.equal(waits('owner', '6.6.6.6'), true);
  pass(1);
  assert.equal(waits('owner', '6.6.6.6'), false);
  pass(3_600_000);
  attempts.failed('owner', '6.6.6.6');
  assert.equal(waits('owner', '6.6.6.6'), false, 'counts from the beginning');
});

test('a name attacked from everywhere waits a minute at most, and not where it signed in before', () => {
  const { attempts, waits, pass } = limits();
  attempts.succeeded('owner', '10.0.0.1');
  for (let n = 0; n < 5_000; n++) attempts.failed('owner', `6.6.${n >> 8}.${n & 255}`);
  assert.equal(waits('owner', '10.0.0.1'), false);
  assert.equal(waits('owner', '10.0.0.2'), true);
  pass(60_000);
  assert.equal(waits('owner', '10.0.0.2'), false);
});

test('strangers cannot wash a count away by filling the table', () => {
  const { attempts, waits } = limits();
  for (let n = 0; n < 9_000; n++) attempts.failed('other', `a${n}`);
  for (let n = 0; n < 6; n++) attempts.failed('owner', '6.6.6.6');
  for (let n = 0; n < 9_000; n++) attempts.failed('other', `b${n}`);
  assert.equal(waits('owner', '6.6.6.6'), true);
});

test('lanes run as many as they are wide, queue as many as allowed, and go on after a failure', async () => {
  const inLane = createLanes({ width: 2, queue: 2 });
  let running = 0;
  let most = 0;
  const ends: (() => void)[] = [];
  const work = () =>
    inLane(async () => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => ends.push(resolve));
      running--;
      throw new Error('failed');
    });
  const all = [work(), work(), work(), work()].map((one) => assert.rejects(one, /failed/));
  await assert.rejects(work(), /at this moment/);
  while (ends.length > 0) {
    ends.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(all);
  assert.equal(most, 2);
  assert.equal(await inLane(async () => 'free'), 'free');
});
