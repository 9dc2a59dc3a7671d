import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evidence } from '../../core/evidence.ts';
import { printFindings } from './findings.ts';

const terminal = { out() {}, err() {}, hasColour: false, width: 160 };
const hidden = (target: string, unseen: string): Evidence => ({
  ...{ id: `${target}.sessions`, target, title: 'Sessions', at: 0, how: 'SELECT', unseen },
});

test('what evidence holds is told in words, in the zone of the team, and what is not known not at all', () => {
  const seen: Evidence = {
    ...{ id: 'db.seen', target: 'db', title: 'Seen', at: 0, how: 'look' },
    facts: { killedAt: null, startedAt: '2026-11-23T06:45:03.000Z', noiseMs: 671 },
    table: { columns: ['process', 'resident bytes'], rows: [['web', 3_145_728]] },
  };
  const finding = {
    ...{ id: 'f', target: 'db', summary: 's', explanation: 'e', confidence: 0.9, evidence: ['db.seen'] },
    ...{ unseen: [], recommendations: [] },
  };
  const zone = { name: 'Europe/Berlin', wasUsed: false };
  const text = printFindings({ ...terminal, zone }, { findings: [finding], evidence: [seen] });
  assert.match(text, /started at: 2026-11-23 07:45:03, noise: 671 ms\n/);
  assert.match(text, /process \| resident\n +web \| 3 MiB/);
  assert.doesNotMatch(text, /killed/);
});

test('what could not be seen names the target that it belongs to, each line once', () => {
  const evidence = [hidden('db', 'no rights'), hidden('cache', 'no answer'), hidden('cache', 'no answer')];
  assert.deepEqual(printFindings(terminal, { findings: [], evidence }).split('\n').slice(2), [
    'Could not be seen',
    '  ? db: Sessions: no rights',
    '  ? cache: Sessions: no answer',
  ]);
});

test('of an incident without a finding nobody is told that nothing is wrong', () => {
  const none = { findings: [], evidence: [] };
  assert.equal(printFindings(terminal, none, { isIncident: true }), 'No cause was found beyond its alerts.');
  assert.match(printFindings(terminal, none), /^Nothing wrong was found/);
});

test('a table without rows is one line that says so', () => {
  const seen: Evidence = {
    ...{ id: 'db.seen', target: 'db', title: 'Errors of the last hour', at: 0, how: 'look' },
    table: { columns: ['kind', 'lines'], rows: [] },
  };
  const finding = {
    ...{ id: 'f', target: 'db', summary: 's', explanation: 'e', confidence: 0.9, evidence: ['db.seen'] },
    ...{ unseen: [], recommendations: [] },
  };
  const text = printFindings(terminal, { findings: [finding], evidence: [seen] });
  assert.match(text, /· Errors of the last hour: none$/m);
  assert.doesNotMatch(text, /kind/);
});

test('who waits for whom is a tree, and of the sessions only those that hold others up are listed', () => {
  const waits: Evidence = {
    ...{ id: 'db.lock-waits', target: 'db', title: 'Who waits for whom', at: 0, how: 'pg_locks' },
    facts: { waiters: 7 },
    table: {
      columns: ['pid', 'blockers', 'object', 'waitSeconds'],
      rows: [
        [11, '10', 'public.orders', 5],
        ...[12, 13, 14, 15, 16, 17].map((pid) => [pid, '10 11', 'public.orders', 4]),
      ],
    },
  };
  const sessions: Evidence = {
    ...{ id: 'db.lock-sessions', target: 'db', title: 'The sessions of the blocking tree', at: 0, how: 'pg' },
    table: {
      columns: ['pid', 'role', 'state'],
      rows: [10, 11, 12, 13, 14, 15, 16, 17].map((pid) => [pid, 'app', 'active']),
    },
  };
  const finding = {
    ...{ id: 'f', target: 'db', summary: 's', explanation: 'e', confidence: 0.9 },
    ...{ evidence: ['db.lock-waits', 'db.lock-sessions'], unseen: [], recommendations: [] },
  };
  const text = printFindings(terminal, { findings: [finding], evidence: [waits, sessions] });
  assert.deepEqual(text.split('\n').slice(3), [
    '   · Who waits for whom',
    '       waiters: 7',
    '       pid 10 holds the lock',
    '         pid 11: object public.orders, wait 5 s',
    '           pid 12: object public.orders, wait 4 s',
    '           pid 13: object public.orders, wait 4 s',
    '           pid 14: object public.orders, wait 4 s',
    '           pid 15: object public.orders, wait 4 s',
    '           … and 2 more',
    '   · The sessions of the blocking tree',
    '       pid | role | state',
    '       10 | app | active',
    '       11 | app | active',
    '       and 6 sessions that wait',
  ]);
});

test('the last lines of a log are printed to the newest, and what is left out of evidence is counted', () => {
  const about = { target: 'db', at: 0, how: 'look' };
  const lines = (most: number) => Array.from({ length: most }, (_, at) => `line ${at + 1} of ${most}`);
  const log: Evidence = { ...about, id: 'db.log', title: 'The last lines', text: lines(20).join('\n') };
  const long: Evidence = { ...about, id: 'db.plan', title: 'The plan', text: lines(30).join('\n') };
  const sessions: Evidence = {
    ...{ ...about, id: 'db.rows', title: 'Sessions' },
    table: { columns: ['pid'], rows: lines(15).map((line) => [line]) },
  };
  const finding = {
    ...{ id: 'f', target: 'db', summary: 's', explanation: 'e', confidence: 0.9 },
    ...{ evidence: ['db.log', 'db.plan', 'db.rows'], unseen: [], recommendations: [] },
  };
  const text = printFindings(terminal, { findings: [finding], evidence: [log, long, sessions] });
  assert.match(text, / line 20 of 20\n/);
  assert.match(text, / line 20 of 30\n +… and 10 more lines: with --json\n/);
  assert.match(text, / line 12 of 15\n +… and 3 more rows: with --json/);
});
