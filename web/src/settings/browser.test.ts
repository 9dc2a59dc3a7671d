import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browserOf } from './browser.ts';

test('browsers are told apart by what only they say, and what says nothing is shown as it is', () => {
  const mac = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko)';
  assert.equal(browserOf(`${mac} Chrome/143.0 Safari/537.36`), 'Chrome on macOS');
  assert.equal(browserOf(`${mac} Chrome/143.0 Safari/537.36 Edg/143.0`), 'Edge on macOS');
  assert.equal(browserOf(`${mac} Version/18.0 Safari/605.1.15`), 'Safari on macOS');
  assert.equal(
    browserOf('Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'),
    'Firefox on Linux',
  );
  assert.equal(browserOf('curl/8.5.0'), 'curl');
  assert.equal(browserOf('my-own/1'), 'my-own/1');
  assert.equal(browserOf(''), 'A browser without a name');
});
