import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clearFacts, unknownFacts } from '../../../test/guard-facts.ts';
import { type Plan, touchable } from '../plan.ts';
import { checkList, notApplicable, openChecks } from './check-list.ts';
import { factLines, type GuardFacts } from './facts.ts';

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
  const undo = { possible: false, how: 'no way' };
  const no = answersOf({ ...everything, before: {}, undo }, bad);
  assert.deepEqual([...new Set(Object.values(no))], ['no']);
});

test('whoever approves reads what is open, with the reason', () => {
  const open = openChecks(checkList({ ...plan, touches: ['deploy'] }, unknownFacts));
  assert.ok(open.includes('Tested in staging: nobody recorded a test in staging'), open.join('\n'));
  assert.deepEqual(openChecks(checkList(plan, clearFacts)), []);
});

test('a restart is not asked for a way back; what applies to no such plan is one line', () => {
  const restart: Plan = { ...plan, risk: 'risky', undo: { possible: false, how: 'the new one is the same' } };
  const checks = checkList(restart, { ...unknownFacts, rulesOnTarget: 2 });
  assert.deepEqual(
    checks.filter(({ answer }) => answer !== 'not-applicable').map(({ id, answer }) => [id, answer]),
    [
      ['alerts', 'yes'],
      ['baseline', 'yes'],
    ],
  );
  assert.match(notApplicable(checks) ?? '', /^does not apply: Backup .*, Rollback documented, .*DNS TTL/);
  assert.equal(notApplicable([]), undefined);
  assert.equal(answersOf({ ...restart, risk: 'destructive' }, unknownFacts).rollback, 'no');
});

test('a fact that nobody knows applies to the plans that touch its thing', () => {
  const idle = (of: Pick<Plan, 'risk' | 'touches'>, facts = unknownFacts) =>
    factLines(facts, of).flatMap(({ name, doesNotApply }) => (doesNotApply ? [name] : []));
  const restart = idle({ risk: 'risky' });
  assert.ok(restart.includes('dnsTtlSeconds') && restart.includes('provenRestoreLevel'), restart.join());
  assert.ok(!restart.includes('isPeak'), 'asked of every plan');
  assert.ok(!idle({ risk: 'risky', touches: ['dns'] }).includes('dnsTtlSeconds'));
  assert.ok(!idle({ risk: 'destructive' }).includes('provenRestoreLevel'));
  assert.deepEqual(idle({ risk: 'safe' }, { ...clearFacts, rulesOnTarget: null }), []);
});

test('what was not checked since the trouble began is no baseline', () => {
  const said = (before: Plan['before']) =>
    checkList({ ...plan, before }, clearFacts).find(({ id }) => id === 'baseline');
  const stale = 'not checked since the trouble began';
  const some = said({ pid: 7, 'db.up': true, 'web.up': stale });
  assert.equal(some?.because, '2 values before the change; 1 more not checked since the trouble began');
  assert.equal(said({ 'web.up': stale })?.answer, 'no');
});
