/** What people read: decisions, moments and ways on instead of raw fields. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionView, TargetDetail } from '../../core/view.ts';
import { noOpenIncident } from './incidents.ts';
import { printResult } from './result.ts';

const terminal = { out() {}, err() {}, hasColour: false, width: 200 };
const now = Date.parse('2026-11-22T10:00:00Z');
const action: ActionView = {
  ...{ id: '01990d2c-1111-7000-8000-000000000000', incidentId: null, digest: 'd'.repeat(64) },
  plan: {
    ...{ action: 'process.restart', target: 'api', input: {}, risk: 'risky', summary: 'restart pid 12' },
    ...{ steps: ['kill -TERM 12', 'cd /srv && node api.js'], before: { pid: 12, startedAt: now - 1_000 } },
    ...{ expect: 'another process runs', undo: { possible: false, how: 'nothing comes back' } },
    ...{ verifyWithinMs: 30_000, holdMs: 5_000 },
  },
  ...{ state: 'awaiting-approval', why: 'hangs\u202e', proposedBy: 'cli', proposedAt: now - 60_000 },
  judgement: { kind: 'ask', reason: 'policy ask: process.restart on api' },
  ...{ approvedBy: null, approvedAt: null, expiresAt: now + 1_740_000, appliedAt: null },
  ...{ endedAt: null, result: null, after: null, report: null },
};

for (const [verb, result] of [
  ['guard.explain', { plan: action.plan, judgement: action.judgement, facts: {} }],
  ['action.propose', { action }],
  ['action.approve', action],
  ['action.show', action],
] as const) {
  test(`${verb}: what would happen, the decision, its reason, before, verification and undo; no raw field`, () => {
    const text = printResult(terminal, verb, result, now);
    for (const part of [
      'restart pid 12  process.restart on api, risky',
      'a person must approve',
      'policy ask: process.restart on api',
      'kill -TERM 12',
      'cd /srv && node api.js',
      'startedAt = 2026-11-22T09:59:59.000Z',
      'another process runs; within 30 s, then held for 5 s',
      'not possible: nothing comes back',
      'scope approve',
    ])
      assert.ok(text.includes(part), `${part} in\n${text}`);
    assert.doesNotMatch(text, /[=:] \d{12}|\{|\u202e|awaiting-approval/);
  });
}

test('an action that waits says until when, and both ways to decide', () => {
  const text = printResult(terminal, 'action.show', action, now);
  assert.match(text, /until 2026-11-22T10:29:00\.000Z \(29 m left\)/);
  assert.match(text, /upkeep action approve 01990d2c-\S+ --digest d{64}\nupkeep action deny/);
  assert.match(printResult(terminal, 'action.list', [action], now), /waits for approval .* expires in 29 m/);
});

test('a plan that makes no sense now says why', () => {
  const text = printResult(terminal, 'guard.explain', { refused: 'no `start` is declared' }, now);
  assert.equal(text, '✗ no plan: no `start` is declared\nNothing was done.');
});

test('without an open incident the list says how many were resolved lately and how to see them', () => {
  const resolved = [{ resolvedAt: now - 5_000 }, { resolvedAt: now - 86_400_000 * 8 }];
  assert.equal(
    noOpenIncident(resolved, now),
    'No open incident; 1 resolved in the last 7 days: upkeep incident list --status all',
  );
  assert.equal(noOpenIncident([], now), 'No open incident, and none was resolved in the last 7 days.');
});

test('verbs without a form of their own show moments as such', () => {
  assert.equal(printResult(terminal, 'x.y', { createdAt: now }, now), 'createdAt: 2026-11-22T10:00:00.000Z');
});

test('target.show: state and since when, latency in milliseconds, what fires with units, checks with what is missing', () => {
  const at = now - 3_000;
  const target: TargetDetail = {
    ...{ name: 'cache', system: 'redis', address: '127.0.0.1:6379', environment: null, health: 'critical' },
    ...{ detail: 'Redis 7.0', lastAt: at, everyMs: 15_000, dependsOn: [], services: ['shop'] },
    ...{ latency: 0.00042, recent: [1, 1], openAlerts: 1, metrics: [] },
    checks: [
      {
        ...{ probe: 'redis.memory', everyMs: 15_000, lastAt: at, lastMs: 3, ok: true, why: null, detail: '' },
        missing: [
          { metrics: ['redis.memory.limit'], reason: 'INFO is refused', remedy: 'ACL SETUSER +info' },
        ],
      },
      {
        ...{ probe: 'redis.clients', everyMs: 15_000, lastAt: at, lastMs: 3, ok: false, why: 'timeout' },
        ...{ detail: 'no answer', missing: [] },
      },
    ],
    alerts: [
      {
        ...{ id: 'a', fingerprint: 'f', rule: 'redis.memory-full', target: 'cache', labels: {} },
        ...{ summary: 'memory is full', state: 'firing', ruleLevel: 'critical', level: 'high' },
        ...{ value: 1.13, threshold: 0.9, said: '113 % against 90 %', detail: '', since: now - 120_000 },
        ...{ firedAt: now - 60_000, resolvedAt: null, incidentId: null, heldBy: null },
      },
    ],
  };
  const text = printResult(terminal, 'target.show', target, now);
  for (const part of [
    'cache  redis  Redis 7.0',
    'up, critical, in trouble for 2 m',
    '0.42 ms',
    '3 s ago, every 15 s',
    'firing redis.memory-full for 2 m  113 % against 90 %\n    memory is full',
    'cannot see redis.memory.limit: INFO is refused; ACL SETUSER +info',
    'redis.clients  3 s ago in 3 ms, every 15 s  timeout: no answer',
  ])
    assert.ok(text.includes(part), `${part} is missing in\n${text}`);
  assert.doesNotMatch(text, /undefined|null|\d{12}/);
});
