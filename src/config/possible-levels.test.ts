import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systems } from '../systems/index.ts';
import { formatProblem } from './problem.ts';
import { readConfiguration } from './read.ts';

function problems(rules: string): string[] {
  const text = `targets: { m: { system: host }, p: { system: process, pidFile: /x } }\nrules: ${rules}`;
  const reading = readConfiguration({
    ...{ file: 'upkeep.yaml', text, env: {}, systems, notifiers: [] },
    readFile: () => {
      throw new Error('none');
    },
  });
  return reading.problems.map(formatProblem);
}

test('a level that a share can never have is refused, above and below', () => {
  assert.deepEqual(problems('{ host.pressure: { critical: 850% }, host.memory: { warning: 1.5 } }'), [
    'upkeep.yaml:2:37 rules.host.pressure.critical: "850%" is more than the metric can ever be (at most 100 %)',
    'upkeep.yaml:2:69 rules.host.memory.warning: "1.5" is more than the metric can ever be (at most 100 %)',
  ]);
});

test('the end of a share and a ratio that may pass it are taken', () => {
  assert.deepEqual(
    problems(
      '{ host.pressure: { critical: 100% }, process.cpu: { kind: threshold, metric: process.cpu, warning: 350% } }',
    ),
    [],
  );
});
