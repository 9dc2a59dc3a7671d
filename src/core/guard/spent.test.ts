/** Budgets bound what Upkeep does by itself, each cause of an incident for itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unknownFacts } from '../../../test/guard-facts.ts';
import type { Finding } from '../evidence.ts';
import type { Plan } from '../plan.ts';
import type { ActionView } from '../view.ts';
import { causeOf, isByItself, isPerson, spentOnCause } from './spent.ts';

const finding = (id: string, target: string, action: string): Finding => ({
  ...{ id, target, summary: '', explanation: '', confidence: 0.9, evidence: [], unseen: [] },
  recommendations: [{ action, target, input: {}, why: '' }],
});

function applied(cause: string | null, target: string, more: Partial<ActionView> = {}) {
  return {
    plan: { target } as Plan,
    judgement: { kind: 'allow' as const, reason: '', facts: { ...unknownFacts, cause } },
    ...{ proposedBy: 'upkeep', approvedBy: null, appliedAt: 1, ...more },
  };
}

test('the cause of an action is the first finding that recommends it', () => {
  const findings = [
    finding('haproxy.server-bad', 'proxy', 'haproxy.drain-server'),
    finding('process.frozen', 'api1', 'process.resume'),
  ];
  assert.equal(causeOf(findings, { action: 'process.resume', target: 'api1' }), 'process.frozen on api1');
  assert.equal(causeOf(findings, { action: 'process.resume', target: 'api2' }), null);
});

test('what was done for another cause, by a person, or not at all leaves the budget of a cause alone', () => {
  const actions = [
    applied('process.frozen on api1', 'api1'),
    applied('haproxy.server-bad on proxy', 'proxy'),
    applied('process.frozen on api1', 'api1', { approvedBy: 'ann' }),
    applied('process.frozen on api1', 'api1', { proposedBy: 'ann' }),
    applied('process.frozen on api1', 'api1', { appliedAt: null }),
    applied('process.frozen on api1', 'api1', { proposedBy: 'token:ci' }),
  ];
  assert.equal(spentOnCause(actions, { cause: 'process.frozen on api1', target: 'api1' }), 2);
  assert.equal(spentOnCause(actions, { cause: 'haproxy.server-bad on proxy', target: 'proxy' }), 1);
  assert.equal(spentOnCause(actions, { cause: 'postgres.killed on db', target: 'db' }), 0);
  assert.equal(spentOnCause(actions, { cause: null, target: 'proxy' }), 1, 'unknown: by the target');
});

test('a person is neither Upkeep nor a program', () => {
  for (const name of ['ann', 'cli', 'link:mail:ann', 'slack:U07']) assert.ok(isPerson(name), name);
  for (const name of ['upkeep', 'token:ci', 'mcp:cli']) assert.ok(!isPerson(name), name);
  assert.ok(isByItself({ proposedBy: 'upkeep', approvedBy: null }));
  assert.ok(!isByItself({ proposedBy: 'mcp:cli', approvedBy: 'ann' }));
});
