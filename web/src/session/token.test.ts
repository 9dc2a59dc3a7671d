import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readToken } from './token.ts';

test('the token is read from the link, from its part after # and bare', () => {
  assert.equal(readToken('http://127.0.0.1:4747/setup#token=a-b_c'), 'a-b_c');
  assert.equal(readToken('#token=a-b_c'), 'a-b_c');
  assert.equal(readToken(' a-b_c '), 'a-b_c');
});
