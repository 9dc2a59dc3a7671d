import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAst } from 'vite';
import { allFiles, isTest, type Node, paths, productFiles, read, type Source, source } from '../sources.ts';
import { type Finding, sleepersIn, sqlTimeIn, timeIn, typesIn } from './forbidden.ts';

const doors = new Set(['src/clock.ts', 'src/id.ts']);
const server = productFiles().filter((path) => path.startsWith('src/'));

function findings(files: readonly string[], find: (file: Source) => Finding[]): string[] {
  return files.flatMap((path) => find(source(path)).map(({ line, what }) => `${path}:${line}: ${what}`));
}

/** Commands and the demo wait for real processes at the edge, where no fake clock ever stands in. */
const atTheEdge = /^src\/(cli|demo)\/.*: AbortSignal\.timeout$/;

test('time and randomness come from src/clock.ts and src/id.ts alone', () => {
  const asked = findings(
    server.filter((path) => !doors.has(path)),
    timeIn,
  );
  assert.deepEqual(
    asked.filter((line) => !atTheEdge.test(line)),
    [],
  );
});

test("SQL of the store is given the time; it never asks for its engine's", () => {
  const own = server.filter((path) => /^src\/(store|pipeline|practices|verbs|http)\//.test(path));
  assert.deepEqual(findings(own, sqlTimeIn), []);
});

test('no any, no enum, no namespace, nothing silenced', () => {
  const files = allFiles().filter((path) => !path.startsWith('test/shape/'));
  assert.deepEqual(findings(files, typesIn), []);
});

test('no test runs alone, and none is skipped without a reason', () => {
  assert.deepEqual(
    findings(
      allFiles().filter((path) => isTest(path) && !path.startsWith('test/shape/')),
      sleepersIn,
    ),
    [],
  );
});

test('nothing is left to do in the text', () => {
  const files = [
    ...allFiles(),
    ...paths('*.md', '{docs,examples}/**/*.{md,yaml,js,ts}', 'src/**/*.{md,yaml}', 'web/src/**/*.css'),
  ];
  const left = files.filter(
    (path) => !path.startsWith('test/shape/') && /\b(TODO|FIXME|XXX)\b/.test(read(path)),
  );
  assert.deepEqual(left, []);
});

function write(text: string): Source {
  return { path: 'x.ts', text, tree: parseAst(text, { lang: 'ts' }) as unknown as Node };
}

function whats(text: string, find: (file: Source) => Finding[]): string[] {
  return find(write(text)).map(({ what }) => what);
}

test('the rules would notice time and randomness', () => {
  for (const text of [
    'const a = Date.now();',
    'new Date(5);',
    'setTimeout(f, 1);',
    'const later = setInterval;',
    "import { setTimeout as sleep } from 'node:timers/promises'; await sleep(1);",
    'performance.now();',
    'Math.random();',
    "import { randomUUID } from 'node:crypto';",
    'globalThis.crypto.randomUUID();',
    'process.hrtime.bigint();',
    'AbortSignal.timeout(5);',
  ])
    assert.notDeepEqual(whats(text, timeIn), [], text);
  for (const text of [
    'clock.now();',
    'options.setTimeout;',
    'socket.setTimeout(5);',
    'const a: Date | null = null;',
  ])
    assert.deepEqual(whats(text, timeIn), [], text);
  assert.deepEqual(whats('db`select now()`', sqlTimeIn), ['now()']);
  assert.deepEqual(whats("say('it is now (or never)')", sqlTimeIn), []);
});

test('the rules would notice types and sleepers', () => {
  assert.deepEqual(whats('const a = b as any;', typesIn), ['any']);
  assert.deepEqual(whats('enum A { B }', typesIn), ['enum']);
  assert.deepEqual(whats('namespace A { export const b = 1; }', typesIn), ['namespace']);
  assert.deepEqual(whats(`// @ts-${'ignore'}\nlet a;`, typesIn), ['@ts-ignore']);
  assert.deepEqual(whats("test.only('a', f)", sleepersIn), ['.only']);
  assert.deepEqual(whats("test.skip('a', f)", sleepersIn), ['.skip without a reason']);
  assert.deepEqual(whats("test('a', { skip: true }, f)", sleepersIn), ['skip: true']);
  assert.deepEqual(
    whats("test('a', { skip: missing(redis) }, f); test('b', (t) => t.skip('no root'))", sleepersIn),
    [],
  );
});
