import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOwnCopies } from './own-copies.ts';

test('copies that Upkeep takes are no copies of replicas, whenever the primary counts them', () => {
  const copies = createOwnCopies();
  assert.equal(copies.others(7), 0);
  const ended = copies.begun();
  assert.equal(copies.others(7), 0, 'asked for, not counted yet');
  assert.equal(copies.others(8), 0);
  assert.equal(copies.others(9), 1, 'a replica took one meanwhile');
  ended();
  for (let i = 0; i < 4; i++) copies.begun()();
  assert.equal(copies.others(13), 1);
  assert.equal(copies.others(16), 4);
});

test('one that never reached the primary hides none of a replica, and a restart of the primary none either', () => {
  const copies = createOwnCopies();
  copies.others(3);
  copies.begun()();
  assert.equal(copies.others(3), 0);
  assert.equal(copies.others(4), 1);
  assert.equal(copies.others(2), 3);
});
