import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../test/simulation/fake-clock.ts';
import { startAt } from '../../test/simulation/loop.ts';
import type { Sample } from '../core/sample.ts';
import { createSampleBuffer } from './sample-buffer.ts';

const sample = (value: number): Sample => ({ target: 'web', metric: 'toy.load', value, at: startAt });
const many = (n: number) => Array.from({ length: n }, (_, i) => sample(i));

test('samples of a moment are one write', async () => {
  const clock = fakeClock(startAt);
  const writes: number[] = [];
  const buffer = createSampleBuffer(clock, async (samples) => void writes.push(samples.length), assert.fail);
  for (let i = 0; i < 100; i++) buffer.take([sample(i)]);
  await clock.runUntil(startAt + 1_000);
  buffer.take([sample(1)]);
  await buffer.flush();
  assert.deepEqual(writes, [100, 1]);
});

test('what could not be written is written later, in its order', async () => {
  const clock = fakeClock(startAt);
  const written: number[] = [];
  let isBroken = true;
  const errors: unknown[] = [];
  const buffer = createSampleBuffer(
    clock,
    async (samples) => {
      if (isBroken) throw new Error('disk full');
      written.push(...samples.map(({ value }) => value));
    },
    (error) => errors.push(error),
  );
  buffer.take(many(3));
  await clock.runUntil(startAt + 1_000);
  buffer.take([sample(3)]);
  isBroken = false;
  await clock.runUntil(startAt + 10_000);
  assert.deepEqual(written, [0, 1, 2, 3]);
  assert.equal(errors.length, 1);
});

test('a store that hangs costs a bounded number of samples, and they are counted', async () => {
  const clock = fakeClock(startAt);
  let most = 0;
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const buffer = createSampleBuffer(
    clock,
    async (samples) => {
      most = Math.max(most, samples.length);
      await opened;
    },
    assert.fail,
  );
  for (let i = 0; i < 50; i++) {
    buffer.take(many(10_000));
    await clock.runUntil(clock.now() + 1_000);
  }
  open();
  await buffer.flush();
  const { taken, lost } = buffer.counts;
  assert.equal(taken, 500_000);
  assert.ok(most <= 210_000, `${most} at once`);
  assert.ok(lost >= 280_000 && lost < 300_000, `${lost} lost`);
});
