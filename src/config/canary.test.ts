import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfiguration } from './read.ts';

function read(text: string) {
  return readConfiguration({
    ...{ file: 'upkeep.yaml', text, env: {}, systems: [], notifiers: [] },
    readFile: () => {
      throw new Error('none');
    },
  }).problems.filter(({ path }) => /^(canary|incidents|services)/.test(path));
}

test('canaries are addresses with a port', () => {
  assert.deepEqual(read('canary: [192.0.2.1:443, "https://example.org", "[2001:db8::1]:53"]'), []);
  const [problem] = read('canary: [example.org]');
  assert.match(problem?.message ?? '', /no address with a port/);
});

test('a metric of users needs its target', () => {
  const [problem] = read('services: { shop: { targets: [], users: { metric: app.users } } }');
  assert.match(problem?.message ?? '', /needs target and metric/);
});

test('how soon an incident is opened again is a duration', () => {
  assert.deepEqual(read('incidents: { recoverFor: 1m, reopenWithin: 15m }'), []);
  assert.match(read('incidents: { reopenWithin: 15 }')[0]?.hint ?? '', /15m/);
});
