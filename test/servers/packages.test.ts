import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { needed } from '../packages.ts';
import { root } from '../suites.ts';

/** Of Debian's smallest system. */
const alwaysThere = new Set(['bsdutils', 'util-linux']);
const madeUp = new Set(['no-such-package', 'nothing', 'x', 'restic\\']);

test('npm test installs every package that a test asks for', () => {
  const installed = new Set(needed().map(({ apt }) => apt));
  const asked = new Map<string, string>();
  for (const file of globSync(['test/**/*.ts', '{src,web,docs}/**/*.test.{ts,tsx}'], { cwd: root })) {
    if (file === 'test/packages.ts') continue;
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, name = ''] of text.matchAll(/\bapt: '([^']+)'/g)) asked.set(name, file);
    for (const [, names = ''] of text.matchAll(/apt-get install ([a-z0-9][a-z0-9 .+-]*)/g))
      for (const name of names.trim().split(' ')) asked.set(name, file);
  }
  const lacking = [...asked].filter(
    ([name]) => !installed.has(name) && !alwaysThere.has(name) && !madeUp.has(name),
  );
  assert.deepEqual(lacking, [], 'named in test/packages.ts');
  assert.ok(asked.size > 15, 'the words of the tests are found');
});
