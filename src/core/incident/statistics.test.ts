import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOutage } from './hygiene.ts';
import { type CountedIncident, statisticsOf } from './statistics.ts';
import { detectionMs, type HeldCall, spansOf, timesOf } from './times.ts';

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
  zoneOf: (person: string) => (person === 'anna' ? 'Asia/Tokyo' : 'UTC'),
};

test('people are asked from when they could know: not while a hold kept it from them', () => {
  const hour = 60 * minute;
  const moments = { openedAt: hour, acknowledgedAt: hour + 2 * minute, mitigatedAt: null, resolvedAt: null };
  const alerts = [{ since: 0, firedAt: 0 }];
  const acknowledgeMs = (more: object, calls: readonly HeldCall[] = []) =>
    spansOf(timesOf({ ...moments, ...more }, alerts, calls)).acknowledgeMs;
  assert.equal(acknowledgeMs({}), 2 * minute, 'a silence held its alert for an hour');
  const held = [{ at: hour, heldUntil: 8 * hour }];
  assert.equal(
    acknowledgeMs({ acknowledgedAt: 8 * hour + minute }, held),
    minute,
    'quiet hours held its call',
  );
  assert.equal(acknowledgeMs({}, held), 2 * minute, 'somebody saw it before the morning');
  const both = [...held, { at: 2 * hour, heldUntil: null }];
  assert.equal(acknowledgeMs({ acknowledgedAt: 8 * hour }, both), 7 * hour, 'one was called at once');
  const again = { conduct: { reopenedAt: 3 * hour }, acknowledgedAt: 3 * hour + minute };
  assert.equal(acknowledgeMs(again), minute, 'it was over for hours');
});

test('what was declared by hand was detected by nothing, unless an alert had fired before', () => {
  const declared = { conduct: { declaredBy: 'ann' } };
  const moments = { openedAt: 100, acknowledgedAt: null, mitigatedAt: null, resolvedAt: null, ...declared };
  const alone = timesOf(moments, []);
  assert.deepEqual([alone.onset, detectionMs(alone)], ['declared', null]);
  assert.equal(detectionMs(timesOf(moments, [{ since: 150, firedAt: 160 }])), null, 'it came after people');
  const seen = timesOf(moments, [{ since: 40, firedAt: 50 }]);
  assert.deepEqual([seen.onset, detectionMs(seen)], ['first-failing', 10]);
});

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

test('what tells how something is set up or what comes due counts in no time, and is counted', () => {
  const all = [
    one('down', { acknowledgedAt: 3 * minute }),
    one('cert', { isNoOutage: true, detectedAt: 50 * minute }),
  ];
  const { incidents, noOutages, detect, response } = statisticsOf(all, [], options);
  assert.deepEqual([incidents, noOutages, detect.count, response.of], [2, 1, 1, 1]);
  const of = (rule: string, isHygiene?: boolean) => isOutage([{ rule, ...(isHygiene ? { isHygiene } : {}) }]);
  assert.equal(of('tls.expiry'), false);
  assert.equal(of('postgres.recovery-point-age'), false);
  assert.equal(of('host.disk-full-soon'), false);
  assert.equal(of('redis.no-limit', true), false);
  assert.equal(of('tls.expired'), true);
  assert.equal(isOutage([]), true, 'somebody declared it');
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
  assert.deepEqual(response, {
    ...{ withinMs: 15 * minute, share: 0.25 },
    ...{ inTime: 1, of: 4, waiting: 0, overSooner: 1 },
  });
  assert.equal(withoutPeople, 2);
});

test('repeats by lead with openings again; merged ones count once, and those that were no outage not at all', () => {
  const { repeats, incidents } = statisticsOf(
    [
      one('1', { lead: 'db' }),
      one('2', { lead: 'db', detectedAt: 2 * minute, reopened: 1 }),
      one('3'),
      one('4', { lead: 'db', isMerged: true }),
      one('5', { lead: 'db', isNoOutage: true }),
    ],
    [],
    options,
  );
  assert.equal(incidents, 4);
  assert.deepEqual(repeats, [{ lead: 'db', times: 3, lastId: '2' }]);
});

test('load: calls that went out, by the night of whoever was called, and who answered; no name is no person', () => {
  const page = (person: string, incidentId: string, at: number) => ({ person, incidentId, at });
  // 1970-01-01 13:30 UTC is 22:30 in Tokyo.
  const evening = 13.5 * 60 * minute;
  const { load, acknowledgedByNobodyKnown } = statisticsOf(
    [
      one('1', { acknowledgedBy: 'ben', acknowledgedAt: 3 * minute }),
      one('2', { acknowledgedBy: null, acknowledgedAt: 9 * minute }),
    ],
    [page('anna', '1', evening), page('anna', '1', evening - 60 * minute), page('anna', 'earlier', evening)],
    options,
  );
  const anna = { person: 'anna', pages: 3, incidents: 2, atNight: 2, nightsInterrupted: 1 };
  const ben = { person: 'ben', pages: 0, incidents: 0, atNight: 0, nightsInterrupted: 0 };
  assert.deepEqual(load, [
    { ...anna, acknowledged: 0, acknowledgedInMs: null },
    { ...ben, acknowledged: 1, acknowledgedInMs: 2 * minute },
  ]);
  assert.equal(acknowledgedByNobodyKnown, 1);
});

test('what was found with the very first check that is known counts in no time to detect', () => {
  const { detect } = statisticsOf(
    [one('a', { onset: 'last-good' }), one('b', { onset: 'first-failing', detectedAt: 0 })],
    [],
    options,
  );
  assert.deepEqual(detect, { count: 1, meanMs: minute, medianMs: minute, worstMs: minute });
});

test('an incident began with the first breach and was detected with the first alert', () => {
  const times = timesOf({ openedAt: 100, acknowledgedAt: null, mitigatedAt: null, resolvedAt: null }, [
    { since: 40, firedAt: 90 },
    { since: 60, firedAt: null },
  ]);
  assert.deepEqual([times.beganAt, times.detectedAt], [40, 90]);
});

test('what began after a good check began right after it at the earliest, and with a change when that was made', () => {
  const moments = { openedAt: 10_000, acknowledgedAt: null, mitigatedAt: null, resolvedAt: 20_000 };
  const alerts = [{ since: 10_000, firedAt: 10_000 }];
  const began = (more: object) => timesOf({ ...moments, ...more }, alerts).beganAt;
  assert.equal(began({}), 10_000);
  assert.equal(began({ conduct: { wellAt: 9_000 } }), 9_000);
  const changed = { change: 'c1', onset: 4_000 };
  assert.equal(began({ conduct: { wellAt: 9_000 }, findings: [changed] }), 4_000);
  assert.equal(
    began({ conduct: { wellAt: 9_000 }, findings: [{ onset: 4_000 }] }),
    9_000,
    'no change is named',
  );
  assert.equal(began({ conduct: { wellAt: 9_000 }, findings: [{}, changed] }), 9_000, 'another is likelier');
  assert.equal(
    began({ findings: [{ ...changed, onset: 30_000 }] }),
    10_000,
    'nothing causes what was before it',
  );
});
