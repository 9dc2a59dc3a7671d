import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metadataWaits, rootsOf, type Transaction } from './locks.ts';
import type { Thread } from './sessions.ts';
import { definedTable, mentions } from './statement.ts';

test('the table that a statement wants for itself', () => {
  for (const [statement, table] of [
    ['ALTER TABLE orders ADD x int', 'shop.orders'],
    ['/* migration 7 */ alter online table `other`.`or ders` add x int', 'other.or ders'],
    ['DROP TABLE IF EXISTS a.b', 'a.b'],
    ['TRUNCATE orders', 'shop.orders'],
    ['CREATE UNIQUE INDEX i ON orders (n)', 'shop.orders'],
    ['LOCK TABLES orders WRITE', 'shop.orders'],
    ['OPTIMIZE TABLE orders', 'shop.orders'],
  ] as const) {
    assert.equal(definedTable(statement, 'shop'), table, statement);
  }
  for (const statement of [
    'SELECT 1',
    "INSERT INTO log VALUES ('ALTER TABLE orders')",
    null,
    'UPDATE orders SET n = 1',
  ]) {
    assert.equal(definedTable(statement, 'shop'), undefined, String(statement));
  }
  assert.ok(mentions('SELECT * FROM `orders`', 'shop.orders'));
  assert.ok(!mentions('SELECT * FROM reorders', 'shop.orders'));
});

const thread = (id: number, about: Partial<Thread> = {}): Thread => ({
  ...{ thread: id, user: 'app', host: 'h:1', db: 'shop', command: 'Query', state: '', seconds: 30 },
  ...{ statement: null, queryId: null, since: '2026-01-01 00:00:00+00' },
  ...about,
});
const transaction = (id: number, seconds: number): Transaction => ({
  ...{
    thread: id,
    seconds,
    rowsModified: 0,
    rowsLocked: 0,
    isWaiting: false,
    since: '2026-01-01 00:00:00+00',
  },
});
const state = 'Waiting for table metadata lock';

test('readers queue behind the DDL, and the DDL behind who holds the table', () => {
  const sessions = [
    thread(1, { command: 'Sleep', seconds: 60 }),
    thread(2, { command: 'Sleep', seconds: 5 }),
    thread(3, { state, statement: 'ALTER TABLE orders ADD x int', seconds: 20 }),
    thread(4, { state, statement: 'SELECT * FROM orders', seconds: 10 }),
  ];
  // The second transaction began after the wait, so it cannot be what is waited for.
  const waits = metadataWaits(sessions, [transaction(1, 90), transaction(2, 6)], undefined);
  assert.deepEqual(
    waits.map(({ thread: id, blocker, isCertain, candidates }) => [id, blocker, isCertain, candidates]),
    [
      [3, 1, false, 1],
      [4, 3, true, 1],
    ],
  );
  assert.deepEqual(rootsOf(waits), [{ thread: 1, behind: [3, 4], direct: [3] }]);
  const held = [{ thread: 2, table: 'shop.orders', isPending: false }];
  assert.equal(metadataWaits(sessions, [], held)[0]?.blocker, 2);
  assert.deepEqual(metadataWaits(sessions.slice(2, 3), [], undefined), []);
});
