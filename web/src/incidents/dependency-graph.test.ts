import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../../src/core/evidence.ts';
import type { ServiceView, TargetView } from '../../../src/core/view.ts';
import { dependencyGraph, graphWords } from './dependency-graph.ts';

const target = (name: string, dependsOn: string[]): TargetView => ({
  ...{ name, dependsOn, system: 'http', address: '', environment: null, health: 'ok', detail: '' },
  ...{ lastAt: null, everyMs: 1_000, services: [], latency: null, recent: [], openAlerts: 0 },
});
const service = (name: string, targets: string[]): ServiceView => ({
  ...{ name, targets, health: 'ok', dependsOn: [], p95: null, availability: null, objective: null },
  availabilityOver: null,
  ...{ budgets: [], budgetLeft: null, budget: null, latencyObjective: null },
});
const finding = (name: string, confidence: number): Finding => ({
  ...{ id: 'postgres.blocked', target: name, summary: '', explanation: '', confidence },
  ...{ evidence: [], unseen: [], recommendations: [] },
});
const estate = {
  targets: [
    target('web', ['api', 'db']),
    target('api', ['db', 'cache']),
    target('db', []),
    target('cache', []),
    target('other', []),
  ],
  services: [service('shop', ['web', 'api']), service('blog', ['other'])],
};

test('the cause stands below what it affects; what has nothing to do with it is left out', () => {
  const graph = dependencyGraph(
    { lead: 'web', targets: ['web', 'api'], findings: [finding('db', 0.9)] },
    estate,
  );
  const at = Object.fromEntries((graph?.nodes ?? []).map(({ id, layer, part }) => [id, [layer, part]]));
  assert.deepEqual(at, {
    'service:shop': [0, 'affected'],
    'target:web': [1, 'affected'],
    'target:api': [2, 'affected'],
    'target:db': [3, 'cause'],
    'target:cache': [3, 'near'],
  });
  assert.deepEqual(graph?.edges.map(({ from, to, isLit }) => `${from} ${to} ${isLit}`).sort(), [
    'service:shop target:web true',
    'target:api target:cache false',
    'target:api target:db true',
    'target:web target:api true',
  ]);
  assert.match(graph ? graphWords(graph) : '', /^The cause is in db\. .*api needs db/);
});

test('a cause by itself is lit beside the first', () => {
  const findings = [finding('cache', 0.95), { ...finding('api', 0.97), isByItself: true as const }];
  const graph = dependencyGraph({ lead: 'cache', targets: ['web', 'api', 'cache'], findings }, estate);
  assert.deepEqual(graph?.causes, ['cache', 'api']);
  assert.equal(graph?.nodes.find(({ name }) => name === 'api')?.part, 'cause');
});

test('without a likely finding the deepest broken target is lit; alone it needs no graph; a ring ends', () => {
  const graph = dependencyGraph({ lead: 'api', targets: ['api'], findings: [finding('db', 0.2)] }, estate);
  assert.deepEqual(graph?.causes, ['api']);
  assert.equal(
    dependencyGraph({ lead: 'db', targets: ['db'], findings: [] }, { ...estate, services: [] }),
    null,
  );
  const ring = { targets: [target('a', ['b']), target('b', ['a'])], services: [] };
  assert.equal(dependencyGraph({ lead: 'a', targets: ['a', 'b'], findings: [] }, ring)?.nodes.length, 2);
});

test('a layer that is too wide keeps the cause and counts the rest', () => {
  const many = Array.from({ length: 30 }, (_, index) => `web-${index}`);
  const wide = { targets: [...many.map((name) => target(name, ['db'])), target('db', [])], services: [] };
  const graph = dependencyGraph({ lead: 'db', targets: [...many, 'db'], findings: [] }, wide);
  assert.deepEqual([graph?.nodes.length, graph?.leftOut], [6, 25]);
});
