/** What the repository says of itself is true: every configuration loads, every named path exists. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseDocument } from 'yaml';
import { pages } from '../../docs/reference/pages.ts';
import { formatProblem } from '../../src/config/problem.ts';
import { readConfiguration } from '../../src/config/read.ts';
import { errorCodes } from '../../src/core/verb.ts';
import { notifiers } from '../../src/notifiers/index.ts';
import { systems } from '../../src/systems/index.ts';
import { verbs } from '../../src/verbs/index.ts';
import { paths, read } from '../sources.ts';
import { root } from '../suites.ts';

const markdown = paths('*.md', '{docs,examples,bench,drills,test}/**/*.md', 'src/**/*.md', 'web/*.md');
const topKeys = [
  ...['name', 'timezone', 'environment', 'severities', 'store', 'listen', 'publicUrl', 'targets', 'services'],
  ...['rules', 'notify', 'oncall', 'guard', 'incidents', 'retention', 'reports'],
];

interface Fence {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

function fences(path: string, language: RegExp): Fence[] {
  const text = read(path);
  return [...text.matchAll(/^( *)(`{3,})(\w+)[^\n]*\n(.*?)^\1\2 *$/gms)]
    .filter(([, , , word = '']) => language.test(word))
    .map((match) => ({
      path,
      line: text.slice(0, match.index).split('\n').length,
      text: (match[4] ?? '').replaceAll(new RegExp(`^${match[1]}`, 'gm'), ''),
    }));
}

/** A value that fits where the variable stands, as far as its name or its line tells. */
function valueFor(name: string, line: string): string {
  if (/REDIS/.test(name) || /system: redis/.test(line)) return 'redis://127.0.0.1:6379';
  if (/DATABASE|POSTGRES|PG/.test(name) || /system: postgres/.test(line))
    return 'postgres://upkeep@127.0.0.1:5432/shop';
  return /URL|HOOK$/.test(name) ? 'https://example.test/hook' : '0123456789abcdef0123456789abcdef';
}

/** What is wrong with a piece of upkeep.yaml; a piece gets what a whole file needs beside it. */
function problemsOf(text: string, file: string): string[] {
  const values = text
    .split('\n')
    .flatMap((line) =>
      [...line.matchAll(/\$\{([A-Za-z_]\w*)/g)].map(([, name = '']) => [name, valueFor(name, line)]),
    );
  const whole = /^targets:/m.test(text) ? text : `${text}\ntargets: { somewhere: { system: host } }\n`;
  const { problems } = readConfiguration({
    ...{ file, text: whole, systems, notifiers },
    env: Object.fromEntries(values),
    readFile(path) {
      if (path.endsWith('.env')) throw new Error('there is no .env');
      return '0123456789abcdef0123456789abcdef';
    },
  });
  return problems.map(formatProblem);
}

function isConfiguration(text: string): boolean {
  const content: unknown = parseDocument(text.replaceAll(/\$\{[^}]*\}/g, 'variable')).toJS();
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return false;
  const keys = Object.keys(content);
  return keys.length > 0 && keys.every((key) => topKeys.includes(key));
}

test('every configuration in the documents loads', () => {
  const found = markdown
    .flatMap((path) => fences(path, /^ya?ml$/))
    .filter(({ text }) => isConfiguration(text));
  assert.ok(found.length > 5, 'no fences were found');
  const problems = found.flatMap(({ path, line, text }) =>
    problemsOf(text, path).map((problem) => `${path}, the fence at line ${line}: ${problem}`),
  );
  assert.deepEqual(problems, []);
});

test('every path that the documents name exists', () => {
  const named = markdown.flatMap((path) =>
    [...read(path).matchAll(/`((?:src|test|docs|examples|bench|drills|web|bin|\.ci)\/[^`\s]*)`/g)].map(
      ([, name = '']) => ({
        path,
        name: name.replace(/[:#].*$/, '').replace(/[.,)]+$/, ''),
      }),
    ),
  );
  const gone = named.filter(({ name }) => !/[<…]/.test(name) && !isThere(name));
  assert.deepEqual(gone, []);
});

test('every link from one document to another leads somewhere', () => {
  const links = markdown.flatMap((path) =>
    [...read(path).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)/g)].map(([, target = '']) => ({
      path,
      target,
    })),
  );
  const broken = links.filter(({ path, target }) => !existsSync(join(root, path, '..', target)));
  assert.deepEqual(broken, []);
});

function isThere(name: string): boolean {
  return name.includes('*') ? paths(name).length > 0 : existsSync(join(root, name));
}

test('the reference is what the code says: run `npm run docs`', () => {
  for (const [path, text] of Object.entries(pages())) {
    assert.ok(existsSync(join(root, path)), `${path} is missing: npm run docs`);
    assert.equal(firstDifference(read(path), text), null, `${path} is out of date: npm run docs`);
  }
});

function firstDifference(onDisk: string, generated: string): string | null {
  const lines = onDisk.split('\n');
  const index = generated.split('\n').findIndex((line, at) => line !== lines[at]);
  if (index !== -1) return `line ${index + 1}: ${lines[index] ?? '(missing)'}`;
  return onDisk === generated ? null : 'lines at the end';
}

test('every error code and every verb is documented, and no ghost', () => {
  const codes = [...read('docs/reference/errors.md').matchAll(/^\| `([a-z-]+)` \|/gm)].map(
    ([, code = '']) => code,
  );
  assert.deepEqual(codes.sort(), Object.keys(errorCodes).sort());
  const headings = [...read('docs/reference/verbs.md').matchAll(/^## (\S+)$/gm)].map(([, name = '']) => name);
  assert.deepEqual(headings.sort(), verbs.map((verb) => verb.name).sort());
});

test('the guide to the guard has a row for every action, with its risk', () => {
  const rows = new Map(
    [...read('docs/guide/guard.md').matchAll(/^\| `([\w.-]+)` +\| (\w+) /gm)].map(([, id = '', risk]) => [
      id,
      risk,
    ]),
  );
  const untold = systems.flatMap((system) => system.actions).filter(({ id, risk }) => rows.get(id) !== risk);
  assert.deepEqual(
    untold.map(({ id }) => id),
    [],
  );
});

test('the checks would notice', () => {
  assert.equal(isConfiguration('targets:\n  web: { system: http, url: https://a.test }\n'), true);
  assert.equal(isConfiguration('services: { web: {} }\nvolumes: {}\n'), false);
  assert.notDeepEqual(problemsOf('targets: { web: { system: http, ulr: x } }', 'x'), []);
  assert.equal(isThere('src/nothing.ts'), false);
  assert.equal(isThere('src/systems/*/rules.yaml'), true);
});
