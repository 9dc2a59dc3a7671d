import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextStart, repeatsFor, repeatText } from './repeats.ts';

test('repeats follow the day of the first start', () => {
  const labels = repeatsFor('2026-12-06T02:00').map(({ label }) => label);
  assert.deepEqual(labels.slice(2), [
    'Every Sunday',
    'Every second Sunday',
    'The first Sunday of each month',
  ]);
  assert.equal(repeatText('FREQ=WEEKLY;BYDAY=SU', '2026-12-06T02:00'), 'every Sunday');
  assert.equal(repeatText('FREQ=YEARLY', '2026-12-06T02:00'), 'FREQ=YEARLY');
  assert.equal(repeatsFor('2026-12-31T02:00').at(-1)?.value, 'FREQ=MONTHLY;BYDAY=-1TH');
});

test('a quiet hour becomes the next such hour on the clock of the team, never one that is over', () => {
  const sunday = Date.parse('2026-11-22T20:30:00Z');
  assert.equal(nextStart(7, 22, 'UTC', sunday), '2026-11-22T22:00');
  assert.equal(nextStart(7, 20, 'UTC', sunday), '2026-11-29T20:00');
  assert.equal(nextStart(1, 9, 'Australia/Sydney', sunday), '2026-11-23T09:00');
});
