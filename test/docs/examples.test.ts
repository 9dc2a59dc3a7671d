import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { readConfiguration } from '../../src/config/read.ts';
import { bindEstate, bindNotifiers } from '../../src/estate.ts';
import { notifiers } from '../../src/notifiers/index.ts';
import { systems } from '../../src/systems/index.ts';
import { root } from '../suites.ts';

/** What the examples ask of the environment, by the beginning or the end of its name. */
function madeUp(name: string): string {
  if (name.startsWith('DATABASE_URL')) return 'postgres://upkeep:secret@127.0.0.1:5432/shop';
  if (name.startsWith('REDIS_URL')) return 'redis://upkeep:secret@127.0.0.1:6379';
  if (name.endsWith('_SECRET')) return 'a-secret-of-32-characters-or-so!';
  return 'http://127.0.0.1:8787/upkeep';
}

const examples = globSync('examples/*.yaml', { cwd: root }).sort();

test('there are examples', () => assert.ok(examples.length >= 2));

for (const path of examples) {
  test(`${path} is good, and each of its targets and notifiers binds`, async () => {
    const text = readFileSync(join(root, path), 'utf8');
    const variables = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => [name, madeUp(name)]);
    const reading = readConfiguration({
      file: join(root, path),
      text,
      env: Object.fromEntries(variables),
      systems,
      notifiers,
      readFile: (file) => {
        if (file.endsWith('.env')) throw new Error('none');
        return 'a-secret-of-32-characters-or-so!';
      },
    });
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
