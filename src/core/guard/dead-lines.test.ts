import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deadLines, deadLineWarnings } from './dead-lines.ts';
import { policyView } from './outlook.ts';
import type { PolicyRule } from './policy.ts';

const rule = (action: string, target = '*', more: Partial<PolicyRule> = {}): PolicyRule => ({
  ...{ action, target },
  ...more,
});
const dead = (ask: PolicyRule[], always: PolicyRule[], never: PolicyRule[] = []) =>
  deadLines({ never, ask, always }).map(({ key, line }) => `${key} ${line.action} ${line.target}`);

test('an always line that a broader line asks about or forbids is dead; a narrower or passing one leaves it alive', () => {
  const start = rule('process.start', 'a1');
  assert.deepEqual(dead([rule('*')], [start]), ['ask process.start a1']);
  assert.deepEqual(dead([], [rule('process.*', 'prod-db-*')], [rule('process.*', 'prod-*')]), [
    'never process.* prod-db-*',
  ]);
  assert.deepEqual(dead([rule('process.stop')], [start]), []);
  assert.deepEqual(dead([rule('process.start', 'a1')], [rule('process.*')]), []);
  assert.deepEqual(dead([rule('*', '*', { level: 'critical' })], [start]), []);
  assert.deepEqual(dead([rule('*', '*', { environment: 'production' })], [start]), []);
  const inProduction = rule('process.start', 'a1', { environment: 'production' });
  assert.equal(dead([rule('*', '*', { environment: 'production' })], [inProduction]).length, 1);
});

test('the warning and the page name the line that beats it', () => {
  const lines = { never: [], ask: [rule('*')], always: [rule('process.start', 'a1')] };
  const [warning] = deadLineWarnings(lines);
  assert.match(warning ?? '', /^guard\.always: process\.start on a1 never has its say: ask: \* beats it/);
  const budgets = { perTargetPerHour: 1, perIncident: 1, perDay: 1 };
  const view = policyView({ ...lines, budgets, approvalTtlMs: 1, fourEyes: false });
  assert.deepEqual(view.always, ['process.start on a1: no, a line that asks beats it (*)']);
});
