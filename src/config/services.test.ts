import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notifiers, systems } from './fixtures/systems.ts';
import { formatProblem } from './problem.ts';
import { readConfiguration } from './read.ts';

const readFile = () => assert.fail('nothing there');

function problems(text: string) {
  const reading = { file: 'upkeep.yaml', text, env: {}, systems, notifiers, readFile };
  return readConfiguration(reading).problems.map(formatProblem);
}
const targets = `targets:
  shop: { system: jar }
  web: { system: jar }
`;

test('a service may need the target that is called like it; one that is a service alone depends on itself', () => {
  assert.deepEqual(
    problems(`${targets}services:\n  shop: { targets: [web], dependsOn: [shop] }\n`),
    [],
    'the target',
  );
  const [own] = problems(`${targets}services:\n  pay: { targets: [web], dependsOn: [pay] }\n`);
  assert.match(own ?? '', /^upkeep\.yaml:5:.* services\.pay\.dependsOn.*"pay"/);
  assert.deepEqual(problems(`${targets}services:\n  shop: { targets: [shop] }\n`), []);
});
