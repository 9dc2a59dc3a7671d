import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paths, read } from '../sources.ts';

/** What the server itself answers, beside the API. */
function served(): string[] {
  return paths('src/http/**/*.ts')
    .filter((path) => !path.endsWith('.test.ts'))
    .flatMap((path) => [...read(path).matchAll(/\.(?:get|post)\('(\/(?!api\/)[^']+)'/g)])
    .map(([, path = '']) => path.replaceAll(/:\w+/g, '$id'));
}

test('every address that a message carries is a page of the dashboard, or one that the server answers', () => {
  const pages = [...read('web/src/routes.tsx').matchAll(/path: '([^']+)'/g)].map(([, path = '']) =>
    path.replaceAll(/\$\w+/g, '$id'),
  );
  const links = paths('src/**/*.ts')
    .filter((path) => !path.endsWith('.test.ts'))
    .flatMap((path) => [...read(path).matchAll(/\$\{(?:\w+\.)*baseUrl(?:\(\))?\}(\/[^`#]*)/g)])
    .map(([, link = '']) => link.replaceAll(/\$\{[^}]*\}/g, '$id').replace(/[)\s].*$/s, ''));
  assert.ok(links.length >= 4, `only ${links.length} links were found`);
  assert.deepEqual(
    links.filter((link) => !pages.includes(link) && !served().includes(link)),
    [],
  );
});
