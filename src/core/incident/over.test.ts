import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../evidence.ts';
import { asksFor, ended, mendedBy, overAtEnd, overWith } from './over.ts';

const full: Finding = {
  ...{ id: 'postgres.connections-exhausted', target: 'db', explanation: '', confidence: 0.9 },
  summary: '10 of 10 slots are taken',
  past: '10 of 10 slots were taken',
  explained: [{ rule: 'postgres.connections-full', target: 'db' }],
  ...{ evidence: [], unseen: [] },
  recommendations: [{ action: 'postgres.terminate-idle', target: 'db', input: { role: 'app' }, why: '' }],
};
const plan = { action: 'postgres.terminate-idle', target: 'db', input: { role: 'app', most: 10 } };
const alert = (state: 'firing' | 'resolved', at: number) => ({
  ...{ rule: 'postgres.connections-full', target: 'db', state, firedAt: at },
  resolvedAt: state === 'resolved' ? at : null,
});
const nothing = () => undefined;

test('a plan is what a finding asks for with the defaults of its action, for the same thing only', () => {
  assert.equal(asksFor(full, plan), true);
  assert.equal(asksFor(full, { ...plan, input: { role: 'batch', most: 10 } }), false);
  assert.equal(asksFor(full, { ...plan, target: 'db2' }), false);
});

test('what an action mended is told in the past, with what its verification saw', () => {
  const [mended] = mendedBy([full], plan, 5, '5 of 10 slots are taken');
  assert.equal(mended?.summary, '10 of 10 slots were taken; now 5 of 10 slots are taken');
  assert.deepEqual(mended?.over, {
    ...{ at: 5, by: 'postgres.terminate-idle', now: '5 of 10 slots are taken' },
    was: full.summary,
  });
  assert.deepEqual(mendedBy([full], { ...plan, target: 'db2' }, 5, undefined), [full]);
  const { past: _, ...plainly } = full;
  assert.equal(ended(plainly, { at: 5, now: 'all well' }).summary, full.summary, 'no words of its own');
});

test('what its alerts have all resolved for is over, until one of them fires again', () => {
  const resolved = [alert('resolved', 7)];
  const over = overWith([full], resolved, () => '3 of 10 connections are taken');
  assert.equal(over[0]?.summary, '10 of 10 slots were taken; now 3 of 10 connections are taken');
  assert.equal(over[0]?.over?.at, 7);
  assert.equal(overWith(over, resolved, nothing), over, 'once');
  assert.deepEqual(overWith(over, [alert('firing', 9)], nothing), [full]);
  const firing = [alert('firing', 1)];
  const known = [full];
  assert.equal(overWith(known, firing, nothing), known);
  assert.equal(mendedBy(over, plan, 8, undefined)[0]?.over?.by, plan.action, 'what was verified says more');
  const mended = mendedBy([full], plan, 5, undefined);
  assert.equal(overWith(mended, firing, nothing), mended, 'its alert only clears yet');
});

test('with its incident all is over but what fires still, and how something is set up', () => {
  assert.equal(overAtEnd([full], [], 9)[0]?.over?.at, 9);
  assert.deepEqual(overAtEnd([full], [{ target: 'db', state: 'firing' }], 9), [full]);
  const setUp = { ...full, nature: 'hygiene' as const };
  assert.deepEqual(overAtEnd([setUp], [], 9), [setUp]);
});
