import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notifiers, systems } from './fixtures/systems.ts';
import { readConfiguration } from './read.ts';

function problems(text: string): string[] {
  const readFile = () => {
    throw new Error('ENOENT');
  };
  const reading = readConfiguration({ file: 'upkeep.yaml', text, env: {}, systems, notifiers, readFile });
  return reading.problems.map(({ path, message }) => `${path}: ${message}`);
}

test('one problem of a target or a rotation hides no other in it', () => {
  const found = problems(`targets:
  web: { system: box, path: /web, evry: 3s, every: fortnight, dependsOn: [cach] }
  odd: { system: boxx, dependsOn: [cach] }
notify: { say: { notifier: bell, room: a } }
oncall:
  people: { ann: { reach: { say: ann } } }
  rotations: { primary: { people: [ann], every: fortnight, handoff: munday 09:00 } }
`);
  for (const place of [
    'web.evry',
    'web.every',
    'web.dependsOn[0]',
    'odd.system',
    'odd.dependsOn[0]',
    'primary.every',
    'primary.handoff',
  ])
    assert.ok(
      found.some((line) => line.includes(place)),
      `${place} is missing in\n${found.join('\n')}`,
    );
});
