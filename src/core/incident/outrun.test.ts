import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from '../alert.ts';
import { isOutrun } from './outrun.ts';

const alert = (rule: string, level: Alert['level'], firedAt: number, state: Alert['state'] = 'firing') => ({
  ...{ rule, target: 'cache', state, level },
  ...{ since: firedAt - 5, firedAt },
});
const slow = alert('redis.slow-command', 'medium', 10);
const full = alert('redis.out-of-memory', 'high', 30);
const found = { seenAt: 20, explained: [{ rule: 'redis.slow-command', target: 'cache' }] };

test('what is graver and fired after the last look is not known to follow from what was found', () => {
  assert.equal(isOutrun(found, [slow, full]), true);
  assert.equal(isOutrun(found, [{ ...slow, state: 'resolved' }, full]), true);
  assert.equal(isOutrun({ ...found, seenAt: 31 }, [slow, full]), false, 'a look has seen it');
  assert.equal(isOutrun(found, [slow]), false);
});

test('what is not graver, what it explains and what a budget costs says nothing against what was found', () => {
  assert.equal(isOutrun(found, [{ ...slow, level: 'high' }, full]), false, 'more of as grave trouble');
  const known = {
    ...found,
    explained: [...found.explained, { rule: 'redis.out-of-memory', target: 'cache' }],
  };
  assert.equal(isOutrun(known, [slow, full]), false);
  assert.equal(isOutrun(found, [slow, { ...full, rule: 'slo.burn-rate' }]), false);
  assert.equal(
    isOutrun({ explained: found.explained }, [slow, full]),
    false,
    'nobody knows when it was seen',
  );
});
