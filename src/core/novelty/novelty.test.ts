import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createFirstSeen, defaultFirstSeen, restoreFirstSeen, saveFirstSeen, see } from './first-seen.ts';
import { createLogTemplates, matchTemplate } from './log-templates.ts';
import { masked } from './mask.ts';
import { statementFingerprint } from './statement-fingerprint.ts';

const hour = 3_600_000;
const day = 24 * hour;
const start = 20_000 * day;

test('what differs from line to line is masked', () => {
  const lines: readonly [string, string][] = [
    [
      '2026-11-22 10:31:51.123 UTC [4711] ERROR:  duplicate key value violates unique constraint "users_email_key"',
      '<time> [<n>] ERROR: duplicate key value violates unique constraint <text>',
    ],
    [
      'Nov 22 10:31:51 web sshd[88]: Failed password for root from 10.0.0.7 port 4242',
      '<time> web sshd[<n>]: Failed password for root from <ip> port <n>',
    ],
    ['GET /api/v1/users/42?x=1 took 12.5ms', 'GET <path>?x=<n> took <n>ms'],
    ['order 6f1c2d3e-1111-4222-8333-9444aaaabbbb of ann@example.test failed', 'order <id> of <email> failed'],
    ['upstream https://example.test/a?b=c answered 503', 'upstream <url> answered <n>'],
    ['commit 9fceb02d0ae598e9 at 0x7ffe: disk 93% full', 'commit <hex> at <hex>: disk <n>% full'],
    ["can't open 'a b' on fe80:0:0:0:1", "can't open <text> on <ip>"],
  ];
  for (const [line, expected] of lines) assert.equal(masked(line), expected);
});

test('lines of one message share a template, which grows more general; other messages do not', () => {
  const templates = createLogTemplates();
  const first = matchTemplate(templates, 'worker alpha finished job 1 in 20 ms', start);
  const second = matchTemplate(templates, 'worker beta finished job 2 in 31 ms', start + 1);
  assert.deepEqual([first.isNew, second.isNew, second.id === first.id], [true, false, true]);
  assert.equal(second.template, 'worker <*> finished job <n> in <n> ms');
  assert.equal(matchTemplate(templates, 'worker gamma lost its lease on 3 jobs !', start).isNew, true);
  assert.equal(matchTemplate(templates, 'out of memory', start).isNew, true);
});

test('templates are bounded, and those seen lately are kept', () => {
  const templates = createLogTemplates(50);
  const steady = matchTemplate(templates, 'the steady line', start).id;
  const letters = (i: number) => [...String(i)].map((digit) => 'abcdefghij'[Number(digit)]).join('');
  for (let i = 0; i < 500; i++) {
    matchTemplate(templates, `${letters(i)} ${letters(i * 7)} ${letters(i * 3)}`, start + i * 2);
    assert.equal(matchTemplate(templates, 'the steady line', start + i * 2 + 1).id, steady);
  }
  assert.ok(templates.size <= 50);
  assert.equal(templates.size, Object.values(templates.groups).flat().length);
});

test('statements that differ in values have one fingerprint', () => {
  const same = [
    "SELECT * FROM users WHERE id = 42 AND name = 'O''Brien' -- who",
    "select *\n from users where id=7 and name = 'x' /* trace 1 */;",
    'SELECT * FROM users WHERE id = $1 AND name = $2',
  ];
  for (const one of same)
    assert.equal(statementFingerprint(one), 'select * from users where id=? and name=?');
  assert.equal(
    statementFingerprint('INSERT INTO t VALUES (1, 2), (3, null)'),
    statementFingerprint('insert into t values (5,6)'),
  );
  assert.equal(statementFingerprint('SELECT a FROM t1 WHERE b IN (1,2,3)'), 'select a from t1 where b in(?)');
  assert.notEqual(statementFingerprint('SELECT a FROM t1'), statementFingerprint('SELECT a FROM t2'));
});

test('nothing is new while the source is learned; after that, what was never seen is, once', () => {
  const state = createFirstSeen();
  assert.deepEqual(see(state, 'a', start), {
    kind: 'learning',
    until: start + day,
    reason: 'the source is still being learned',
  });
  assert.equal(see(state, 'a', start + day).kind, 'known');
  assert.equal(see(state, 'b', start + day + 1).kind, 'new');
  const again = see(state, 'b', start + day + 2);
  assert.ok(again.kind === 'known' && again.firstAt === start + day + 1 && again.count === 2);
});

test('a flood of new patterns is told once', () => {
  const state = createFirstSeen();
  see(state, 'a', start);
  const sights = Array.from({ length: 100 }, (_, i) => see(state, `new ${i}`, start + 2 * day + i * 1_000));
  assert.equal(sights.filter((one) => one.kind === 'new').length, defaultFirstSeen.mostNewPerHour);
  assert.equal(sights.filter((one) => one.kind === 'flood' && one.isFirst).length, 1);
  assert.equal(see(state, 'later', start + 3 * day).kind, 'new');
});

test('memory is bounded by what was seen longest ago, and survives being saved', () => {
  const settings = { ...defaultFirstSeen, most: 20 };
  fc.assert(
    fc.property(fc.array(fc.nat(60), { maxLength: 300 }), (keys) => {
      const state = createFirstSeen(settings);
      keys.forEach((key, i) => void see(state, `${key}`, start + i));
      const lately = [...new Set(keys.toReversed())].slice(0, 20).map(String);
      assert.deepEqual([...state.seen.keys()].toReversed(), lately);
      const restored = restoreFirstSeen(JSON.parse(JSON.stringify(saveFirstSeen(state))), settings);
      assert.deepEqual(restored.seen, state.seen);
      assert.equal(restored.since, state.since);
    }),
  );
});

test('masking never throws and never grows without end', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 5_000, unit: 'binary' }), (line) => {
      assert.ok(masked(line).length <= 8_000);
      assert.equal(typeof statementFingerprint(line), 'string');
    }),
  );
});

test('masking a hostile line takes no longer than its length asks for', () => {
  for (const line of [
    'a.'.repeat(1_000),
    '1:'.repeat(1_000),
    '/a'.repeat(1_000),
    "'".repeat(2_000),
    'a@'.repeat(1_000),
    '0'.repeat(2_000),
    `${'1.'.repeat(999)}x`,
  ]) {
    const began = performance.now();
    masked(line);
    statementFingerprint(line.repeat(5));
    assert.ok(performance.now() - began < 250, line.slice(0, 10));
  }
});
