import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TargetSettings } from './configuration.ts';
import { areJoined, dependenciesOf, dependentsOf, servicesReached, topologyOf } from './topology.ts';

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

test('a circle does not hang', () => {
  const circle = topologyOf({ targets: [target('x', ['y']), target('y', ['x'])], services: [] });
  assert.deepEqual(dependenciesOf(circle, 'x'), ['y']);
});
