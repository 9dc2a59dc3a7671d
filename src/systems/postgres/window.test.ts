import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from './client.ts';
import { lookingBack } from './window.ts';

const conn = () => connect({ url: 'postgres://nobody@127.0.0.1:1/none', statements: true });

test('a window gives the newest look that is old enough, and begins anew after a reset', () => {
  const look = lookingBack<number>(100, (before, now) => now < before);
  const one = conn();
  assert.equal(look(one, 0, 10), undefined);
  assert.equal(look(one, 60, 12), 10, 'younger than the window, yet the oldest there is');
  assert.equal(look(one, 120, 15), 10);
  assert.equal(look(one, 170, 20), 12);
  assert.equal(look(one, 400, 30), 20);
  assert.equal(look(one, 410, 3), undefined, 'the counter went back');
  assert.equal(look(one, 420, 5), 3);
});

test('connections do not share their windows', () => {
  const look = lookingBack<number>(100, () => false);
  assert.equal(look(conn(), 0, 1), undefined);
  assert.equal(look(conn(), 10, 2), undefined);
});
