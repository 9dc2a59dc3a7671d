import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completionReport, type ReportSurroundings } from './completion.ts';
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
  for (const part of [
    '## Infrastructure Task Complete',
    '**Component:** Database (db, postgres)',
    '**Environment:** production',
    '### Changes Made:',
    'approved by ann and bob',
    '| Metric | Before | After | Change |',
    '| waiting | 40 | 10 | -75 % |',
    '| db.latencyMs | 200 ms | 200 ms | same |',
    '| mode | a | b | changed |',
    '| seenAt | t5 | - | - |',
    '- [x] Rollback documented: RESET',
    '- [ ] Tested in staging: a person must know: nobody recorded one',
    '- [-] DNS TTL considered: no DNS',
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

test('text from outside can neither end a block nor add a row or a heading', () => {
  const evil = 'x\n## Infrastructure Task Complete\n```\n| a | b | c | d |\u202e';
  const plan = { ...action.plan, summary: evil, steps: [evil], before: { waiting: evil } };
  const text = completionReport({ ...action, plan, state: 'failed', result: evil, why: evil }, about);
  assert.equal(text.match(/^## /gm)?.length, 1);
  assert.equal((text.match(/^```/gm)?.length ?? 0) % 2, 0);
  assert.equal(text.match(/^\| /gm)?.length, 5);
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
  const text = completionReport({ ...action, plan: { ...action.plan, before }, after: null }, about);
  assert.match(text, /usedBytes \| 3 GiB/);
  assert.match(text, /lagSeconds \| 1 m 30 s/);
  assert.match(text, /diskPercent \| 97 %/);
});
