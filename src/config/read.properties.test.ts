// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of upkeep.yaml, not of JavaScript
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { notifiers, systems } from './fixtures/systems.ts';
import { formatProblem } from './problem.ts';
import { readConfiguration } from './read.ts';

function read(text: string, env: Record<string, string> = {}) {
  return readConfiguration({
    file: 'upkeep.yaml',
    text,
    env,
    systems,
    notifiers,
    readFile: () => {
      throw new Error('no such file');
    },
  });
}

// biome-ignore format: a bag of words
const fragments = [
  'targets:', 'a:', '  b: ', '{', '}', '[', ']', ', ', 'system: box', 'url: box://x', '\n', '\n  ', '&a ', '*a', '<<: ',
  '${', '${A}', '${A:-1}', '$${', '!!binary ', '? ', '- ', '"', "'", '|', '>', '#', '%YAML 1.1', '---', '...', ': ', '10s', '80%',
  'rules:', 'box.full', 'warning: ', 'services:', 'guard:', 'never: ', '__proto__: ', 'constructor', 'null', '~', '\u{E000}', '\u{E100}\u{E100}',
  'notify:', 'oncall:', 'escalation:', 'dependsOn: ', 'slo:', 'latency:', '\t', '0x1F', '.nan', '12345678901234567890', 'rules: ',
];

test('reading never throws, and gives either a configuration or problems', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.array(fc.constantFrom(...fragments), { maxLength: 40 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(anyText, (text) => {
      const reading = read(text, { A: 'x' });
      assert.equal(reading.configuration === undefined, reading.problems.length > 0);
      for (const problem of reading.problems) {
        assert.ok(problem.line >= 1 && problem.col >= 1 && problem.message !== '');
      }
    }),
    { numRuns: 1500 },
  );
});

// Every place of a configuration takes what a variable holds; none says it.
// biome-ignore format: one place after the other
const places = [
  'name: ', 'timezone: ', 'severities: ', 'store: "x://${A}" #', 'publicUrl: ', 'listen: { port: ${A} } #', 'retention: { raw: ${A} } #',
  'reports: { daily: ${A} } #', 'targets: { a: { system: ${A} } } #', 'targets: { a: { system: box, url: ${A}, port: ${A}, mode: ${A}, tls: ${A} } } #',
  'targets: { a: { system: jar, every: ${A}, dependsOn: [${A}] } } #', 'rules: { box.full: { warning: ${A}, metric: ${A}, for: ${A} } } #',
  'notify: { a: { notifier: ${A}, events: [${A}] } } #', 'guard: { never: [${A}], fourEyes: ${A}, budgets: { perDay: ${A} } } #',
  'services: { s: { targets: [${A}], slo: { availability: ${A} } } } #', 'targets: { a: { system: box, url: box://, password: ${A} } } #',
];

test('no message repeats the value of a variable', () => {
  const secret = fc.stringMatching(/^[A-Z0-9]{8,16}$/).map((text) => `zq${text}`);
  fc.assert(
    fc.property(fc.constantFrom(...places), secret, (place, value) => {
      const said = read(`${place}\${A}\n`, { A: value }).problems.map(formatProblem).join('\n');
      assert.ok(!said.includes(value), said);
    }),
    { numRuns: 300 },
  );
  const quoting = read('targets: { a: { system: box, url: box://, password: ${A} } }', {
    A: 'hunter2hunter2',
  });
  assert.deepEqual(quoting.problems.map(formatProblem), ['upkeep.yaml:1:53 targets.a.password: weak: ***']);
});

test('deep nesting and aliases that explode are problems, not crashes', () => {
  const deep = `targets: { a: { system: box, url: ${'['.repeat(5_000)}${']'.repeat(5_000)} } }`;
  assert.ok(read(deep).problems.length > 0);
  const laughs = Array.from({ length: 12 }, (_, i) => `  k${i + 1}: &k${i + 1} [${`*k${i}, `.repeat(9)}]`);
  const text = `targets:\n  t:\n    system: box\n    url: x\n    answers: *k12\nlabels:\n  k0: &k0 x\n${laughs.join('\n')}\n`;
  assert.ok(read(text).problems.length > 0);
});
