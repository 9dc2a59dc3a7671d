import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import type { Proposal } from '../core/system.ts';
import { notifiers, systems } from './fixtures/systems.ts';
import { formatProblem } from './problem.ts';
import { readConfiguration } from './read.ts';
import { writeConfiguration } from './write.ts';

function check(text: string, env: Record<string, string> = {}) {
  const reading = readConfiguration({
    file: 'upkeep.yaml',
    text,
    env,
    systems,
    notifiers,
    readFile: () => {
      throw new Error('none');
    },
  });
  assert.deepEqual(reading.problems.map(formatProblem), [], text);
  return reading.configuration;
}

function write(
  proposals: readonly Proposal[],
  isVariableSet: (name: string) => boolean = () => false,
): string {
  return writeConfiguration({
    name: 'shop',
    timezone: 'UTC',
    proposals,
    isVariableSet,
    notifiers: notifiers.map((notifier) => notifier.kind),
  });
}

const url = 'box://user:pw@h';

test('what is written passes the check; an address that a variable holds stays out of the file', () => {
  const proposals: Proposal[] = [
    {
      name: 'db',
      system: 'box',
      config: { url, mode: 'write' },
      found: 'DATABASE_URL in .env',
      variable: 'DATABASE_URL',
    },
    { name: 'jar', system: 'jar', config: {}, found: 'a jar\n  evil: { system: jar }' },
  ];
  const text = write(proposals, (name) => name === 'DATABASE_URL');
  assert.ok(!text.includes('user:pw'));
  const targets = check(text, { DATABASE_URL: url })?.targets;
  assert.deepEqual(
    targets?.map((target) => [target.name, target.settings]),
    [
      ['db', { url, mode: 'write' }],
      ['jar', {}],
    ],
  );
  assert.match(text, /url: "\$\{DATABASE_URL\}"/);
  assert.deepEqual(parse(text, { strict: true }).targets.db, {
    system: 'box',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of upkeep.yaml, not of a template
    url: '${DATABASE_URL}',
    mode: 'write',
  });
  const literal = write(proposals);
  assert.deepEqual(check(literal)?.targets[0]?.settings, { url, mode: 'write' });
});

test('what a compose file declares and does not run is a comment that says so', () => {
  const text = writeConfiguration({
    name: 'shop',
    timezone: 'UTC',
    proposals: [],
    idle: [{ name: 'cache\n  evil: { system: jar }', file: 'compose.yaml', ports: [6379, 16379] }],
    isVariableSet: () => false,
    notifiers: [],
  });
  assert.match(
    text,
    /^ {2}# cache {3}evil: .* of compose\.yaml does not run here \(nothing listens on 6379, 16379\), so it is not watched/m,
  );
  assert.deepEqual(Object.keys(parse(text).targets), ['this-machine']);
});

test('whatever was found, the file that comes of it can be read and says the same', () => {
  const anything = fc.string({ unit: 'binary', maxLength: 30 });
  fc.assert(
    fc.property(anything, anything, (password, found) => {
      const text = write([{ name: 'db', system: 'box', config: { url: `box://${password}` }, found }]);
      const wanted = `box://${password}`.replace(/[\u{E000}\u{E001}]/gu, '\u{FFFD}');
      assert.equal(check(text)?.targets[0]?.settings.url, wanted);
      assert.equal(typeof parse(text, { strict: true }).targets.db.url, 'string', 'other tools read it too');
    }),
    { numRuns: 300, examples: [['\n\u0000\u0000\u0000\u0000\u0000', '']] },
  );
});

test('what listens on a lent port, and what render.yaml gives no address, is proposed as a comment that is right', () => {
  const text = writeConfiguration({
    ...{ name: 'shop', timezone: 'UTC', proposals: [], notifiers: [] },
    lent: [
      { address: '127.0.0.1', port: 41_234, process: 'vite\n  evil: { system: jar }', protocol: 'http' },
      { address: '::', port: 41_235, protocol: 'redis' },
    ],
    rendered: [
      { name: 'Shop\n  evil', kind: 'web', healthCheckPath: '/health' },
      { name: 'db', kind: 'postgres' },
    ],
    isVariableSet: () => false,
  });
  assert.deepEqual(Object.keys(parse(text).targets), ['this-machine'], text);
  assert.match(text, /^ {2}# Not watched, because the kernel lends/m);
  const uncommented = text.replace(/^ {2}# ([\w-]+: \{ system)/gm, '  $1');
  const { 'this-machine': _, ...targets } = parse(uncommented).targets;
  assert.deepEqual(targets, {
    'web-41234': { system: 'http', url: 'http://127.0.0.1:41234/' },
    'redis-41235': { system: 'redis', url: 'redis://127.0.0.1:41235' },
    'shop-evil': { system: 'http', url: 'https://shop-evil.onrender.com/health' },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of upkeep.yaml, not of JavaScript
    db: { system: 'postgres', url: '${DATABASE_URL}' },
  });
});
