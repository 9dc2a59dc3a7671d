import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clearFacts } from '../../../test/guard-facts.ts';
import type { ActionView } from '../view.ts';
import { judge } from './judge.ts';
import type { Policy, PolicyRule } from './policy.ts';
import { replayPolicy } from './replay.ts';

const minute = 60_000;
const start = 1_700_000_000_000;

const policyOf = (changes: Partial<Policy>): Policy => ({
  ...{ never: [], ask: [], always: [], approvalTtlMs: 1, fourEyes: false },
  budgets: { perTargetPerHour: 100, perIncident: 100, perDay: 1_000 },
  ...changes,
});
const rule = (action: string, more: Partial<PolicyRule> = {}): PolicyRule => ({
  action,
  target: '*',
  ...more,
});
const everything = policyOf({ always: [rule('*')] });

/** A history as the guard itself would have made it under this policy: each action `everyMs` after the one before. */
function history(actions: readonly string[], policy: Policy, everyMs: number): ActionView[] {
  const made: ActionView[] = [];
  for (const [index, action] of actions.entries()) {
    const now = start + index * everyMs;
    const plan = {
      ...{ action, target: 'api', input: {}, risk: 'safe' as const, summary: action, steps: [], before: {} },
      ...{ expect: '', undo: { possible: false, how: '' }, verifyWithinMs: 1, holdMs: 1 },
    };
    const done = made.filter(({ appliedAt }) => appliedAt !== null);
    const lately = done.filter(({ appliedAt }) => (appliedAt ?? 0) >= now - 60 * minute);
    const facts = {
      ...clearFacts,
      now,
      appliedOnTargetLastHour: lately.length,
      appliedLastDay: done.length,
      appliedForIncident: done.length,
      appliedActionLastHour: lately.filter((one) => one.plan.action === action).length,
      appliedActionLastDay: done.filter((one) => one.plan.action === action).length,
    };
    const judgement = { ...judge(plan, facts, policy), facts };
    const isDone = judgement.kind === 'allow';
    made.push({
      ...{
        id: `a${index}`,
        incidentId: 'i',
        plan,
        digest: '',
        why: '',
        proposedBy: 'upkeep',
        proposedAt: now,
      },
      ...{ state: isDone ? 'done' : judgement.kind === 'ask' ? 'awaiting-approval' : 'refused', judgement },
      ...{ approvedBy: null, approvedAt: null, expiresAt: null, appliedAt: isDone ? now : null },
      ...{ endedAt: now, result: null, after: null, report: null, version: 1 },
    });
  }
  return made;
}

test('the same policy changes nothing, whatever its budgets', () => {
  for (const policy of [
    everything,
    policyOf({ always: [rule('*', { budget: { count: 2, per: 'hour' } })] }),
    policyOf({ always: [rule('*')], budgets: { perTargetPerHour: 3, perIncident: 5, perDay: 4 } }),
  ]) {
    const past = history(
      Array.from({ length: 12 }, () => 'a.b'),
      policy,
      10 * minute,
    );
    assert.deepEqual(replayPolicy(past, policy, () => null).changes, {});
    // What lies before the span still fills its budgets, also where it is not in the list.
    const from = start + 55 * minute;
    assert.deepEqual(replayPolicy(past, policy, () => null, from).changes, {});
    assert.deepEqual(replayPolicy(past.slice(6), policy, () => null, from).changes, {});
  }
});

test('what a stricter policy does not allow by itself uses up no budget of what comes after', () => {
  const past = history(['a.noisy', 'a.noisy', 'a.noisy', 'a.good'], everything, minute);
  const budgets = { perTargetPerHour: 2, perIncident: 9, perDay: 9 };
  const tight = replayPolicy(past, policyOf({ always: [rule('*')], budgets }), () => null);
  assert.deepEqual(
    tight.differing.map(({ id, would }) => [id, would.kind]),
    [
      ['a3', 'ask'],
      ['a2', 'ask'],
    ],
  );
  const never = policyOf({ always: [rule('*')], never: [rule('a.noisy')], budgets });
  const without = replayPolicy(past, never, () => null);
  assert.equal(
    without.differing.some(({ id }) => id === 'a3'),
    false,
  );
});

test('what a looser policy allows does use it up', () => {
  const asked = policyOf({ ask: [rule('a.asked')], always: [rule('a.good')] });
  const past = history(['a.asked', 'a.asked', 'a.good'], asked, minute);
  const budgets = { perTargetPerHour: 2, perIncident: 9, perDay: 9 };
  const loose = replayPolicy(past, policyOf({ always: [rule('*')], budgets }), () => null);
  assert.deepEqual(loose.changes, { 'ask->allow': 2, 'allow->ask': 1 });
});
