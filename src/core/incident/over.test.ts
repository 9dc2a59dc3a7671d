import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../evidence.ts';
import { afterLastLook, asksFor, ended, leftAtEnd, mendedBy, overWith, standingWords } from './over.ts';

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

test('what its alerts have all resolved for is over; that one fires again says nothing of it before a look', () => {
  const resolved = [alert('resolved', 7)];
  const over = overWith([full], resolved, () => '3 of 10 connections are taken');
  assert.equal(over[0]?.summary, '10 of 10 slots were taken; now 3 of 10 connections are taken');
  assert.equal(over[0]?.over?.at, 7);
  assert.equal(overWith(over, resolved, nothing), over, 'once');
  const again = overWith(over, [alert('firing', 9)], nothing);
  assert.equal(again[0]?.summary, full.past, 'how it stood then is so no more');
  assert.deepEqual(again[0]?.over, { at: 7, was: full.summary });
  assert.equal(overWith(again, [alert('firing', 9)], nothing), again);
  const firing = [alert('firing', 1)];
  const known = [full];
  assert.equal(overWith(known, firing, nothing), known);
  assert.equal(mendedBy(over, plan, 8, undefined)[0]?.over?.by, plan.action, 'what was verified says more');
  const mended = mendedBy([full], plan, 5, undefined);
  assert.equal(overWith(mended, firing, nothing), mended, 'its alert only clears yet');
});

test('with its incident nothing is over that nobody saw to be', () => {
  assert.deepEqual(leftAtEnd([full], []), [{ ...full, since: 'not-looked' }]);
  assert.deepEqual(leftAtEnd([full], [{ target: 'db', state: 'firing' }]), [full]);
  const mended = ended(full, { at: 5 });
  const stands = { ...full, since: 'stands' as const };
  const setUp = { ...full, nature: 'hygiene' as const };
  assert.deepEqual(leftAtEnd([mended, stands, setUp], []), [mended, stands, setUp]);
});

test('a look at the end says of each cause whether it stands, is over, or could not be seen', () => {
  const { explained: _, ...index } = {
    ...full,
    id: 'postgres.missing-index',
    summary: 'index a was dropped',
  };
  const seen = { found: [index], couldSee: () => true };
  const [stands] = afterLastLook([index], seen, 9);
  assert.deepEqual(stands, { ...index, seenAt: 9, since: 'stands' });
  assert.equal(standingWords([full, stands ?? full]), 'the cause stands: index a was dropped');
  assert.equal(standingWords([full]), null);
  const [over] = afterLastLook([index], { found: [], couldSee: () => true }, 9);
  assert.equal(over?.over?.at, 9);
  assert.deepEqual(afterLastLook([index], { found: [], couldSee: () => false }, 9), [index]);
  const cleared = overWith([full], [alert('resolved', 7)], nothing);
  assert.equal(afterLastLook(cleared, { found: [full], couldSee: () => true }, 9)[0]?.over, undefined);
  const kept = afterLastLook(cleared, { found: [full], couldSee: () => true }, 9);
  assert.equal(overWith(kept, [alert('resolved', 7)], nothing), kept, 'its alert has cleared, and it stands');
  const mended = mendedBy([full], plan, 5, undefined);
  assert.deepEqual(afterLastLook(mended, { found: [full], couldSee: () => true }, 9), mended, 'verified');
});
