import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TargetSettings } from './configuration.ts';
import { coverage } from './maintenance.ts';
import { publicIncident } from './status-page-incidents.ts';
import {
  areJoined,
  dependenciesOf,
  dependentsOf,
  servicesReached,
  sharedPlace,
  topologyOf,
} from './topology.ts';

const target = (name: string, dependsOn: string[] = []): TargetSettings => ({
  name,
  system: 'tcp',
  settings: {},
  everyMs: 1_000,
  timeoutMs: 500,
  dependsOn,
  environment: null,
  labels: {},
  rules: [],
});
const topology = topologyOf({
  targets: [
    target('web', ['api']),
    target('api'),
    target('db', ['disk']),
    target('disk'),
    target('mail'),
    target('a'),
    target('b'),
  ],
  services: [
    { name: 'shop', targets: ['web', 'api'], dependsOn: ['store'], slo: null },
    { name: 'store', targets: ['db'], dependsOn: [], slo: null },
    { name: 'pair', targets: ['a', 'b'], dependsOn: [], slo: null },
  ],
});

test('dependencies are followed through targets and services, nearest first', () => {
  assert.deepEqual(dependenciesOf(topology, 'web'), ['api', 'db', 'disk']);
  assert.deepEqual(dependenciesOf(topology, 'mail'), []);
});

test('dependents are the other way round', () => {
  assert.deepEqual(dependentsOf(topology, 'disk').sort(), ['api', 'db', 'web']);
});

test('targets are joined by dependency or by a common service, not otherwise', () => {
  assert.ok(areJoined(topology, 'web', 'disk'));
  assert.ok(areJoined(topology, 'disk', 'web'));
  assert.ok(areJoined(topology, 'a', 'b'));
  assert.ok(!areJoined(topology, 'mail', 'db'));
});

test('trouble of a disk reaches the services above it', () => {
  assert.deepEqual(servicesReached(topology, 'disk'), ['shop', 'store']);
});

test('a target and a service of one name are two things: the target belongs to the service, and may be needed by it', () => {
  const named = topologyOf({
    targets: [target('shop'), target('proxy'), target('pay')],
    services: [
      { name: 'shop', targets: ['shop'], dependsOn: ['proxy'], slo: null },
      { name: 'pay', targets: ['proxy'], dependsOn: ['pay'], slo: null },
    ],
  });
  assert.deepEqual(named.servicesOf.get('shop'), ['shop']);
  assert.deepEqual(servicesReached(named, 'shop'), ['shop']);
  assert.deepEqual(servicesReached(named, 'proxy'), ['pay', 'shop']);
  assert.deepEqual(dependenciesOf(named, 'proxy'), ['pay']);
  assert.deepEqual(
    [...(coverage({ targets: [], services: ['shop'] }, named) ?? [])],
    ['shop'],
    'a window of the service holds its target',
  );
  const facts = { id: 'i1', level: 'critical', targets: ['proxy'], openedAt: 0 } as const;
  const rules = {
    components: [{ name: 'Shop', group: null, description: null, targets: ['shop'], services: ['shop'] }],
    announce: 'automatic',
    reopenWithinMs: 0,
    when: String,
    idOf: String,
  } as const;
  const reached = {
    ...facts,
    services: servicesReached(named, 'proxy'),
    mitigatedAt: null,
    resolvedAt: null,
  };
  assert.deepEqual(
    publicIncident(reached, [], rules)?.components,
    ['Shop'],
    'and the status page tells of it',
  );
});

test('a circle does not hang', () => {
  const circle = topologyOf({ targets: [target('x', ['y']), target('y', ['x'])], services: [] });
  assert.deepEqual(dependenciesOf(circle, 'x'), ['y']);
});

test('targets at one host and port share a place, however it is written; others and what has none do not', () => {
  const at: Record<string, string> = {
    web: 'http://127.0.0.1:8080/a',
    api: 'tcp://localhost:8080',
    db: 'postgres://u@db.example.test/shop',
    disk: 'postgres://u@db.example.test:5432/other',
    mail: 'http://127.0.0.1:8081/a',
    a: 'every hour',
    b: 'every hour',
  };
  const targets = Object.keys(at).map((name) => target(name));
  const placed = topologyOf({ targets, services: [] }, (name) => at[name]);
  assert.equal(sharedPlace(placed, 'web', 'api'), '127.0.0.1:8080');
  assert.equal(sharedPlace(placed, 'db', 'disk'), 'db.example.test:5432');
  assert.equal(sharedPlace(placed, 'web', 'mail'), null);
  assert.equal(sharedPlace(placed, 'a', 'b'), null);
  assert.equal(sharedPlace(topology, 'web', 'api'), null, 'nobody looked');
});
