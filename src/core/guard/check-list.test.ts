import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clearFacts, unknownFacts } from '../../../test/guard-facts.ts';
import { type Plan, touchable } from '../plan.ts';
import { checkList, openChecks } from './check-list.ts';
import type { GuardFacts } from './facts.ts';

const plan: Plan = {
  ...{
    action: 'toy.work',
    target: 'db',
    input: {},
    risk: 'safe',
    summary: 'work',
    steps: ['work'],
    expect: 'done',
  },
  ...{ before: { rows: 3 }, undo: { possible: true, how: 'work backwards' }, verifyWithinMs: 1, holdMs: 1 },
};
const answersOf = (changes: Partial<Plan>, facts: GuardFacts) =>
  Object.fromEntries(checkList({ ...plan, ...changes }, facts).map(({ id, answer }) => [id, answer]));

test('a plan that touches nothing is asked for rollback, alerts and baseline alone', () => {
  assert.deepEqual(answersOf({}, { ...clearFacts, costChangePercent: null }), {
    ...{
      backup: 'not-applicable',
      staging: 'not-applicable',
      rollback: 'yes',
      alerts: 'yes',
      baseline: 'yes',
    },
    ...{
      window: 'not-applicable',
      ttl: 'not-applicable',
      cost: 'not-applicable',
      security: 'not-applicable',
    },
  });
});

test('what facts tell is computed, what they do not tell is asked, nothing is guessed', () => {
  const everything = { touches: touchable, downtimeMs: 60_000 };
  const clear = answersOf(everything, clearFacts);
  assert.deepEqual([...new Set(Object.values(clear))], ['yes']);
  const unknown = answersOf(everything, unknownFacts);
  for (const id of ['backup', 'staging', 'alerts', 'window', 'ttl', 'cost', 'security'])
    assert.equal(unknown[id], 'ask', id);
  const bad: GuardFacts = {
    ...{
      ...clearFacts,
      provenRestoreLevel: 1,
      testedInStaging: false,
      rulesOnTarget: 0,
      isWindowOpen: false,
    },
    ...{ dnsTtlSeconds: 86_400, costChangePercent: 40, protection: 'weakened' },
  };
  const no = answersOf({ ...everything, before: {}, undo: { possible: false, how: 'no way' } }, bad);
  assert.deepEqual([...new Set(Object.values(no))], ['no']);
});

test('whoever approves reads what is open, with the reason', () => {
  const open = openChecks(checkList({ ...plan, touches: ['deploy'] }, unknownFacts));
  assert.ok(open.includes('Tested in staging: nobody recorded a test in staging'), open.join('\n'));
  assert.deepEqual(openChecks(checkList(plan, clearFacts)), []);
});
