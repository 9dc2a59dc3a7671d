import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sharedReading } from './shared-reading.ts';

function slowReading() {
  const waiting: { key: string; answer(value: string): void; fail(why: string): void }[] = [];
  const read = sharedReading(
    (key: string) =>
      new Promise<string>((resolve, reject) =>
        waiting.push({ key, answer: resolve, fail: (why) => reject(new Error(why)) }),
      ),
  );
  return { read, waiting };
}

test('all that ask while one reads share the one after it, which began after they asked', async () => {
  const { read, waiting } = slowReading();
  const first = read('a');
  const others = [read('a'), read('a')];
  assert.equal(waiting.length, 1);
  waiting[0]?.answer('early');
  assert.equal(await first, 'early');
  while (waiting.length < 2) await new Promise(setImmediate);
  waiting[1]?.answer('late');
  assert.deepEqual(await Promise.all(others), ['late', 'late']);
  const later = read('a');
  assert.equal(waiting.length, 3);
  waiting[2]?.answer('anew');
  assert.equal(await later, 'anew');
});

test('another key reads at once, and a reading that fails leaves the next to read for itself', async () => {
  const { read, waiting } = slowReading();
  const failing = read('a');
  const after = read('a');
  const other = read('b');
  assert.deepEqual(
    waiting.map(({ key }) => key),
    ['a', 'b'],
  );
  waiting[0]?.fail('gone');
  waiting[1]?.answer('b');
  await assert.rejects(failing, /gone/);
  assert.equal(await other, 'b');
  while (waiting.length < 3) await new Promise(setImmediate);
  waiting[2]?.answer('well');
  assert.equal(await after, 'well');
});
