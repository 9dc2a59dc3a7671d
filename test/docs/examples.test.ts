import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { bindEstate, bindNotifiers } from '../../src/estate.ts';
import { notifiers } from '../../src/notifiers/index.ts';
import { systems } from '../../src/systems/index.ts';
import { readExample } from '../examples/simulated.ts';
import { root } from '../suites.ts';

const examples = globSync('examples/*.yaml', { cwd: root }).sort();

test('there are examples', () => assert.ok(examples.length >= 2));

for (const path of examples) {
  test(`${path} is good, and each of its targets and notifiers binds`, async () => {
    const reading = readExample(path);
    assert.deepEqual(reading.problems.map(formatProblem), []);
    assert.ok(reading.configuration);
    const estate = bindEstate(reading.configuration, systems, systemClock);
    assert.equal(estate.targets.size, reading.configuration.targets.length);
    assert.equal(
      bindNotifiers(reading.configuration, notifiers).size,
      reading.configuration.notifiers.length,
    );
    for (const { bound } of estate.targets.values()) await bound.close();
  });
}
