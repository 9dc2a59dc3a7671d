import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endBefore, endWords, failureOf } from './own-end.ts';

test('a failure is one line without secrets, and names its place in the code', () => {
  const error = new TypeError('cannot reach postgres://app:hunter2@db/app\nin two lines');
  error.stack = `${error}\n    at node:internal/x:1:1\n    at ask (file:///srv/upkeep/src/pipeline/ask.ts:12:3)\n    at main.ts:1:1`;
  assert.deepEqual(failureOf(error), {
    error: 'TypeError: cannot reach postgres://app:(hidden)@db/app in two lines',
    at: 'ask (/srv/upkeep/src/pipeline/ask.ts:12:3)',
  });
});

test('what caused it is told with it; what is no error has no place', () => {
  assert.equal(
    failureOf(new Error('lost', { cause: new Error('password=hunter2') })).error,
    'Error: lost, because of Error: password=(hidden)',
  );
  assert.deepEqual(failureOf('words'), { error: 'words', at: null });
  assert.equal(failureOf(new Error('x'.repeat(2_000))).error.length, 500);
});

test('a run that was told to stop, or none, left nothing to tell', () => {
  assert.equal(endBefore(undefined, 0), null);
  assert.equal(endBefore({ kind: 'upkeep.stopped', at: 5, payload: {} }, 5), null);
});

test('a run that failed says why; one that could not say anything ended after the newest that it stored', () => {
  const failed = endBefore({ kind: 'upkeep.failed', at: 5, payload: { error: 'Error: lost' } }, 4);
  assert.deepEqual(failed, { kind: 'failed', at: 5, why: 'Error: lost' });
  assert.equal(failed && endWords(failed), 'ended by itself: Error: lost');
  const killed = endBefore({ kind: 'upkeep.started', at: 5, payload: {} }, 9);
  assert.deepEqual([killed?.kind, killed?.at], ['cut-off', 9]);
  assert.equal(
    killed && endWords(killed),
    'ended without a word: it was killed, ran out of memory, or its machine went down',
  );
});
