import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CountedIncident, statisticsOf } from './statistics.ts';
import { basisOf } from './statistics-words.ts';

const one = (id: string, changes: Partial<CountedIncident> = {}): CountedIncident => ({
  ...{ id, title: id, level: 'high', lead: id, services: [], acknowledgedBy: null, reopened: 0 },
  ...{ isMerged: false, beganAt: 0, detectedAt: 60_000 },
  ...{ acknowledgedAt: null, mitigatedAt: null, resolvedAt: null },
  ...changes,
});
const basis = (incidents: readonly CountedIncident[]) =>
  basisOf(statisticsOf(incidents, [], { from: 0, to: 600_000, withinMs: 900_000, zoneOf: () => 'UTC' }));

test('each time says over how many incidents it is, and why the others have none', () => {
  const unknown = { onset: 'first-failing', beganAt: 0, detectedAt: 0 } as const;
  assert.deepEqual(
    basis([
      one('a', { acknowledgedAt: 70_000, mitigatedAt: 80_000, resolvedAt: 90_000 }),
      one('b', { ...unknown, resolvedAt: 90_000 }),
      one('c', unknown),
      one('d', { isNoOutage: true }),
    ]),
    {
      detect: 'over 1 of 3 incidents; 2 have no known start',
      acknowledge: 'over 1 of 3 incidents; nobody acknowledged 2',
      mitigate: 'over 1 of 3 incidents; of 2 no mitigation is known',
      resolve: 'over 2 of 3 incidents; 1 is still open',
    },
  );
});

test('nothing is explained where nothing is missing', () => {
  const { detect, resolve } = basis([one('a')]);
  assert.deepEqual([detect, resolve], ['over 1 of 1 incident', 'over 0 of 1 incident; 1 is still open']);
  assert.equal(
    basis([one('a', { onset: 'first-failing', beganAt: 60_000 })]).detect.split('; ')[1],
    '1 has no known start',
  );
  assert.equal(basis([]).detect, 'no incident');
});
