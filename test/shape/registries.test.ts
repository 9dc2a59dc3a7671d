import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { notifiers } from '../../src/notifiers/index.ts';
import { systems } from '../../src/systems/index.ts';
import { importsOf, isNode, type Node, paths, productFiles, read, source, walk } from '../sources.ts';
import { root } from '../suites.ts';

for (const [folder, entries] of [
  ['src/systems', systems],
  ['src/notifiers', notifiers],
] as const) {
  const kinds = [...new Set(paths(`${folder}/*/**/*.ts`).map((path) => path.split('/')[2] ?? ''))].sort();

  test(`${folder}: every folder is in the registry by one line, and nothing else is`, () => {
    assert.deepEqual(entries.map((entry) => entry.kind).sort(), kinds);
    const imported = importsOf(source(`${folder}/index.ts`)).filter((one) => !one.isType);
    assert.deepEqual(
      imported.map((one) => one.file).sort(),
      kinds.map((kind) => `${folder}/${kind}/index.ts`),
    );
  });

  for (const kind of kinds) {
    test(`${folder}/${kind} has its files, a readme with the least privileges, and tests`, () => {
      const own = (file: string) => `${folder}/${kind}/${file}`;
      const wanted = ['index.ts', 'readme.md', ...(folder === 'src/systems' ? ['rules.yaml'] : [])];
      assert.deepEqual(
        wanted.filter((file) => !existsSync(join(root, own(file)))),
        [],
        'these are missing',
      );
      assert.match(
        read(own('readme.md')),
        /^#+ Least privileges$/m,
        'the readme needs a heading "Least privileges"',
      );
      assert.notDeepEqual(paths(own('**/*.test.ts')), [], 'no test');
    });
  }
}

/** Folders that must work for any system; the wording and order of discovery in src/config may name kinds. */
const general = /^src\/(core|pipeline|practices|verbs|http|cli)\//;

test('nothing outside of a folder asks which system or notifier it has before it', () => {
  const kinds = new Set([...systems, ...notifiers].map((entry) => entry.kind));
  const asked = productFiles()
    .filter((path) => general.test(path))
    .flatMap((path) => [...walk(source(path).tree)].flatMap(({ node }) => asksKind(path, node, kinds)));
  assert.deepEqual(asked, []);
});

function asksKind(path: string, { type, left, right }: Node, kinds: ReadonlySet<string>): string[] {
  if (type !== 'BinaryExpression' || !isNode(left) || !isNode(right)) return [];
  const asked = left.type === 'ChainExpression' && isNode(left.expression) ? left.expression : left;
  const property =
    asked.type === 'MemberExpression' && isNode(asked.property) ? asked.property.name : asked.name;
  const isKind = property === 'system' || (property === 'kind' && !path.startsWith('src/cli/'));
  return isKind && kinds.has(String(right.value)) ? [`${path}: ${property} is ${String(right.value)}`] : [];
}
