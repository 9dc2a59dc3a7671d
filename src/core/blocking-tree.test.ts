import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Blocker, blockingTree, holdersIn, waitersOf } from './blocking-tree.ts';

const columns = ['pid', 'blockers', 'waitSeconds'];
const shape = ({ pid, waiting }: Blocker): unknown =>
  waiting.length === 0 ? pid : [pid, ...waiting.map(shape)];

test('who waits for whom, from the root down', () => {
  const rows = [
    [11, '10', 5],
    [12, '11', 4],
    [13, '10', 1],
  ];
  const tree = blockingTree({ columns, rows });
  assert.deepEqual(tree?.map(shape), [['10', ['11', '12'], '13']]);
  assert.deepEqual(tree?.[0]?.waiting[0]?.facts, { waitSeconds: 5 });
});

test('a ring is cut where it closes, and another table is none', () => {
  const ring = blockingTree({
    columns,
    rows: [
      [1, '2', 0],
      [2, '1', 0],
    ],
  });
  assert.deepEqual(ring?.map(shape), [['2', '1']]);
  assert.equal(blockingTree({ columns: ['pid', 'query'], rows: [[1, 'select']] }), undefined);
});

test('where many queue for one lock each stands once, in the order of the queue', () => {
  const queue = Array.from({ length: 40 }, (_, at) => [
    at + 1,
    Array.from({ length: at + 1 }, (_one, before) => before).join(' '),
    0,
  ]);
  const [root, ...others] = blockingTree({ columns, rows: queue.toReversed() }) ?? [];
  assert.deepEqual(others, []);
  assert.equal(root?.pid, '0');
  assert.equal(root && waitersOf(root), 40);
  assert.deepEqual(
    root?.waiting.map(({ pid }) => pid),
    ['1'],
  );
  assert.equal(root && holdersIn([root]).size, 40);
});

test('a row for each blocker, as MySQL lists them, and a ring beside a tree', () => {
  const tree = blockingTree({
    columns: ['thread', 'blocker', 'kind'],
    rows: [
      [3, 1, 'row'],
      [3, 2, 'row'],
      [2, 1, 'row'],
      [8, 9, 'row'],
      [9, 8, 'row'],
    ],
  });
  assert.deepEqual(tree?.map(shape), [
    ['1', ['2', '3']],
    ['9', '8'],
  ]);
});
