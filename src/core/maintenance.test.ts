import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  backdated,
  begunWarnings,
  comesOften,
  countedSpans,
  coverage,
  excludedSpans,
  floodWarnings,
  type MaintenanceWindow,
  occurrencesOf,
  problemOf,
  running,
} from './maintenance.ts';

const hourMs = 3_600_000;
const sunday: MaintenanceWindow = {
  name: 'patches',
  what: 'Security patches',
  starts: '2026-03-01T02:00',
  timezone: 'Australia/Sydney',
  durationMs: 2 * hourMs,
  rrule: 'FREQ=WEEKLY;BYDAY=SU',
  targets: ['db'],
  services: [],
  impact: null,
  actionRequired: null,
  notify: [],
  noticeBeforeMs: 48 * hourMs,
  isExcludedFromSlo: true,
  createdBy: null,
};
const topology = {
  needs: new Map([
    ['api', ['db']],
    ['web', ['api']],
  ]),
  servicesOf: new Map([
    ['web', ['shop']],
    ['db', ['data']],
  ]),
};
const at = (text: string) => Date.parse(text);

test('a weekly window keeps its wall clock time when daylight saving ends', () => {
  // Sydney leaves daylight saving on 5 April 2026 at 03:00.
  const starts = occurrencesOf(sunday, at('2026-03-28T00:00Z'), at('2026-04-13T00:00Z')).map(({ startsAt }) =>
    new Date(startsAt).toISOString(),
  );
  assert.deepEqual(starts, [
    '2026-03-28T15:00:00.000Z',
    '2026-04-04T15:00:00.000Z',
    '2026-04-11T16:00:00.000Z',
  ]);
});

test('a window is found from its first moment to its last, also by a span inside it', () => {
  const startsAt = at('2026-03-28T15:00:00Z');
  assert.equal(running([sunday], startsAt - 1, topology).length, 0);
  assert.equal(running([sunday], startsAt, topology)[0]?.endsAt, startsAt + 2 * hourMs);
  assert.equal(running([sunday], startsAt + 2 * hourMs - 1, topology).length, 1);
  assert.equal(running([sunday], startsAt + 2 * hourMs, topology).length, 0);
  const once = { ...sunday, rrule: null };
  assert.equal(occurrencesOf(once, 0, at('2030-01-01')).length, 1);
});

test('a window covers its targets, its services and what needs them', () => {
  assert.deepEqual([...(coverage(sunday, topology) ?? [])].sort(), ['api', 'db', 'web']);
  assert.deepEqual([...(coverage({ targets: [], services: ['shop'] }, topology) ?? [])], ['web']);
  assert.equal(coverage({ targets: [], services: [] }, topology), null);
});

test('what overlaps is left out of an SLO once', () => {
  const from = at('2026-03-28T14:00:00Z');
  const late = { ...sunday, name: 'late', starts: '2026-03-01T03:00' };
  const spans = excludedSpans([sunday, late], 'web', from, from + 10 * hourMs, topology);
  assert.deepEqual(spans, [{ from: from + hourMs, to: from + 4 * hourMs }]);
  assert.deepEqual(countedSpans([sunday, late], 'web', from, from + 10 * hourMs, topology), [
    { from, to: from + hourMs },
    { from: from + 4 * hourMs, to: from + 10 * hourMs },
  ]);
  assert.deepEqual(excludedSpans([sunday], 'other', from, from + 10 * hourMs, topology), []);
});

test('a window that is added or moved after its beginning is named, one that stays or comes is not', () => {
  const now = at('2026-03-20T00:00:00Z');
  const named = (before: readonly MaintenanceWindow[], after: readonly MaintenanceWindow[]) =>
    backdated(before, after, now, 30 * 24 * hourMs);
  const once = { ...sunday, name: 'once', rrule: null };
  assert.deepEqual(named([], [sunday, once]), ['patches', 'once']);
  assert.deepEqual(named([sunday, once], [{ ...sunday, what: 'Other words' }, once]), []);
  assert.deepEqual(named([sunday], [{ ...sunday, durationMs: 9 * hourMs }]), ['patches']);
  assert.deepEqual(named([], [{ ...once, starts: '2026-04-01T02:00' }]), []);
  assert.deepEqual(named([], [{ ...once, isExcludedFromSlo: false }]), []);
});

test('a rule that cannot be used says why', () => {
  assert.equal(problemOf('FREQ=MONTHLY;BYDAY=1SU', 'UTC'), null);
  assert.match(problemOf('FREQ=SOMETIMES', 'UTC') ?? '', /./);
  assert.match(problemOf('FREQ=SECONDLY', 'UTC') ?? '', /too often/);
});

test('a window that comes once and has begun is named, with what brings its time back into the SLO', () => {
  const once = { ...sunday, rrule: null, timezone: 'UTC' };
  const began = Date.parse('2026-03-01T02:00Z');
  const said = (window: MaintenanceWindow, now: number) => begunWarnings([window], now, 30 * 24 * hourMs);
  assert.deepEqual(said(once, began), []);
  assert.deepEqual(said(once, began + hourMs), [
    'maintenance.patches began 1 h ago: what was measured in it counts for no SLO, also where it was added afterwards (excludeFromSlo: false counts it)',
  ]);
  assert.deepEqual(said(once, began + 40 * 24 * hourMs), [], 'of no period that is looked at');
  assert.deepEqual(said({ ...once, isExcludedFromSlo: false }, began + hourMs), []);
  assert.deepEqual(said(sunday, began + hourMs), [], 'one that repeats is of every week');
});

test('a series that sends more than two messages a day is named, with what sends fewer', () => {
  const now = Date.parse('2026-03-01T00:00Z');
  const hourly = { ...sunday, rrule: 'FREQ=HOURLY', notify: ['ops'] };
  assert.deepEqual(floodWarnings([hourly], now), [
    'maintenance.patches comes so often that ops gets up to 48 messages a day of it (`notify: []` sends none, `events` of a notifier says what it takes)',
  ]);
  assert.match(floodWarnings([{ ...hourly, rrule: 'FREQ=DAILY' }], now)[0] ?? '', /up to 3 messages/);
  assert.deepEqual(
    floodWarnings(
      [
        { ...hourly, notify: [] },
        { ...sunday, notify: ['ops'] },
      ],
      now,
    ),
    [],
  );
  const often = ['FREQ=HOURLY', 'FREQ=DAILY', 'FREQ=WEEKLY;BYDAY=SA,SU'].map((rrule) =>
    comesOften({ ...hourly, rrule }, now),
  );
  assert.deepEqual(often, [true, false, false]);
});
