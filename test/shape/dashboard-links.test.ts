import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paths, read } from '../sources.ts';

test('every address that a message carries is a page of the dashboard', () => {
  const pages = [...read('web/src/routes.tsx').matchAll(/path: '([^']+)'/g)].map(([, path = '']) => path);
  const links = paths('src/**/*.ts')
    .filter((path) => !path.endsWith('.test.ts'))
    .flatMap((path) => [...read(path).matchAll(/\$\{(?:\w+\.)*baseUrl(?:\(\))?\}(\/[^`#]*)/g)])
    .map(([, link = '']) => link.replaceAll(/\$\{[^}]*\}/g, '$id'));
  assert.ok(links.length >= 4, `only ${links.length} links were found`);
  assert.deepEqual(
    links.filter((link) => !pages.includes(link)),
    [],
  );
});
