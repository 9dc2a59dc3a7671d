import assert from 'node:assert/strict';
import { test } from 'node:test';
import { together } from './together.ts';

const ctx = { signal: new AbortController().signal };

test('what every work gave comes in its order', async () => {
  assert.deepEqual(await together(ctx, () => [Promise.resolve(1), Promise.resolve('two')]), [1, 'two']);
});

test('a failure stops the others and is told when they have ended', async () => {
  const told: string[] = [];
  const ended = Promise.withResolvers<void>();
  const work = together(ctx, (signal) => [
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        told.push('stopped');
        void ended.promise.then(() => {
          told.push('ended');
          reject(signal.reason);
        });
      });
    }),
    Promise.reject(new Error('the disk is full')),
  ]).catch((error: Error) => told.push(error.message));
  await new Promise(setImmediate);
  assert.deepEqual(told, ['stopped']);
  ended.resolve();
  await work;
  assert.deepEqual(told, ['stopped', 'ended', 'the disk is full']);
});
