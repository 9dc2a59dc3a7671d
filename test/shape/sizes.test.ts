import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allFiles, paths, productFiles, read } from '../sources.ts';

const lengths = (files: readonly string[]) =>
  files.map((path) => ({ path, lines: read(path).split('\n').length - 1 })).sort((a, b) => a.lines - b.lines);

test('files are short: half of them about 100 lines, nine of ten under 300', () => {
  const sorted = lengths(productFiles());
  const at = (share: number) => sorted[Math.floor(sorted.length * share)]?.lines ?? 0;
  assert.ok(at(0.5) <= 120, `the median is ${at(0.5)} lines`);
  assert.ok(at(0.9) < 300, `the 90th percentile is ${at(0.9)} lines`);
});

test('no file has over 500 lines', () => {
  const long = lengths(allFiles()).filter(({ lines }) => lines > 500);
  assert.deepEqual(
    long.map(({ path, lines }) => `${path}: ${lines} lines`),
    [],
  );
});

const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/;
/** `services` is a noun of upkeep.yaml; `service` says nothing. */
const empty = /^(util|helper|manager|handler)s?$|^(common|misc|base|service|commons)$/;
/** Names that others have given. */
const given = new Set([
  '.ci',
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'LICENSE',
  'DESIGN.md',
  'Dockerfile',
]);

test('files and folders are in kebab-case, and none has a name that says nothing', () => {
  const parts = new Map<string, string>();
  for (const path of paths('{src,test,bench,drills,docs,examples,bin}/**/*', 'web/{src,public}/**/*')) {
    for (const part of path.split('/')) parts.set(part, path);
  }
  const wrong = [...parts].filter(([part]) => !given.has(part) && !kebab.test(part));
  assert.deepEqual(wrong, [], 'not in kebab-case');
  const hollow = [...parts].filter(([part]) => empty.test(part.split('.')[0] ?? ''));
  assert.deepEqual(hollow, [], 'these names say nothing of what is in them');
});
