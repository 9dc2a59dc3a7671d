import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lostShare } from './lost-keys.ts';

const tickMs = 10_000;
const perTick = 190;

/** Keys that live for a minute, written until the tick `until`. */
function moments(until: number, ticks: number) {
  const written = (tick: number) => perTick * Math.max(0, Math.min(tick, until));
  return Array.from({ length: ticks }, (_, i) => ({
    ...{ at: i * tickMs, keys: written(i) - written(i - 6), expired: written(i - 6) },
    ...{ evicted: 0, misses: i * 5 },
  }));
}

test('keys that run out because nobody writes new ones are not lost', () => {
  for (let ticks = 31; ticks < 80; ticks++) assert.equal(lostShare(moments(30, ticks)), 0, `${ticks}`);
});

test('keys that expire at once are lost once lookups miss them', () => {
  const steady = moments(1_000, 20);
  const last = steady.at(-1);
  assert.ok(last);
  const gone = { ...last, at: last.at + tickMs, keys: 40, expired: last.expired + 1_290 };
  assert.equal(lostShare([...steady, gone]), 0, 'nobody asked for one');
  const missed = { ...gone, misses: last.misses + 300 };
  assert.ok(lostShare([...steady, missed]) > 0.9);
});

test('what is deleted, evicted or not there after a restart is lost, whoever asks', () => {
  const steady = moments(1_000, 20);
  const last = steady.at(-1);
  assert.ok(last);
  const next = { ...last, at: last.at + tickMs, keys: 0 };
  assert.equal(lostShare([...steady, next]), 1);
  assert.equal(lostShare([...steady, { ...next, evicted: last.keys }]), 1);
  assert.equal(lostShare([...steady, { ...next, expired: 0, misses: 0 }]), 1);
  assert.equal(lostShare([{ ...last, keys: 900 }, next]), 0, 'too few to say');
});
