import assert from 'node:assert/strict';
import { test } from 'node:test';
import { downRule } from '../../test/simulation/loop.ts';
import { asHint, hintOf } from './guess.ts';
import type { Failure } from './sample.ts';

const failed = (why: Failure, detail = '') => hintOf({ ok: false, why, detail });

test('silence makes a hint, and so does a login that nobody ever gave; whoever answers is no guess any more', () => {
  const silent = 'was seen by discovery, never answered';
  assert.equal(failed('refused', 'connect ECONNREFUSED 127.0.0.1:5432'), silent);
  assert.equal(failed('refused', 'connect ENOENT /run/postgresql/.s.PGSQL.5432'), silent);
  assert.equal(failed('timeout', 'no answer within 5 s'), silent);
  assert.equal(failed('unreachable', 'the connection was reset'), silent);
  assert.equal(failed('broken-probe'), silent, 'nothing was learned of it');
  assert.equal(failed('denied'), 'was seen by discovery, does not let Upkeep in');
  assert.equal(failed('refused', 'sorry, too many clients already (53300)'), null);
  assert.equal(hintOf({ ok: true, readings: [] }), null);
});

test('a hint has the lowest level and says that it is one; what its source says of it stays', () => {
  const { rule, about } = asHint({ rule: downRule, about: { summary: 'x', detail: 'y' } }, 'was seen');
  assert.deepEqual(rule, { ...downRule, levels: { warning: 'low', critical: 'low' } });
  assert.deepEqual(about, { summary: 'was seen', detail: 'y' });
});
