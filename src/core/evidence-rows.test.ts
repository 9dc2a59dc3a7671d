import assert from 'node:assert/strict';
import { test } from 'node:test';
import { find, numberOf, rowsOf, tableOf, textOf, unseenOf } from './evidence-rows.ts';

const piece = (id: string, more: object = {}) => ({
  id,
  target: 'db',
  title: id,
  at: 0,
  how: 'a look',
  ...more,
});

test('records become a table and the same records again; what a row lacks is null', () => {
  const table = tableOf(['pid', 'user'], [{ pid: 1, user: 'a', other: true }, { pid: 2 }]);
  assert.deepEqual(table.rows, [
    [1, 'a'],
    [2, null],
  ]);
  assert.deepEqual(rowsOf(piece('db.x', { table })), [
    { pid: 1, user: 'a' },
    { pid: 2, user: null },
  ]);
  assert.deepEqual(rowsOf(piece('db.x')), []);
  assert.deepEqual(rowsOf(undefined), []);
});

test('a piece is found by target and name; what could not be seen keeps the name of its piece', () => {
  const evidence = [piece('web.login'), piece('db.login', { unseen: 'no grant' })];
  assert.equal(find(evidence, 'db', 'login'), evidence[1]);
  assert.equal(find(evidence, 'db', 'logi'), undefined);
  assert.deepEqual(unseenOf(evidence), ['db.login: no grant']);
});

test('what is not known is an empty text and no number', () => {
  assert.deepEqual([textOf(null), textOf(undefined), textOf(0), textOf(false)], ['', '', '0', 'false']);
  assert.deepEqual([numberOf(null), numberOf('7'), numberOf(7)], [0, 0, 7]);
});
