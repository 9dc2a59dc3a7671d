/** The prohibitions hold whatever a policy says, and what is unknown never allows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { clearFacts, unknownFacts } from '../../../test/guard-facts.ts';
import { type Touch, touchable } from '../plan.ts';
import { levels } from '../severity.ts';
import type { GuardFacts } from './facts.ts';
import { factLines } from './facts.ts';
import { parseHours } from './hours.ts';
import { type Judged, judge, weigh } from './judge.ts';
import type { Policy, PolicyRule } from './policy.ts';

const all: PolicyRule = { action: '*', target: '*' };
const open: Policy = {
  ...{ never: [], ask: [], always: [all], approvalTtlMs: 1, fourEyes: false },
  budgets: { perTargetPerHour: 9, perIncident: 9, perDay: 9 },
};
const planOf = (...touches: Touch[]): Judged => ({ action: 'toy.work', target: 'db', risk: 'safe', touches });
const kindOf = (touch: Touch, changes: object = {}) =>
  judge(planOf(touch), Object.assign({}, clearFacts, changes), open).kind;

/** What each prohibition goes by: the fact, values that must not allow, and what they lead to. */
const cases: readonly (readonly [Touch, keyof GuardFacts, readonly unknown[], 'deny' | 'ask'])[] = [
  ['database-destructive', 'provenRestoreLevel', [null, 0, 2, Number.NaN], 'deny'],
  ['database-destructive', 'provenRestoreAt', [null, 0, clearFacts.now + 60_000, Number.NaN], 'deny'],
  ['tls', 'protection', [null, 'weakened'], 'deny'],
  ['firewall', 'protection', [null, 'weakened'], 'deny'],
  ['port-exposure', 'exposesPort', [null, true], 'deny'],
  [
    'backup-deletion',
    'youngestBackupAt',
    [null, clearFacts.now - 29 * 86_400_000, clearFacts.now + 1, Number.NaN],
    'deny',
  ],
  ['schema-migration', 'hasRollbackPlan', [null, false], 'deny'],
  ['dns', 'dnsTtlSeconds', [null], 'deny'],
  ['dns', 'dnsTtlSeconds', [86_400, -1, Number.NaN], 'ask'],
  ['resize', 'isWindowOpen', [null, false], 'deny'],
  ['resize', 'costChangePercent', [null, 21, Number.NaN], 'ask'],
  ['deploy', 'testedInStaging', [false], 'deny'],
  ['deploy', 'testedInStaging', [null], 'ask'],
];

for (const [touch, fact, values, kind] of cases) {
  test(`${touch} with ${fact} ${values.map(String).join(', ')}: ${kind}, whatever always says`, () => {
    const cleared = touch === 'database-destructive' ? 'ask' : 'allow';
    assert.equal(kindOf(touch), cleared, 'the facts that clear it do');
    for (const value of values)
      assert.equal(kindOf(touch, Object.fromEntries([[fact, value]])), kind, String(value));
  });
}

test('a change of production in peak hours asks; unknown hours or an unknown environment ask too', () => {
  const peak = (isProduction: boolean | null, isPeak: boolean | null) =>
    kindOf('production-change', { isProduction, isPeak });
  assert.equal(peak(true, true), 'ask');
  assert.equal(peak(true, null), 'ask');
  assert.equal(peak(null, null), 'ask');
  assert.equal(peak(null, true), 'ask');
  assert.equal(peak(true, false), 'allow');
  assert.equal(peak(false, true), 'allow');
});

test('what may destroy data of a database asks, also where its risk is said to be less and a line allows it', () => {
  for (const risk of ['safe', 'risky', 'destructive'] as const) {
    const plan: Judged = { action: 'backup.restore', target: 'db', risk, touches: ['database-destructive'] };
    assert.equal(judge(plan, clearFacts, open).kind, 'ask', risk);
  }
  const undeclared: Judged = { action: 'redis.flush', target: 'cache', risk: 'destructive' };
  assert.equal(judge(undeclared, { ...clearFacts, provenRestoreLevel: null }, open).kind, 'deny');
});

test('a destructive action on a database needs a proven backup also where its plan forgot to say so', () => {
  const plan: Judged = { action: 'postgres.drop-slot', target: 'db', risk: 'destructive' };
  const judged = judge(plan, unknownFacts, open);
  assert.equal(judged.kind, 'deny');
  assert.match(judged.reason, /no verified backup is known/);
  assert.equal(judge(plan, clearFacts, open).kind, 'ask');
});

test('cost and downtime ask first, downtime not in a maintenance window', () => {
  assert.equal(
    judge({ ...planOf(), downtimeMs: 600_000 }, { ...clearFacts, isWindowOpen: false }, open).kind,
    'ask',
  );
  assert.equal(judge({ ...planOf(), downtimeMs: 600_000 }, clearFacts, open).kind, 'allow');
  assert.equal(judge(planOf(), { ...clearFacts, costChangePercent: 25 }, open).kind, 'ask');
  assert.equal(judge(planOf(), { ...clearFacts, costChangePercent: null }, open).kind, 'allow');
});

test('everything that has a say is told, the deciding voice first', () => {
  const never = [{ ...all, why: 'no' }];
  const voices = weigh(planOf('dns', 'resize'), unknownFacts, { ...open, never, ask: [all] });
  assert.deepEqual(
    voices.map(({ kind, rule }) => `${kind} ${rule}`),
    [
      'deny never',
      'ask no-change-in-peak-hours',
      'deny no-dns-change-without-ttl',
      'deny no-resize-outside-window',
      'ask ask-for-cost',
      'ask ask',
      'allow always',
    ],
  );
});

const hours = (text: string) => parseHours(text) ?? assert.fail(text);

test('hours, level and budget of a rule', () => {
  const wednesdayNoon = { ...clearFacts, isPeak: null };
  const under = (
    rule: Partial<PolicyRule>,
    facts: GuardFacts = wednesdayNoon,
    key: 'ask' | 'always' = 'always',
  ) =>
    judge(planOf(), facts, {
      ...open,
      ...(key === 'ask' ? { ask: [{ ...all, ...rule }] } : { always: [{ ...all, ...rule }] }),
      timezone: 'UTC',
    }).kind;
  assert.equal(under({ hours: hours('09:00-17:00 Mon-Fri') }), 'allow');
  assert.equal(under({ hours: hours('09:00-17:00 Sat,Sun') }), 'deny');
  assert.equal(under({ hours: hours('off-peak') }), 'deny', 'unknown hours allow nothing');
  assert.equal(under({ hours: hours('peak') }, wednesdayNoon, 'ask'), 'ask', 'unknown hours ask');
  assert.equal(under({ hours: hours('off-peak') }, { ...clearFacts, isPeak: false }), 'allow');
  assert.equal(under({ level: 'high' }), 'deny');
  assert.equal(under({ level: 'high' }, { ...clearFacts, incidentLevel: 'critical' }), 'allow');
  assert.equal(under({ level: 'high' }, { ...clearFacts, incidentLevel: 'medium' }), 'deny');
  const budget = { count: 2, per: 'hour' } as const;
  assert.equal(under({ budget }, { ...clearFacts, appliedActionLastHour: 1 }), 'allow');
  assert.equal(under({ budget }, { ...clearFacts, appliedActionLastHour: 2 }), 'ask');
  assert.equal(
    under({ environment: 'production' }, { ...clearFacts, environment: null }, 'ask'),
    'ask',
    'an unknown environment may be this one',
  );
  assert.equal(under({ environment: 'production' }, { ...clearFacts, environment: null }), 'deny');
});

test('each fact has words, and an unknown one says what would make it known', () => {
  const lines = factLines(unknownFacts, { risk: 'destructive', touches: touchable });
  assert.deepEqual(lines.map(({ name }) => name).sort(), Object.keys(unknownFacts).sort());
  for (const { name, isKnown, source } of lines) if (!isKnown) assert.ok(source.length > 5, name);
});

const known = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null, freq: 2 });
const moment = fc.integer({ min: clearFacts.now - 90 * 86_400_000, max: clearFacts.now + 86_400_000 });
const anyFacts: fc.Arbitrary<GuardFacts> = fc.record({
  now: fc.constant(clearFacts.now),
  environment: known(fc.constantFrom('production', 'staging')),
  isProduction: known(fc.boolean()),
  isPeak: known(fc.boolean()),
  isWindowOpen: known(fc.boolean()),
  incidentLevel: fc.constantFrom(...levels, 'none' as const),
  isByPerson: fc.boolean(),
  cause: known(fc.constant('toy.cause on db')),
  appliedOnTargetLastHour: fc.nat(12),
  appliedForIncident: fc.nat(12),
  appliedLastDay: fc.nat(12),
  appliedActionLastHour: fc.nat(12),
  appliedActionLastDay: fc.nat(12),
  failedInARow: fc.nat(3),
  frozen: fc.constantFrom('', 'shop'),
  provenRestoreLevel: known(fc.integer({ min: 0, max: 6 })),
  provenRestoreAt: known(moment),
  youngestBackupAt: known(moment),
  hasRollbackPlan: known(fc.boolean()),
  protection: known(fc.constantFrom('kept' as const, 'weakened' as const)),
  exposesPort: known(fc.boolean()),
  testedInStaging: known(fc.boolean()),
  dnsTtlSeconds: known(fc.integer({ min: -5, max: 90_000 })),
  costChangePercent: known(fc.double({ min: -50, max: 100 })),
  rulesOnTarget: known(fc.nat(5)),
});
const anyRule: fc.Arbitrary<PolicyRule> = fc.record(
  {
    action: fc.constantFrom('*', 'toy.*', 'toy.work', 'other.*'),
    target: fc.constantFrom('*', 'db', 'web'),
    environment: fc.constantFrom('production', 'staging'),
    hours: fc.constantFrom(hours('peak'), hours('off-peak'), hours('00:00-24:00')),
    level: fc.constantFrom(...levels),
    budget: fc.record({ count: fc.nat(5), per: fc.constantFrom('hour' as const, 'day' as const) }),
  },
  { requiredKeys: ['action', 'target'] },
);
const anyPolicy: fc.Arbitrary<Policy> = fc.record({
  never: fc.array(anyRule, { maxLength: 1 }),
  ask: fc.array(anyRule, { maxLength: 1 }),
  always: fc.oneof(fc.constant([all]), fc.array(anyRule, { maxLength: 3 })),
  budgets: fc.constant({ perTargetPerHour: 99, perIncident: 99, perDay: 99 }),
  approvalTtlMs: fc.constant(1),
  fourEyes: fc.boolean(),
});

/** Told once more in other words than the code's: what must be true before a plan with the tag may run unasked. */
const dayMs = 86_400_000;
const cleared: Readonly<Record<Touch, (facts: GuardFacts) => boolean>> = {
  'database-destructive': ({ provenRestoreLevel: level, provenRestoreAt: at, now }) =>
    level !== null && level >= 3 && at !== null && at <= now && now - at <= dayMs,
  'production-change': () => true,
  tls: ({ protection }) => protection === 'kept',
  firewall: ({ protection }) => protection === 'kept',
  'port-exposure': ({ exposesPort }) => exposesPort === false,
  'backup-deletion': ({ youngestBackupAt, now }) =>
    youngestBackupAt !== null && now - youngestBackupAt >= 30 * dayMs,
  'schema-migration': ({ hasRollbackPlan }) => hasRollbackPlan === true,
  dns: ({ dnsTtlSeconds }) => dnsTtlSeconds !== null && dnsTtlSeconds >= 0 && dnsTtlSeconds <= 300,
  resize: ({ isWindowOpen, costChangePercent }) => isWindowOpen === true && costChangePercent !== null,
  deploy: ({ testedInStaging }) => testedInStaging === true,
};

test('a plan with a prohibited tag and a missing or false fact is never allowed', () => {
  let allowed = 0;
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.constantFrom(...touchable), { minLength: 1, maxLength: 3 }),
      anyFacts,
      anyPolicy,
      (touches, facts, policy) => {
        const { kind } = judge(planOf(...touches), facts, policy);
        const calm = facts.isProduction === false || facts.isPeak === false;
        const cheap = facts.costChangePercent === null || facts.costChangePercent <= 20;
        const isCleared = calm && cheap && touches.every((touch) => cleared[touch](facts));
        if (kind === 'allow') {
          allowed++;
          assert.ok(isCleared, touches.join(', '));
        }
      },
    ),
    { numRuns: 5_000 },
  );
  assert.ok(allowed > 20, `${allowed} were allowed: the test would not see a guard that allows too much`);
});

test('learning more never turns a judgement about an unknown from allow; forgetting a fact never allows', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...touchable),
      anyFacts,
      anyPolicy,
      fc.constantFrom(...cases.map(([, fact]) => fact)),
      (touch, facts, policy, fact) => {
        const before = judge(planOf(touch), facts, policy).kind;
        const after = judge(planOf(touch), { ...facts, [fact]: null }, policy).kind;
        const isAbout = cases.some(([of, name]) => of === touch && name === fact);
        if (isAbout || before !== 'allow') assert.ok(after !== 'allow' || (before === 'allow' && !isAbout));
      },
    ),
    { numRuns: 2_000 },
  );
});

test('where no rule names a start, those of the restart hold for it', () => {
  const start = { ...planOf(), action: 'process.start', target: 'api' };
  const under = (changes: Partial<Policy>) =>
    judge(start, clearFacts, { ...open, ...{ never: [], ask: [], always: [] }, ...changes }).kind;
  const restart = { action: 'process.restart', target: 'api' };
  const own = { action: 'process.start', target: 'api' };
  const all = { action: '*', target: '*' };
  assert.equal(under({ always: [restart] }), 'allow');
  assert.equal(under({ always: [{ ...restart, target: 'web' }] }), 'deny');
  assert.equal(under({ always: [all], never: [restart] }), 'deny');
  assert.equal(under({ always: [own], never: [restart] }), 'allow');
  assert.equal(under({ always: [restart], ask: [own] }), 'ask');
});
