import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from '../alert.ts';
import { leading } from '../incident.ts';
import type { Topology } from '../topology.ts';
import { siblingMs } from './other-failure.ts';

const topology: Topology = {
  needs: new Map([
    ['web', ['api']],
    ['api', ['db', 'cache', 'mail']],
  ]),
  servicesOf: new Map(),
};
const alert = (target: string, since: number, changes: Partial<Alert> = {}): Alert => ({
  ...{
    id: target,
    fingerprint: `r|${target}`,
    rule: `${target}.down`,
    target,
    labels: {},
    summary: 'is down',
  },
  ...{ state: 'firing', ruleLevel: 'critical', level: 'high', value: 0, threshold: 0, detail: '' },
  ...{ since, firedAt: since, resolvedAt: null, incidentId: null, heldBy: null },
  ...changes,
});
const incident = { lead: 'db', title: 'db: is down', findings: [] };
const at = { topology, now: 10 * siblingMs, recoverForMs: 60_000 };
const titled = (...all: Alert[]) =>
  leading(incident, all, new Set(all.map(({ target }) => target)).size, at).title;

test('a second trouble that nothing joins to the first, and that began later, stands in the title', () => {
  const web = alert('web', 100);
  assert.equal(titled(alert('db', 0), web), 'db: is down (and 1 more)');
  const cache = alert('cache', siblingMs + 1, { summary: 'no memory' });
  assert.equal(titled(alert('db', 0), web, cache), 'db: is down (and 1 more), and cache: no memory');
  assert.equal(titled(alert('db', 0), web, { ...cache, state: 'resolved' }), 'db: is down (and 1 more)');
});

test('a process that ended by itself is named however soon it joins, also where it needs what leads', () => {
  const proxy = alert('api', 5_000, { rule: 'haproxy.down', summary: 'HAProxy does not answer' });
  const found = {
    ...{ id: 'haproxy.unreachable', target: 'api', summary: 'HAProxy has ended', confidence: 0.97 },
    explained: [{ rule: 'haproxy.down', target: 'api' }],
  };
  const both = [alert('db', 0), proxy];
  const titledBy = (findings: readonly (typeof found & { isByItself?: true })[]) =>
    leading({ ...incident, findings }, both, 2, at).title;
  const db = { ...found, target: 'db', explained: [{ rule: 'db.down', target: 'db' }] };
  assert.equal(
    titledBy([db, { ...found, isByItself: true }]),
    'db: is down, and api: HAProxy does not answer',
  );
  assert.equal(titledBy([db, found]), 'db: is down (and 1 more)');
});

test('a target that does not answer is called by that, not by what it said while it did', () => {
  const left = alert('db', 0, { rule: 'db.backend', summary: 'A backend has no server left' });
  assert.equal(titled(left, alert('db', 5_000)), 'db: is down');
});

test('what comes with the first, follows from it or was explained by it does not', () => {
  assert.equal(titled(alert('db', 0), alert('cache', 1_000)), 'db: is down (and 1 more)', 'together');
  assert.equal(titled(alert('db', 0), alert('api', siblingMs + 1)), 'db: is down (and 1 more)', 'needs it');
  const found = {
    ...{ id: 'db.full', target: 'db', summary: 'the disk is full', confidence: 0.9 },
    explained: [{ rule: 'cache.down', target: 'cache' }],
  };
  const both = [alert('db', 0), alert('cache', siblingMs + 1)];
  const explained = leading({ ...incident, findings: [found] }, both, 2, at).title;
  assert.doesNotMatch(explained, /cache/);
});

test('many that go one by one are counted', () => {
  const shards = ['a', 'b', 'c'].map((name, n) => alert(name, (n + 1) * siblingMs));
  assert.equal(titled(alert('db', 0), ...shards), 'db: is down (and 3 more)');
});
