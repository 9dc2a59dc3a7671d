import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tellsSpan } from './plan.ts';

test('a summary that tells how long something had lasted is of its moment', () => {
  assert.ok(tellsSpan('End pid 812 (app, psql), idle in transaction for 31.6 s, which blocks 3 sessions'));
  assert.ok(tellsSpan('Close 4 connections, idle for up to 2 m 5 s'));
  assert.ok(!tellsSpan('restart pid 27497 (sleep)'));
  assert.ok(!tellsSpan('set work_mem to 64 MB on db1'));
});
