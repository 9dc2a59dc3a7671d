import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Blocker, blockingTree } from './blocking-tree.ts';

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
