/** What every entry of the registry of systems says of itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systems } from '../../src/systems/index.ts';

const units = ['ratio', 'seconds', 'bytes', 'count', 'state', 'per-second'];
const word = /^[a-z0-9]+([._-][a-z0-9]+)*$/;

for (const system of systems) {
  const { kind, probes, diagnoses, actions } = system;

  test(`${kind}: what it has is named after it`, () => {
    assert.match(kind, /^[a-z][a-z0-9-]*$/);
    assert.ok(system.summary.length > 10, 'a summary for people');
    for (const { id, summary } of [...probes, ...diagnoses, ...actions]) {
      assert.ok(id.startsWith(`${kind}.`) && word.test(id), `${id} must be ${kind}.something`);
      assert.ok(summary.length > 10, `${id} needs a summary for people`);
    }
  });

  test(`${kind}: one probe tells whether it is up`, () => {
    assert.deepEqual(probes.filter((probe) => probe.liveness).length, 1);
  });

  test(`${kind}: every metric is its own, once, with a summary and a unit`, () => {
    const names = probes.flatMap((probe) => Object.keys(probe.metrics));
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
      'measured by two probes',
    );
    for (const [name, metric] of probes.flatMap((probe) => Object.entries(probe.metrics))) {
      const isOwn = name.startsWith(`${kind}.`) && word.test(name);
      assert.ok(
        isOwn || name === 'app.*',
        `${name} must be ${kind}.something, or app.* for an application's own`,
      );
      assert.ok(metric.summary.length > 0, `${name} needs a summary`);
      assert.ok(units.includes(metric.unit), `${name}: ${metric.unit}`);
    }
    const latencies = probes.flatMap((probe) =>
      Object.entries(probe.metrics).filter(([, metric]) => metric.latencyOf !== undefined),
    );
    assert.ok(latencies.length <= 1, 'more than one metric is its latency');
    for (const [name, metric] of latencies) assert.equal(metric.unit, 'seconds', name);
  });

  test(`${kind}: every action says what it needs and what it risks`, () => {
    for (const { id, privileges, risk } of actions) {
      assert.ok(privileges.trim().length > 5, `${id} needs its least privileges, ready to copy`);
      assert.ok(['safe', 'risky', 'destructive'].includes(risk), `${id}: ${risk}`);
    }
  });
}

test('no two things of any system share an id', () => {
  for (const ids of [
    systems.map((system) => system.kind),
    systems.flatMap((system) =>
      [...system.probes, ...system.diagnoses, ...system.actions].map((one) => one.id),
    ),
  ]) {
    assert.deepEqual(
      ids.filter((id, index) => ids.indexOf(id) !== index),
      [],
    );
  }
});
