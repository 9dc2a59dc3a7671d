import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { clearFacts } from '../../../test/guard-facts.ts';
import { touchable } from '../plan.ts';
import { judge } from './judge.ts';
import { outlookOf, policyView, unplanned } from './outlook.ts';
import { defaultLimits, type Policy } from './policy.ts';

const policy: Policy = {
  never: [{ action: 'postgres.*', target: 'legacy' }],
  ask: [{ action: 'process.stop', target: '*', why: 'somebody should look' }],
  always: [{ action: 'process.*', target: 'api' }],
  ...{ budgets: { perTargetPerHour: 4, perIncident: 2, perDay: 20 }, approvalTtlMs: 1_800_000 },
  ...{ fourEyes: false, limits: defaultLimits },
};

test('before a plan, the answer is what the policy says of the action now', () => {
  const kindOf = (action: string, target: string) =>
    outlookOf({ action, target, risk: 'risky' }, clearFacts, policy).kind;
  assert.equal(kindOf('process.restart', 'api'), 'allow');
  assert.equal(kindOf('process.stop', 'api'), 'ask');
  assert.equal(kindOf('postgres.cancel-backend', 'legacy'), 'deny');
  assert.equal(kindOf('redis.invalidate', 'cache'), 'deny');
  const spent = outlookOf(
    { action: 'process.restart', target: 'api', risk: 'risky' },
    { ...clearFacts, appliedOnTargetLastHour: 4 },
    policy,
  );
  assert.match(spent.reason, /4 of 4 an hour on api/);
});

test('a plan is never judged milder than its outlook', () => {
  const strictness = { allow: 0, ask: 1, deny: 2 };
  fc.assert(
    fc.property(
      fc.subarray([...touchable]),
      fc.constantFrom('safe', 'risky', 'destructive'),
      fc.constantFrom('process.restart', 'process.stop', 'postgres.cancel-backend'),
      fc.constantFrom('api', 'legacy', 'other'),
      fc.option(fc.boolean(), { nil: null }),
      (touches, risk, action, target, isPeak) => {
        const facts = { ...clearFacts, isPeak };
        const about = { action, target, risk } as const;
        const planned = judge({ ...unplanned(action, target, risk), touches }, facts, policy);
        assert.ok(strictness[planned.kind] >= strictness[outlookOf(about, facts, policy).kind]);
      },
    ),
  );
});

test('the policy reads as its lines', () => {
  const view = policyView(policy);
  assert.deepEqual(view.ask, ['process.stop (somebody should look)']);
  assert.deepEqual(view.always, ['process.* on api']);
  assert.ok(view.prohibitions.some(({ id }) => id === 'no-destruction-without-backup'));
});
