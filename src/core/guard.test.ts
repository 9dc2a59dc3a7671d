import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unknownFacts } from '../../test/guard-facts.ts';
import { GuardRefusal, judge, matches, Permit, type Policy } from './guard.ts';

const policy: Policy = {
  never: [],
  ask: [],
  always: [],
  budgets: { perTargetPerHour: 4, perIncident: 2, perDay: 20 },
  approvalTtlMs: 60_000,
  fourEyes: false,
};
const facts = unknownFacts;
const plan = { action: 'postgres.terminate-backend', target: 'db', risk: 'risky' } as const;
const all = { action: 'postgres.*', target: '*' };

test('what no policy names is denied', () => {
  const judged = judge(plan, facts, policy);
  assert.equal(judged.kind, 'deny');
  assert.match(judged.reason, /no policy names postgres.terminate-backend on db/);
});

test('deny beats ask beats allow', () => {
  assert.equal(judge(plan, facts, { ...policy, always: [all] }).kind, 'allow');
  assert.equal(judge(plan, facts, { ...policy, always: [all], ask: [all] }).kind, 'ask');
  assert.equal(judge(plan, facts, { ...policy, always: [all], ask: [all], never: [all] }).kind, 'deny');
});

test('a rule for another target or environment does not count', () => {
  assert.equal(
    judge(plan, facts, { ...policy, always: [{ action: '*', target: 'staging-*' }] }).kind,
    'deny',
  );
  assert.equal(judge(plan, facts, { ...policy, always: [{ ...all, environment: 'staging' }] }).kind, 'deny');
  assert.equal(
    judge(
      plan,
      { ...facts, environment: 'staging' },
      { ...policy, always: [{ ...all, environment: 'staging' }] },
    ).kind,
    'allow',
  );
});

test('what a person asks for is in no budget, nor what was told to be denied turned into a question', () => {
  const open = { ...policy, always: [all] };
  const spent = { ...facts, appliedOnTargetLastHour: 4, appliedForIncident: 2, appliedLastDay: 20 };
  assert.equal(judge(plan, { ...spent, isByPerson: true }, open).kind, 'allow');
  const hard = { ...open, budgets: { ...open.budgets, whenUsedUp: 'deny' } } as const;
  assert.equal(judge(plan, spent, hard).kind, 'deny');
  assert.equal(judge(plan, { ...spent, isByPerson: true }, hard).kind, 'allow');
  const unnamed = judge(plan, spent, policy);
  assert.equal(unnamed.kind, 'deny', 'a budget that asks allows nothing that no policy names');
});

test('each budget asks when it is used up, and names the cause that it is for', () => {
  const open = { ...policy, always: [all] };
  const cause = 'postgres.blocked-by-lock on db';
  assert.deepEqual(judge(plan, { ...facts, appliedForIncident: 2, cause }, open), {
    kind: 'ask',
    reason: `budget: 2 of 2 for ${cause} in this incident are used: only with your yes`,
  });
  assert.match(judge(plan, { ...facts, appliedOnTargetLastHour: 4 }, open).reason, /budget: 4 of 4 an hour/);
  assert.match(
    judge(plan, { ...facts, appliedForIncident: 2 }, open).reason,
    /budget: 2 of 2 for this incident/,
  );
  assert.match(judge(plan, { ...facts, appliedLastDay: 20 }, open).reason, /budget: 20 of 20 a day/);
});

test('two failed verifications in a row demote an action to ask', () => {
  const open = { ...policy, always: [all] };
  assert.equal(judge(plan, { ...facts, failedInARow: 1 }, open).kind, 'allow');
  assert.equal(judge(plan, { ...facts, failedInARow: 2 }, open).kind, 'ask');
});

test('destructive actions ask even where the policy allows all', () => {
  assert.equal(
    judge({ action: 'process.wipe', target: 'api', risk: 'destructive' }, facts, {
      ...policy,
      always: [{ action: '*', target: '*' }],
    }).kind,
    'ask',
  );
});

test('a star stands for any characters and the rest is literal', () => {
  assert.ok(matches('postgres.*', 'postgres.vacuum'));
  assert.ok(!matches('postgres.*', 'postgresXvacuum'));
  assert.ok(!matches('db', 'db2'));
});

const allow = { kind: 'allow', reason: 'policy' } as const;
const ask = { kind: 'ask', reason: 'policy ask' } as const;

test('a denied plan gets no permit', () => {
  assert.throws(() => Permit.grant({ kind: 'deny', reason: 'no' }, 'd', 0), GuardRefusal);
});

test('a plan that must be asked for gets one only with a fresh approval of that very plan', () => {
  assert.throws(() => Permit.grant(ask, 'd', 0), /not approved/);
  assert.throws(
    () => Permit.grant(ask, 'd', 0, { by: 'ann', digest: 'other', expiresAt: 9 }),
    /not this plan/,
  );
  assert.throws(() => Permit.grant(ask, 'd', 10, { by: 'ann', digest: 'd', expiresAt: 9 }), /expired/);
  assert.equal(Permit.grant(ask, 'd', 0, { by: 'ann', digest: 'd', expiresAt: 9 }).grantedTo, 'ann');
});

test('a permit works once, for its plan, in its time, and only when the guard made it', () => {
  const permit = Permit.grant(allow, 'd', 0);
  assert.throws(() => Permit.claim(permit, 'other', 0), /another plan/);
  assert.throws(() => Permit.claim(permit, 'd', 3_600_000), /expired/);
  Permit.claim(permit, 'd', 0);
  assert.throws(() => Permit.claim(permit, 'd', 0), /used already/);
  const forged = Object.assign(Object.create(Permit.prototype) as Permit, { digest: 'd', expiresAt: 9e15 });
  assert.throws(() => Permit.claim(forged, 'd', 0), /not issued by the guard/);
  assert.equal(Permit.isGenuine(forged), false);
});

test('a permit cannot be changed after it was given', () => {
  const permit = Permit.grant(allow, 'd', 0);
  assert.throws(() => Object.assign(permit, { digest: 'other' }), TypeError);
});

test('a rule for frozen times counts only while the error budget of a service is spent', () => {
  const frozen = { ...policy, always: [all], ask: [{ ...all, frozen: true as const }] };
  assert.equal(judge(plan, facts, frozen).kind, 'allow');
  const judged = judge(plan, { ...facts, frozen: 'shop' }, frozen);
  assert.equal(judged.kind, 'ask');
  assert.match(judged.reason, /while an error budget is spent/);
});
