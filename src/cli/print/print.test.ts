/** What people read: decisions, moments and ways on instead of raw fields. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toldOf } from '../../core/journal-words.ts';
import type { ActionView, IncidentView, TargetDetail } from '../../core/view.ts';
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
    const text = printResult(terminal, verb, result, now, 'UTC');
    for (const part of [
      'restart pid 12  process.restart on api, risky',
      'a person must approve',
      'policy ask: process.restart on api',
      'kill -TERM 12',
      'cd /srv && node api.js',
      'startedAt = 2026-11-22 09:59:59',
      'another process runs; within 30 s, then held for 5 s',
      'not possible: nothing comes back',
      'scope approve',
    ])
      assert.ok(text.includes(part), `${part} in\n${text}`);
    assert.doesNotMatch(text, /[=:] \d{12}|\{|\u202e|awaiting-approval/);
  });
}

test('an action that waits says until when, and both ways to decide', () => {
  const text = printResult(terminal, 'action.show', action, now, 'UTC');
  assert.match(text, /until 2026-11-22 10:29:00 \(29 m left\)/);
  assert.match(text, /upkeep action approve 01990d2c-\S+ --digest d{64}\nupkeep action deny/);
  assert.match(printResult(terminal, 'action.list', [action], now), /waits for approval .* expires in 29 m/);
});

test('a plan that makes no sense now says why', () => {
  const text = printResult(terminal, 'guard.explain', { refused: 'no `start` is declared' }, now);
  assert.equal(text, '✗ no plan: no `start` is declared\nNothing was done.');
  const judged = { refused: 'pid 7 runs already', judgement: { kind: 'ask', reason: 'policy ask: *' } };
  assert.equal(
    printResult(terminal, 'guard.explain', judged, now),
    'By the policy a person must approve: policy ask: *\n\n✗ no plan: pid 7 runs already\nNothing was done.',
  );
});

test('what waits already is shown whole, with how it is approved; of what runs its id leads on', () => {
  const refused = `the same action is awaiting approval already (${action.id})`;
  const text = printResult(terminal, 'action.propose', { refused, already: action }, now, 'UTC');
  assert.ok(
    text.startsWith(`✗ no new plan: ${refused}\nNothing was done. It is this one:\n\nrestart pid 12`),
    text,
  );
  assert.match(text, /\nupkeep action approve 01990d2c-\S+ --digest d{64}\nupkeep action deny/);
  const running = { ...action, state: 'applying' } as const;
  const other = printResult(terminal, 'action.propose', { refused, already: running }, now, 'UTC');
  assert.ok(other.includes(`\n\nupkeep action show ${action.id}\n`), other);
  assert.doesNotMatch(other, /action approve/);
});

test('an entry of the journal is told in words, without raw values and without why it once fired where it is over', () => {
  const about = {
    rule: 'slo.fast',
    target: 'shop',
    since: 1_795_407_950_201,
    threshold: 30,
    value: 30.711823,
  };
  const entry = (kind: string, payload: Record<string, string | number>) => ({
    ...{ seq: 1, at: now, actor: 'upkeep', kind, subject: 'target:shop', hash: '', payload },
    told: toldOf({ actor: 'upkeep', kind, payload }),
  });
  const entries = [
    entry('alert.fired', { ...about, detail: '30.7 s, limit 30 s' }),
    entry('alert.resolved', { ...about, reason: '25.6x over 1 h, limit 14.4x' }),
  ];
  const text = printResult(terminal, 'journal.list', entries, now, 'Asia/Tokyo');
  assert.match(
    text,
    /2026-11-22 19:00:00 +Alert fired +Upkeep +slo\.fast fired on shop: 30\.7 s, limit 30 s\n/,
  );
  assert.match(text, /Alert cleared +Upkeep +slo\.fast on shop cleared\n/);
});

test('without an open incident the list says how many were resolved lately and how to see them', () => {
  const resolved = [{ resolvedAt: now - 5_000 }, { resolvedAt: now - 86_400_000 * 8 }];
  assert.equal(
    noOpenIncident(resolved, now),
    'No open incident; 1 resolved in the last 7 days: upkeep incident list --status all',
  );
  assert.equal(noOpenIncident([], now), 'No open incident, and none was resolved in the last 7 days.');
});

test('an open incident of which nothing fires says so and until when that must hold; findings when they were seen', () => {
  const incident: IncidentView = {
    ...{ id: '01990d2c-1111-7000-8000-000000000000', title: 'db: is full', level: 'high', severity: 'SEV2' },
    ...{ status: 'mitigated', lead: 'db', services: [], targets: ['db'], openedAt: now - 90_000 },
    ...{ acknowledgedAt: null, acknowledgedBy: null, mitigatedAt: null, resolvedAt: null },
    ...{ firingAlerts: 0, summary: null, holdsUntil: now + 30_000 },
  };
  const list = (one: IncidentView) => printResult(terminal, 'incident.list', [one], now, 'UTC');
  assert.match(
    list(incident),
    /\n {9}all alerts recovered; holding until 10:00:30\nTimes are those of UTC\.$/,
  );
  assert.match(list({ ...incident, holdsUntil: now }), /all alerts recovered; about to be resolved/);
  const treated = { ...incident, holdsUntil: now, treatment: 'start process redis' };
  assert.match(list(treated), /all alerts recovered; still verifying: start process redis/);
  assert.match(list({ ...treated, holdsUntil: now + 30_000 }), /holding until 10:00:30/);
  assert.doesNotMatch(list({ ...incident, firingAlerts: 1, holdsUntil: null }), /recovered|holding/);
  const seen = { ...incident, summary: '15 sessions', summaryAt: now - 1_000 };
  assert.match(list(seen), /→ 15 sessions · seen 09:59:59$/m);
  assert.match(list({ ...seen, summaryAt: now - 86_400_000 }), /→ 15 sessions · seen 2026-11-21 10:00:00$/m);
  assert.match(list({ ...seen, summary: 'no memory' }), /→ no memory$/m, 'without figures nothing is stale');
  assert.match(list({ ...seen, moreCauses: 1 }), /→ 15 sessions · seen 09:59:59 \(\+1 more cause\)$/m);
  assert.doesNotMatch(list({ ...seen, moreCauses: 0 }), /more cause/);
  const finding = {
    ...{ id: 'toy.full', target: 'db', summary: '15 sessions', explanation: '', confidence: 0.9 },
    ...{ evidence: [], unseen: [], recommendations: [], seenAt: now - 1_000 },
  };
  const found = { findings: [finding], evidence: [] };
  assert.match(
    printResult(terminal, 'incident.investigate', found, now, 'UTC'),
    /toy\.full on db · 90 % sure · seen 09:59:59$/m,
  );
});

test('verbs without a form of their own show moments as such', () => {
  const shown = printResult(terminal, 'x.y', { createdAt: now }, now, 'Australia/Sydney');
  assert.equal(shown, 'createdAt: 2026-11-22 21:00:00\nTimes are those of Australia/Sydney.');
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

test('what cannot be taken back says so, and no word of a plan', () => {
  const text = printResult(terminal, 'action.undo', { refused: 'it was applied and is being verified' }, now);
  assert.equal(text, '✗ not taken back: it was applied and is being verified\nNothing was done.');
});

test('a text of several lines keeps them, below its name', () => {
  const text = printResult(terminal, 'x.y', { id: 'http.down', runbook: '### Impact\n\nUsers wait\n' }, now);
  assert.equal(text, 'id: http.down\nrunbook:\n  ### Impact\n\n  Users wait');
});
