import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notifiers, systems } from './fixtures/systems.ts';
import { formatProblem } from './problem.ts';
import { readConfiguration } from './read.ts';

function read(text: string) {
  return readConfiguration({
    ...{ file: 'upkeep.yaml', text, env: {}, systems, notifiers },
    readFile: () => {
      throw new Error('there is no other file');
    },
  });
}

const problems = (text: string) => read(text).problems.map(formatProblem);

function good(text: string) {
  const { configuration } = read(text);
  assert.ok(configuration, problems(text).join('\n'));
  return configuration;
}

test('logs are files, globs or none, and bring a rule that may be overridden', () => {
  const logsOf = (yaml: string) =>
    good(yaml).targets.map(({ name, logs, rules }) => ({
      ...{ name, logs },
      rule: rules.find(({ id }) => id === 'log.new-error')?.levels.warning,
    }));
  assert.deepEqual(
    logsOf(`targets:
  a: { system: jar, logs: [/var/log/a.log, "/srv/*.log"] }
  b: { system: jar, logs: none }
  c: { system: jar }
  d: { system: jar, logs: d.log, rules: { log.new-error: { levels: { warning: high } } } }
`),
    [
      { name: 'a', logs: ['/var/log/a.log', '/srv/*.log'], rule: 'low' },
      { name: 'b', logs: [], rule: undefined },
      { name: 'c', logs: undefined, rule: undefined },
      { name: 'd', logs: ['d.log'], rule: 'high' },
    ],
  );
  const found = problems(`targets:
  a: { system: jar, logs: [], rules: { log.new-eror: { enabled: false } } }
`);
  assert.deepEqual(found, [
    'upkeep.yaml:2:27 targets.a.logs: names no file (write none where no log is to be followed)',
    'upkeep.yaml:2:40 targets.a.rules.log.new-eror: is no rule (did you mean log.new-error?)',
  ]);
});
