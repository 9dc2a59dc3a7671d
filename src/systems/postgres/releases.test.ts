import assert from 'node:assert/strict';
import { test } from 'node:test';
import { standingOf } from './releases.ts';

const now = Date.UTC(2026, 10, 1);
const day = 86_400;

test('a release is behind by the minors that were out, and never where it is newer than the table', () => {
  assert.equal(standingOf(150018, now).minorsBehind, 0);
  assert.equal(standingOf(150015, now).minorsBehind, 3);
  assert.equal(standingOf(150099, now).minorsBehind, 0);
  assert.equal(standingOf(150018, now).version, '15.18');
});

test('support ends on the day that PostgreSQL says; what the table does not know is unknown or long over', () => {
  assert.equal(standingOf(140023, now).supportLeft, 11 * day);
  assert.ok((standingOf(130023, now).supportLeft ?? 0) < 0);
  assert.ok((standingOf(90624, now).supportLeft ?? 0) < 0);
  assert.equal(standingOf(990000, now).supportLeft, undefined);
});
