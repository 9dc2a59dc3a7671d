import assert from 'node:assert/strict';
import { test } from 'node:test';
import { named } from '../fold.ts';
import { alertGroups, bestOfEach, runWords, timelineRuns } from './many.ts';

const alert = (rule: string, target: string, state: 'firing' | 'resolved' = 'firing') => ({
  rule,
  target,
  state,
});
const pages = (many: number, state?: 'firing' | 'resolved') =>
  Array.from({ length: many }, (_, index) => alert('http.down', `page-${index + 1}`, state));
const sizes = (groups: readonly { readonly length: number }[]) => groups.map(({ length }) => length);

test('many alerts are one of each rule and state, the rare ones first and by themselves', () => {
  const groups = alertGroups([...pages(60), ...pages(40, 'resolved'), alert('postgres.down', 'db')]);
  assert.deepEqual(sizes(groups), [1, 40, 60]);
  assert.equal(groups[0]?.[0].rule, 'postgres.down');
});

test('few alerts are never folded, and neither are three of a rule among many', () => {
  assert.deepEqual(sizes(alertGroups(pages(12))), Array(12).fill(1));
  const three = ['a', 'b', 'c'].map((target) => alert('tcp.down', target));
  assert.deepEqual(sizes(alertGroups([...pages(13), ...three])), [1, 1, 1, 13]);
});

test('entries that follow each other and tell the same of several targets are one run; a word between parts them', () => {
  const fired = ({ rule, target }: ReturnType<typeof alert>) => ({
    kind: 'alert.fired',
    payload: { rule, target },
  });
  const paged = { kind: 'page.sent', payload: {} };
  const runs = timelineRuns([...pages(6).map(fired), paged, ...pages(4).map(fired)]);
  assert.deepEqual(sizes(runs), [6, 1, 1, 1, 1, 1]);
  assert.equal(runs[0] && runWords(runs[0]), '6 × http.down on page-1, page-2, page-3 and 3 more');
});

const found = (...summaries: string[]) => ({
  kind: 'incident.diagnosed',
  payload: { findings: summaries.map((summary) => ({ id: summary, target: 'db', summary })) },
});

test('a cause that is found again is told once, with what was found beside it meanwhile', () => {
  const paged = { kind: 'page.sent', payload: {} };
  const runs = timelineRuns([found('a lock'), paged, found('a lock', 'a full disk'), found('a lock')]);
  assert.deepEqual(sizes(runs), [3, 1]);
  assert.equal(
    runs[0] && runWords(runs[0]),
    'Cause identified: a lock (found 2 times more; beside it: a full disk)',
  );
});

test('another cause between, or an incident opened again, parts them', () => {
  assert.deepEqual(sizes(timelineRuns([found('a lock'), found('a full disk'), found('a lock')])), [1, 1, 1]);
  const reopened = { kind: 'incident.reopened', payload: {} };
  assert.deepEqual(sizes(timelineRuns([found('a lock'), reopened, found('a lock')])), [1, 1, 1]);
  assert.deepEqual(sizes(timelineRuns([found(), found()])), [2]);
});

test('a name is not left out where "1 more" would be no shorter', () => {
  assert.equal(named(['a', 'b', 'c', 'd'], 3), 'a, b, c, d');
  assert.equal(named(['a', 'b', 'c', 'd', 'e'], 3), 'a, b, c and 2 more');
});

test('the best finding of each diagnosis comes first with its rank, and says how many are like it', () => {
  const findings = ['postgres.down', 'http.error', 'http.error', 'tcp.down', 'http.error'].map((id) => ({
    id,
  }));
  const { best, others } = bestOfEach(findings);
  assert.deepEqual(
    best.map(({ finding, rank, alike }) => [finding.id, rank, alike]),
    [
      ['postgres.down', 1, 0],
      ['http.error', 2, 2],
      ['tcp.down', 4, 0],
    ],
  );
  assert.deepEqual(
    others.map(({ rank }) => rank),
    [3, 5],
  );
});
