import assert from 'node:assert/strict';
import { test } from 'node:test';
import { advanceWords, beginStretch } from './progress.ts';

const mebibyte = 1_048_576;

test('a share and the time that is left are said as soon as a rate says something', () => {
  const at = (done: number, tookMs: number) => advanceWords({ done, of: 100 * mebibyte, tookMs });
  assert.equal(at(43 * mebibyte, 90_000), '43 %, about 2 min left');
  assert.equal(at(43 * mebibyte, 1_000), '43 %');
  assert.equal(at(mebibyte, 90_000), '1 %');
  assert.equal(at(50 * mebibyte, 40_000), '50 %, about 40 s left');
  assert.equal(at(95 * mebibyte, 40_000), '95 %, under 10 s left');
  assert.equal(at(10 * mebibyte, 530_000), '10 %, about 1 h 20 min left');
  assert.equal(at(100 * mebibyte, 40_000), '100 %');
});

test('what is guessed from the time before says so, and never that it is over', () => {
  const at = (done: number) => advanceWords({ done, of: 100 * mebibyte, isGuess: true, tookMs: 60_000 });
  assert.equal(at(50 * mebibyte), 'about 50 %, about 1 min left');
  assert.equal(at(100 * mebibyte), 'about 99 %, under 10 s left');
  assert.equal(at(130 * mebibyte), '130 MiB so far, more than the last time');
});

test('where nobody knows the whole, what is there is said', () => {
  assert.equal(advanceWords({ done: 130 * mebibyte, of: null, tookMs: 60_000 }), '130 MiB so far');
  assert.equal(advanceWords({ done: 0, of: null, tookMs: 60_000 }), null);
  assert.equal(advanceWords({ done: 0, of: 0, tookMs: 0 }), null);
});

test('a stretch goes on with how far it is, also in other words and when the tool says the whole itself', () => {
  const said: string[] = [];
  let now = 0;
  const teller = { clock: { monotonic: () => now }, progress: (text: string) => void said.push(text) };
  const stretch = beginStretch(teller, 'writing shop', { of: null });
  stretch.at(25 * mebibyte);
  now = 60_000;
  stretch.at(50 * mebibyte, 100 * mebibyte);
  stretch.saying('writing shop, and counting orders meanwhile');
  assert.deepEqual(said, [
    'writing shop',
    'writing shop: 25 MiB so far',
    'writing shop: 50 %, about 1 min left',
    'writing shop, and counting orders meanwhile: 50 %, about 1 min left',
  ]);
});
