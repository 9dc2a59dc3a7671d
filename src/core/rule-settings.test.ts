import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  foldedFirings,
  foldedRows,
  isUnknownNow,
  type RuleOnTarget,
  sameSettings,
  seriesRows,
  settingsWords,
} from './rule-settings.ts';

const on = (target: string, changes: Partial<RuleOnTarget> = {}): RuleOnTarget => ({
  ...{ target, isEnabled: true, where: {}, warning: null, critical: 'is 0', forMs: 0, clearForMs: 0 },
  ...{ levels: { warning: 'medium', critical: 'critical' }, origins: [] },
  series: [{ labels: {}, phase: 'ok', level: null, since: null, value: 1, said: '1', reason: null }],
  ...changes,
});
const firing = [
  { labels: {}, phase: 'firing' as const, level: 'critical', since: 1, value: 0, said: '0', reason: null },
];

test('targets with the same settings are told together, one that is written otherwise by itself', () => {
  const own = {
    origins: [{ path: 'targets.b.rules.http.down', line: 7, fields: ['for'] }],
    clearForMs: 60_000,
  };
  const groups = sameSettings([on('a'), on('b', own), on('c')]);
  assert.deepEqual(
    groups.map((group) => group.map(({ target }) => target)),
    [['a', 'c'], ['b']],
  );
  assert.deepEqual(settingsWords(on('a'), 'http.up'), [
    'critical: http.up is 0 (incident: critical)',
    'ends as soon as it is gone',
    'the default of the system',
  ]);
  assert.deepEqual(settingsWords(on('b', own), 'http.up').slice(1), [
    'ends after 1 m without it',
    'from line 7: targets.b.rules.http.down (for)',
  ]);
});

test('what fires comes first, a target without a sample is unknown, and a hundred well ones are one row', () => {
  const well = Array.from({ length: 100 }, (_, index) => on(`page-${index}`));
  const rows = foldedRows(seriesRows([...well, on('new', { series: [] }), on('bad', { series: firing })]));
  assert.deepEqual(
    rows.map((group) => [group.length, group[0].target]),
    [
      [1, 'bad'],
      [1, 'new'],
      [100, 'page-0'],
    ],
  );
  assert.equal(foldedRows(seriesRows(well.slice(0, 12))).length, 12);
});

test('a cascade fired once for each target and is one row for its incident; few firings are each told', () => {
  const fired = (many: number, incidentId: string | null) =>
    Array.from({ length: many }, () => ({ incidentId, level: 'critical' }));
  const sizes = (all: ReturnType<typeof fired>) => foldedFirings(all).map(({ length }) => length);
  assert.deepEqual(sizes([...fired(50, 'a'), ...fired(2, 'b'), ...fired(1, null)]), [50, 1, 1, 1]);
  assert.deepEqual(sizes(fired(10, 'a')), Array(10).fill(1));
});

test('of an open alert nothing is known where its series is unknown or gone', () => {
  const series = (phase: 'ok' | 'firing' | 'unknown', labels = {}) => ({
    ...{ labels, phase, level: null, since: null, value: null, said: null, reason: null },
  });
  const open = { target: 'db', labels: { disk: '/' }, resolvedAt: null };
  const on = (...all: ReturnType<typeof series>[]) => [{ target: 'db', series: all }];
  assert.equal(isUnknownNow(open, on(series('firing', { disk: '/' }), series('unknown'))), false);
  assert.equal(isUnknownNow(open, on(series('unknown', { disk: '/' }), series('firing'))), true);
  assert.equal(isUnknownNow(open, on()), true);
  assert.equal(isUnknownNow({ ...open, resolvedAt: 5 }, on()), false);
});
