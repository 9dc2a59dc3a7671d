import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Import, importsOf, productFiles, source } from '../sources.ts';
import { edges, folderPairs, rings } from './graph.ts';
import { type Layer, layers, placeOf, pureDoors } from './rules.ts';

test('every file has its place', () => {
  assert.deepEqual(
    productFiles().filter((path) => placeOf(path) === undefined),
    [],
    'no layer of test/layers/rules.ts holds these',
  );
});

test('nothing imports upwards or across', () => {
  assert.deepEqual(findings(), []);
});

test('no file imports itself by a ring; types may, within their folder, for they are gone at run time', () => {
  const pairs = edges()
    .filter(({ isType }) => !isType)
    .map(({ from, to }) => [from, to] as const);
  assert.deepEqual(rings(pairs).map(asLine), []);
});

test('no folder imports itself by a ring of folders beside it', () => {
  assert.deepEqual(rings(folderPairs(edges())).map(asLine), []);
});

test('the rules would notice', () => {
  assert.equal(judge('src/core/a.ts', take('../store/b.ts', 'src/store/b.ts')), 'core may not import store');
  assert.equal(
    judge('src/systems/redis/a.ts', take('../postgres/b.ts', 'src/systems/postgres/b.ts')),
    'system redis may not import system postgres',
  );
  assert.equal(judge('src/systems/redis/a.ts', take('./b.ts', 'src/systems/redis/b.ts')), null);
  assert.equal(judge('src/pipeline/a.ts', take('zod')), 'pipeline may not import the package zod');
  assert.equal(judge('src/core/a.ts', take('node:fs')), 'core may not import the package node');
  const clock = take('../clock.ts', 'src/clock.ts');
  assert.equal(judge('src/pipeline/a.ts', { ...clock, isType: true }), null);
  assert.equal(judge('src/pipeline/a.ts', { ...clock, values: ['timestamp'] }), null);
  assert.equal(
    judge('src/pipeline/a.ts', { ...clock, values: ['systemClock'] }),
    'pipeline may not take systemClock from a door; it is handed in',
  );
  const inCore = judge('src/core/a.ts', { ...clock, isType: true });
  assert.equal(inCore, 'core may not import type doors');
  const verb = take('../../../src/verbs/verb.ts', 'src/verbs/verb.ts');
  assert.equal(judge('web/src/a.ts', { ...verb, isType: true }), null);
  assert.equal(judge('web/src/a.ts', verb), 'web may not import verbs');
  assert.equal(judge('web/src/a.ts', take('../../../src/core/view.ts', 'src/core/view.ts')), null);
  assert.deepEqual(
    rings([
      ['b', 'c'],
      ['c', 'a'],
      ['a', 'b'],
      ['d', 'a'],
    ]),
    [['a', 'b', 'c']],
  );
});

function take(specifier: string, file: string | null = null): Import {
  return { specifier, file, isType: false, values: ['x'], line: 1 };
}

function findings(): string[] {
  return productFiles().flatMap((path) =>
    importsOf(source(path)).flatMap((one) => {
      const rule = judge(path, one);
      return rule === null ? [] : [`${path}:${one.line} -> ${one.file ?? one.specifier}: ${rule}`];
    }),
  );
}

/** What is wrong with an import; null when nothing is. */
function judge(path: string, taken: Import): string | null {
  const from = placeOf(path);
  if (!from) return null;
  if (taken.file === null) return judgePackage(from.layer, taken);
  if (from.layer.name === 'web' && !taken.file.startsWith('src/')) return null;
  const to = placeOf(taken.file);
  if (!to) return 'this file is in no layer';
  if (from.room === to.room) return null;
  const how = taken.isType ? 'import type' : 'import';
  if (to.layer.name === 'doors') return judgeDoor(from.layer, taken);
  const allowed = taken.isType ? [...from.layer.may, ...(from.layer.mayType ?? [])] : from.layer.may;
  return allowed.includes(to.layer.name) ? null : `${from.room} may not ${how} ${to.room}`;
}

function judgePackage({ name, packages }: Layer, { specifier, isType }: Import): string | null {
  const [scope = '', part] = specifier.split('/');
  const wanted = specifier.startsWith('node:') ? 'node' : scope.startsWith('@') ? `${scope}/${part}` : scope;
  if (packages === undefined || isType || packages.includes(wanted)) return null;
  return `${name} may not import the package ${wanted}`;
}

function judgeDoor({ name, doors = [] }: Layer, { isType, values }: Import): string | null {
  if (name === 'core') return `core may not import${isType ? ' type' : ''} doors`;
  if (isType || doors.includes('*')) return null;
  const taken = values.filter((value) => ![...pureDoors, ...doors].includes(value));
  return taken.length === 0 ? null : `${name} may not take ${taken.join(', ')} from a door; it is handed in`;
}

function asLine(ring: readonly string[]): string {
  return [...ring, ring[0]].join(' -> ');
}

test('each layer names only layers that there are', () => {
  const names = new Set(layers.map((layer) => layer.name));
  for (const { name, may, mayType = [] } of layers) {
    assert.deepEqual(
      [...may, ...mayType].filter((other) => !names.has(other)),
      [],
      name,
    );
  }
});
