import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import type { TargetView } from '../core/view.ts';
import { renderScreen, type ScreenState } from './screen.ts';
import { columns, cut, plain, wrap } from './text.ts';

const at = 1_767_225_600_000;

function target(name: string, change: Partial<TargetView> = {}): TargetView {
  return {
    name,
    system: 'http',
    address: '127.0.0.1:1',
    environment: null,
    health: 'ok',
    detail: '200 OK',
    lastAt: at,
    everyMs: 1_000,
    dependsOn: [],
    services: [],
    latency: 0.0042,
    recent: [],
    openAlerts: 0,
    ...change,
  };
}

const quiet: ScreenState = {
  at,
  startedAt: at - 130_400,
  url: 'http://127.0.0.1:4747',
  load: { ok: 1_204, failed: 0, recent: [{ ok: 20, failed: 0, p95Ms: 4.2 }], failing: null },
  faults: [
    { key: 'k', title: 'API process killed', state: 'absent' },
    { key: 'b', title: 'Transaction left open', state: 'absent' },
  ],
  note: null,
  overview: {
    timezone: 'Australia/Sydney',
    approvals: 0,
    targets: [target('web'), target('db', { system: 'postgres', detail: 'PostgreSQL 15.18, primary' })],
  },
  incident: null,
};

const broken: ScreenState = {
  ...quiet,
  load: {
    ok: 1_000,
    failed: 12,
    recent: [
      { ok: 20, failed: 0, p95Ms: 4 },
      { ok: 4, failed: 16, p95Ms: 1_000 },
    ],
    failing: '503 timeout exceeded when trying to connect',
  },
  faults: ['k', 'f', 'b', 'c', 'r', 'p', 'e'].map((key) => ({
    key,
    title: 'Connections exhausted',
    state: key === 'b' ? 'present' : 'absent',
  })),
  note: 'Transaction left open: BEGIN; UPDATE orders …',
  overview: {
    timezone: 'UTC',
    approvals: 1,
    targets: ['web', 'api', 'api-process', 'db', 'cache', 'certificate'].map((name) =>
      target(name, name === 'db' ? { health: 'critical', openAlerts: 1, latency: null } : {}),
    ),
  },
  incident: {
    title: 'db: Many sessions wait for locks (and 2 more)',
    severity: 'SEV2',
    level: 'high',
    status: 'open',
    openedAt: at - 12_300,
    resolvedAt: null,
    findings: [
      {
        id: 'postgres.blocked-by-lock',
        target: 'db',
        summary:
          'pid 812 (batch, nightly-import, idle in transaction for 12 s) blocks 8 sessions on table orders and has done so for a while',
        explanation: '',
        confidence: 0.95,
        evidence: [],
        unseen: [],
        recommendations: [],
      },
    ],
    actions: [action('verifying', 'pid 812 (batch) was told to end'), action('refused', null)],
  },
};

function action(state: 'verifying' | 'refused', result: string | null) {
  return {
    id: state,
    incidentId: null,
    plan: {
      action: 'postgres.terminate-backend',
      target: 'db',
      input: {},
      risk: 'risky' as const,
      summary: 'End pid 812',
      steps: [],
      before: {},
      expect: '',
      undo: { possible: false, how: '' },
      verifyWithinMs: 1,
      holdMs: 1,
    },
    digest: '',
    state,
    judgement: { kind: 'deny' as const, reason: 'budget: 4 of 4 an hour on db are used' },
    why: '',
    proposedBy: 'upkeep',
    proposedAt: at,
    approvedBy: null,
    approvedAt: null,
    expiresAt: null,
    appliedAt: at,
    endedAt: null,
    result,
    after: null,
    report: null,
  };
}

test('a quiet screen says who is well, how the load goes and which keys break what', () => {
  assert.deepEqual(renderScreen(quiet), [
    'Upkeep demo  http://127.0.0.1:4747                            2 m 10 s  11:00:00',
    '── Load on the shop ────────────────────────────────────────────────────────────',
    '20/s ok  0/s failed  p95 4 ms                          1,204 ok, 0 failed so far',
    '█  × failed',
    '',
    '── Targets ─────────────────────────────────────────────────────────────────────',
    '● web   http      200 OK                                                    4 ms',
    '● db    postgres  PostgreSQL 15.18, primary                                 4 ms',
    '── Incident ────────────────────────────────────────────────────────────────────',
    'none so far',
    '── Break something ─────────────────────────────────────────────────────────────',
    '[k] API process killed    [b] Transaction left open ',
    '[h] heal all  [q] quit',
  ]);
});

test('trouble is told: what fails, the cause with its confidence, what was done and what was refused', () => {
  const lines = renderScreen(broken);
  const text = lines.join('\n');
  assert.ok(lines.includes('█×  × failed'), text);
  assert.ok(lines.includes('503 timeout exceeded when trying to connect'));
  assert.match(text, /^✖ db/m);
  assert.match(text, /^SEV2 open {2}db: Many sessions wait for locks \(and 2 more\) +for 12 s$/m);
  assert.match(
    text,
    /^cause {2}95 %: pid 812 \(batch, nightly-import, .*\n {7}blocks 8 sessions on table orders/m,
  );
  assert.match(text, /^action verifying postgres\.terminate-backend on db: pid 812 \(batch\) was told to…$/m);
  assert.match(text, /^action refused postgres\.terminate-backend on db: budget: 4 of 4/m);
  assert.match(text, /\[b\]!Connection/);
  assert.match(text, /1 waiting for approval\. Transaction left open: BEGIN/);
});

test('of two open incidents the newest is told whole and the other on a line; neither pushes the keys away', () => {
  assert.ok(broken.incident);
  const other = { ...broken.incident, title: 'cache: Memory is full', openedAt: broken.at - 61_000 };
  const text = renderScreen({ ...broken, others: [other] }).join('\n');
  assert.match(text, /^── Incidents: 2 open ─/m);
  assert.match(text, /^SEV2 .*cache: Memory is full .*for 1 m 1 s$/m);
  assert.match(text, /\[q\] quit/);
  const many = renderScreen({ ...broken, others: Array.from({ length: 5 }, () => other) });
  assert.ok(many.includes('and 2 more'));
});

test('an incident of which nothing fires any more says until when that must hold', () => {
  assert.ok(broken.incident);
  const held = { ...broken.incident, holdsUntil: broken.at + 4_000 };
  const text = renderScreen({ ...broken, incident: held }).join('\n');
  assert.match(text, /^state {2}all alerts recovered; holding until 00:00:04$/m);
  assert.doesNotMatch(renderScreen(broken).join('\n'), /recovered/);
});

test('what waits for a yes names the keys that answer it; what cannot be planned says why', () => {
  assert.ok(broken.incident);
  const waiting = {
    ...broken.incident,
    actions: [{ ...action('refused', null), state: 'awaiting-approval' as const }],
  };
  const text = renderScreen({ ...broken, incident: waiting }).join('\n');
  assert.match(text, /^action \[a\] yes {2}\[n\] no {2}End pid 812$/m);
  const unplanned = { action: 'postgres.terminate-backend', target: 'db', reason: 'no session is idle' };
  const none = { ...broken.incident, actions: [], unplanned };
  assert.match(
    renderScreen({ ...broken, incident: none }).join('\n'),
    /^action not possible yet: postgres\.terminate-backend on db: no session is idle$/m,
  );
});

test('where Upkeep can do nothing about the cause, it says what people can do, and no longer what was withdrawn', () => {
  assert.ok(broken.incident);
  const [cause] = broken.incident.findings;
  assert.ok(cause);
  const explanation =
    'The server answered the login itself, so process and network are fine; restarting it would change nothing. Compare the secret with the one the applications use, and restore or rotate it on both sides.';
  const incident = {
    ...broken.incident,
    findings: [{ ...cause, explanation }],
    actions: [{ ...action('refused', 'memory is free again'), state: 'withdrawn' as const }],
  };
  const lines = renderScreen({ ...broken, incident }).join('\n');
  assert.match(lines, /^to do +Compare the secret [\s\S]*, and restore or\s+rotate it on both sides\.$/m);
  assert.doesNotMatch(lines, /withdrawn/);
  assert.ok(renderScreen({ ...broken, incident, setupLink }).length <= 24);
});

test('a resolved incident says how long it took, one without a cause that it is being looked for', () => {
  assert.ok(broken.incident);
  const resolved = {
    ...broken.incident,
    status: 'resolved' as const,
    resolvedAt: broken.incident.openedAt + 9_000,
  };
  assert.match(renderScreen({ ...broken, incident: resolved }).join('\n'), /SEV2 resolved .*over after 9 s/);
  const fresh = { ...broken.incident, findings: [], actions: [] };
  assert.match(renderScreen({ ...broken, incident: fresh }).join('\n'), /^cause {2}being looked for …$/m);
});

test('before the first overview it says that Upkeep starts', () => {
  assert.ok(renderScreen({ ...quiet, overview: null }).includes('Upkeep starts …'));
});

const setupLink = `http://127.0.0.1:4747/setup#token=${'x'.repeat(43)}`;

test('the one-time link stands whole on a line of its own', () => {
  assert.equal(renderScreen({ ...broken, setupLink }).at(-1), setupLink);
});

test('the fullest screen fits a terminal of 80 by 24', () => {
  const lines = renderScreen({ ...broken, setupLink });
  assert.ok(lines.length <= 24, `${lines.length} lines`);
  for (const line of lines) assert.ok(columns(line) <= 80, line);
});

test('colours only where asked for, and they change no text', () => {
  const coloured = renderScreen(broken, { colour: true });
  assert.deepEqual(coloured.map(stripVTControlCharacters), renderScreen(broken));
  assert.ok(coloured.some((line) => line.includes('\u001b[')));
  assert.ok(!renderScreen(broken).some((line) => line.includes('\u001b')));
});

test('whatever the watched systems say, lines stay within the screen and carry no control characters', () => {
  const text = fc.string({ unit: 'binary', maxLength: 200 });
  fc.assert(
    fc.property(text, fc.integer({ min: 40, max: 200 }), (hostile, width) => {
      assert.ok(broken.incident && broken.overview);
      const state: ScreenState = {
        ...broken,
        note: hostile,
        load: { ...broken.load, failing: hostile },
        overview: { ...broken.overview, targets: [target(hostile, { detail: hostile, health: 'unknown' })] },
        incident: {
          ...broken.incident,
          title: hostile,
          severity: hostile.slice(0, 10),
          findings: broken.incident.findings.map((finding) => ({ ...finding, summary: hostile })),
          actions: [action('verifying', hostile)],
        },
      };
      for (const line of renderScreen(state, { width })) {
        assert.ok(columns(line) <= width, `${columns(line)} > ${width}: ${JSON.stringify(line)}`);
        assert.equal(stripVTControlCharacters(line), line);
        assert.equal(plain(`x${line}x`), `x${line}x`);
      }
    }),
    { numRuns: 200 },
  );
});

test('texts are measured and cut by the columns they take', () => {
  assert.equal(columns('日本e\u0301'), 5);
  assert.equal(cut('日本語', 5), '日本…');
  assert.equal(cut('short', 5), 'short');
  assert.equal(plain('\u001b[2Jbold\u202e'), '[2Jbold');
  assert.deepEqual(wrap('one two three four', 9, 2), ['one two', 'three fo…']);
  assert.deepEqual(wrap('one two', 9, 2), ['one two']);
});
