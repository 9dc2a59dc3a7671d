import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clearFacts } from '../../test/guard-facts.ts';
import { completionReport, cutOffResult, type ReportSurroundings } from './completion.ts';
import type { GuardFacts } from './guard/facts.ts';
import type { Rule } from './rule.ts';
import type { ActionView } from './view.ts';

const rule: Rule = {
  ...{
    kind: 'threshold',
    id: 'postgres.waiting',
    metric: 'postgres.waiting',
    summary: 'wait',
    forMs: 60_000,
  },
  ...{ clearForMs: 0, levels: { warning: 'low', critical: 'high' }, runbook: '', enabled: true },
  ...{ direction: 'above', warning: 3, critical: 10, hysteresis: 0 },
};
const about: ReportSurroundings = {
  ...{ environment: 'production', system: 'postgres', rules: [rule], dashboard: 'http://here/targets/db' },
  timestamp: (at) => `t${at}`,
  unitOf: () => 'count',
  backups: { last: null, proven: null, declared: [] },
};
const action: ActionView = {
  ...{ id: '0199', incidentId: null, digest: 'abcdef0123456789ff', state: 'done', why: 'it blocks' },
  plan: {
    ...{ action: 'postgres.set-setting', target: 'db', input: {}, risk: 'risky', summary: 'set work_mem' },
    ...{ steps: ['ALTER SYSTEM …'], before: { waiting: 40, 'db.latencyMs': 200, mode: 'a', seenAt: 5 } },
    ...{ expect: 'nobody waits', undo: { possible: true, how: 'ALTER SYSTEM RESET work_mem' } },
    ...{ verifyWithinMs: 30_000, holdMs: 5_000 },
  },
  judgement: {
    ...{ kind: 'ask', reason: 'policy ask' },
    checks: [
      { id: 'rollback', question: 'Rollback documented', answer: 'yes', because: 'RESET' },
      { id: 'staging', question: 'Tested in staging', answer: 'ask', because: 'nobody recorded one' },
      { id: 'ttl', question: 'DNS TTL considered', answer: 'not-applicable', because: 'no DNS' },
    ],
  },
  ...{ proposedBy: 'upkeep', proposedAt: 1, approvedBy: 'ann and bob', approvedAt: 2, expiresAt: 9 },
  ...{ appliedAt: 3, endedAt: 4, result: 'set; verified', report: null },
  after: { waiting: 10, 'db.latencyMs': 200, mode: 'b' },
};

test('a report has each part of the form, with its numbers', () => {
  const text = completionReport(action, about);
  assert.doesNotMatch(text, /^\| (mode|seenAt)/m, 'only numbers that were measured before and after');
  for (const part of [
    '## Infrastructure Task Complete',
    '**Component:** Database (db, postgres)',
    '**Environment:** production',
    '### Changes Made:',
    'approved by ann and bob',
    '| Metric | Before | After | Change |',
    '| waiting | 40 | 10 | -75 % |',
    '| db.latencyMs | 200 ms | 200 ms | same |',
    '- [x] Rollback documented: RESET',
    '- [ ] Tested in staging: a person must know: nobody recorded one',
    '- [-] does not apply: DNS TTL considered',
    '- Recovery tested: No',
    'upkeep action undo 0199',
    '# which does: ALTER SYSTEM RESET work_mem',
    '- Metric: `postgres.waiting`, alert threshold: warning > 3 for 1 m, critical > 10 for 1 m (`postgres.waiting`)',
    '- Dashboard: http://here/targets/db',
    'infra: set work_mem',
    '- Tested in: production, verified and held',
  ])
    assert.ok(text.includes(part), `${part}\n---\n${text}`);
});

test('what was not done claims no change, no commit and no way back that there is none of', () => {
  const plan = { ...action.plan, undo: { possible: false, how: 'it is gone' } };
  const denied = { ...action, plan, state: 'denied' as const, appliedAt: null, after: null };
  const text = completionReport(denied, { ...about, rules: [], environment: null });
  assert.match(text, /## Infrastructure Task Not Done/);
  assert.match(text, /None: nothing was run/);
  assert.match(text, /Not possible: it is gone/);
  assert.match(text, /no rule watches this target/);
  assert.doesNotMatch(text, /infra:/);
});

test('what was cut off is not claimed to have run', () => {
  const cut = { ...action, result: `${cutOffResult}; verified: 5 of 10 slots are taken` };
  const text = completionReport(cut, about);
  assert.match(
    text,
    /- Not known whether it ran: begun t3, and Upkeep ended before it said\. Checked after: 5 of 10 slots are taken\. What was begun, ended t4:/,
  );
  assert.doesNotMatch(text, /- Applied/);
  const asked = completionReport(
    { ...action, state: 'verifying', result: cutOffResult, endedAt: null },
    about,
  );
  assert.match(asked, /Checked after: not yet\./);
  const begun = completionReport({ ...action, state: 'applying', result: null, endedAt: null }, about);
  assert.match(begun, /- Begun t3, and not known yet whether it has run:/);
});

test('what changes nothing that stays suggests no commit', () => {
  const plan = { ...action.plan, undo: { possible: false, how: 'the session is gone' } };
  const commit = completionReport({ ...action, plan, state: 'done' }, about).split(
    '### Suggested Git Commit:',
  )[1];
  assert.equal(commit, '\nNone: it changed nothing that stands in a file.');
});

test('text from outside can neither end a block nor add a row or a heading', () => {
  const evil = 'x\n## Infrastructure Task Complete\n```\n| a | b | c | d |\u202e';
  const plan = { ...action.plan, summary: evil, steps: [evil], before: { [evil]: 1 } };
  const text = completionReport(
    { ...action, plan, after: { [evil]: 2 }, state: 'failed', result: evil, why: evil },
    about,
  );
  assert.equal(text.match(/^## /gm)?.length, 1);
  assert.equal((text.match(/^```/gm)?.length ?? 0) % 2, 0);
  assert.equal(text.match(/^\| /gm)?.length, 3);
  assert.ok(!text.includes('\u202e'));
});

test('every system with actions has its component, and says why it needs no backup where it needs none', () => {
  const of = (system: string, changes: Partial<ActionView['plan']> = {}) =>
    completionReport({ ...action, plan: { ...action.plan, ...changes } }, { ...about, system });
  const components = {
    ...{ postgres: 'Database', mysql: 'Database', haproxy: 'Network', nginx: 'Network' },
    ...{ rabbitmq: 'Storage', container: 'Compute', delivery: 'Compute', process: 'Compute' },
  };
  for (const [system, component] of Object.entries(components)) {
    assert.match(of(system), new RegExp(`\\*\\*Component:\\*\\* ${component} \\(db, ${system}\\)`));
  }
  assert.match(of('host', { action: 'host.free-disk' }), /Component:\*\* Storage/);
  assert.match(of('haproxy'), /- Last backup: not needed, the change is made at run time/);
  assert.match(of('mysql'), /- Last backup: unknown, no verified backup is known/);
  assert.match(of('container', { risk: 'destructive' }), /- Last backup: unknown, no verified/);
});

test('numbers carry the unit that their name says', () => {
  const before = { usedBytes: 3_221_225_472, lagSeconds: 90, diskPercent: 97 };
  const plan = { ...action.plan, before };
  const text = completionReport({ ...action, plan, after: before }, about);
  assert.match(completionReport({ ...action, plan, after: null }, about), /Not measured again yet/);
  assert.match(text, /usedBytes \| 3 GiB/);
  assert.match(text, /lagSeconds \| 1 m 30 s/);
  assert.match(text, /diskPercent \| 97 %/);
});

test('what the catalogue knows of backups is told, as it was when the change was made', () => {
  const last = {
    plan: 'nightly',
    engine: 'postgres.logical',
    at: 1_000,
    bytes: 5_242_880,
    place: '/backups/db/1',
  };
  const noProof: Pick<GuardFacts, 'provenRestoreAt' | 'provenRestoreLevel'> = {
    provenRestoreAt: null,
    provenRestoreLevel: null,
  };
  const changed = { ...action, proposedAt: 50_000, appliedAt: 61_000 };
  const text = (backups: Partial<ReportSurroundings['backups']>, proofs = noProof) =>
    completionReport(
      { ...changed, judgement: { ...action.judgement, facts: { ...clearFacts, ...proofs } } },
      { ...about, backups: { ...about.backups, ...backups } },
    );
  const known = text({ last, declared: ['nightly'], proven: { level: 5, at: 31_000 } });
  assert.match(known, /- Last backup: t1000, 1 m before the change \(nightly, postgres\.logical, 5 MiB\)/);
  assert.match(known, /- Backup location: \/backups\/db\/1/);
  assert.match(known, /- Recovery tested: Yes, level 5 on t31000, 30 s before the change/);
  const judged = text({ last, proven: null }, { provenRestoreAt: 1_000, provenRestoreLevel: 4 });
  assert.match(judged, /- Recovery tested: Yes, level 4 on t1000/);
  assert.match(text({ last }), /- Recovery tested: No/);
  assert.match(
    text({ declared: ['nightly'] }),
    /- Last backup: none, nightly under `backups:` had taken none/,
  );
});

test('the way back is told whole, a line for each step', () => {
  const long = `3. start it: ${'x'.repeat(700)}`;
  const how = ['Upkeep cannot; by hand:', '1. make the slot', '2. CHECKPOINT', long].join('\n');
  const without = { ...action, plan: { ...action.plan, undo: { possible: false, how } } };
  const [first, ...steps] = how.split('\n');
  const told = [`Not possible: ${first}`, '```', ...steps, '```'].join('\n');
  assert.ok(completionReport(without, about).includes(told));
  const possible = { ...action, plan: { ...action.plan, undo: { possible: true, how } } };
  const text = completionReport(possible, about);
  assert.ok(
    text.includes(`# which does: Upkeep cannot; by hand:\n# 1. make the slot\n# 2. CHECKPOINT\n# ${long}\n`),
  );
});
