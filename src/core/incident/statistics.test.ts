import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CountedIncident, statisticsOf } from './statistics.ts';
import { timesOf } from './times.ts';

const minute = 60_000;
const one = (id: string, changes: Partial<CountedIncident> = {}): CountedIncident => ({
  ...{
    id,
    title: id,
    level: 'high',
    lead: id,
    services: [],
    acknowledgedBy: null,
    reopened: 0,
    isMerged: false,
  },
  ...{ beganAt: 0, detectedAt: minute, acknowledgedAt: null, mitigatedAt: null, resolvedAt: null },
  ...changes,
});
const options = {
  from: 0,
  to: 60 * minute,
  withinMs: 15 * minute,
  isNight: (at: number) => at > 30 * minute,
};

test('means and medians are over those that have the time; none is no zero', () => {
  const { detect, acknowledge, resolve, mitigate } = statisticsOf(
    [
      one('a', { acknowledgedAt: 3 * minute, resolvedAt: 10 * minute }),
      one('b', { acknowledgedAt: 11 * minute, resolvedAt: 20 * minute }),
      one('c', { detectedAt: 4 * minute }),
    ],
    [],
    options,
  );
  assert.deepEqual(detect, { count: 3, meanMs: 2 * minute, medianMs: minute, worstMs: 4 * minute });
  assert.deepEqual(acknowledge, { count: 2, meanMs: 6 * minute, medianMs: 6 * minute, worstMs: 10 * minute });
  assert.equal(resolve.meanMs, 15 * minute);
  assert.deepEqual(mitigate, { count: 0, meanMs: null, medianMs: null, worstMs: null });
});

test('answered in time: of those that asked for an answer', () => {
  const { response, withoutPeople } = statisticsOf(
    [
      one('in time', { acknowledgedAt: 5 * minute }),
      one('late', { acknowledgedAt: 40 * minute }),
      one('never, and still open'),
      one('over before anybody had to', { resolvedAt: 3 * minute }),
      one('over, long after somebody should have', { resolvedAt: 50 * minute }),
    ],
    [],
    options,
  );
  assert.deepEqual(response, { withinMs: 15 * minute, inTime: 1, of: 4, share: 0.25 });
  assert.equal(withoutPeople, 2);
});

test('repeats by lead with openings again; merged ones count once', () => {
  const { repeats, incidents } = statisticsOf(
    [
      one('1', { lead: 'db' }),
      one('2', { lead: 'db', detectedAt: 2 * minute, reopened: 1 }),
      one('3'),
      one('4', { lead: 'db', isMerged: true }),
    ],
    [],
    options,
  );
  assert.equal(incidents, 3);
  assert.deepEqual(repeats, [{ lead: 'db', times: 3, lastId: '2' }]);
});

test('load: calls that went out, by night too, and who answered', () => {
  const page = (person: string, incidentId: string, at: number, state: 'sent' | 'held' = 'sent') => ({
    person,
    incidentId,
    at,
    state,
  });
  const { load } = statisticsOf(
    [one('1', { acknowledgedBy: 'ben', acknowledgedAt: minute })],
    [
      page('anna', '1', minute),
      page('anna', '1', 40 * minute),
      page('anna', 'other', 1),
      page('ben', '1', 1, 'held'),
    ],
    options,
  );
  assert.deepEqual(load, [
    { person: 'anna', pages: 2, incidents: 1, atNight: 1, acknowledged: 0 },
    { person: 'ben', pages: 0, incidents: 0, atNight: 0, acknowledged: 1 },
  ]);
});

test('an incident began with the first breach and was detected with the first alert', () => {
  const times = timesOf({ openedAt: 100, acknowledgedAt: null, mitigatedAt: null, resolvedAt: null }, [
    { since: 40, firedAt: 90 },
    { since: 60, firedAt: null },
  ]);
  assert.deepEqual([times.beganAt, times.detectedAt], [40, 90]);
});
