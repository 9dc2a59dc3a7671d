import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorKind, saysAnother } from './error-kind.ts';

const minuteMs = 60_000;

test('an error is told by its code, else by its words without names and figures', () => {
  for (const [detail, kind] of [
    ['connect ECONNREFUSED 127.0.0.1:25432', 'ECONNREFUSED'],
    ['database "shop" does not exist (3D000)', '3D000'],
    ['the database system is starting up (57P03); it answers but takes no sessions yet', '57P03'],
    ['503 Service Unavailable (expected 2xx)', '503'],
    ['Access denied (ER_ACCESS_DENIED_ERROR)', 'ER_ACCESS_DENIED_ERROR'],
  ] as const)
    assert.equal(errorKind(detail), kind);
  assert.equal(errorKind('no answer within 5 s'), errorKind('no answer within 2.5 s'));
  assert.equal(errorKind('role "a" may not log in'), errorKind('role "b" may not log in'));
  assert.notEqual(errorKind('no answer within 5 s'), errorKind('the server closed the connection'));
});

test('another error is told at once, and one that goes back and forth ever more rarely', () => {
  const said = { detail: 'connect ECONNREFUSED 127.0.0.1:1', at: 0 };
  assert.equal(saysAnother(said, 'connect ECONNREFUSED [::1]:1', 0, minuteMs), false);
  assert.equal(saysAnother(said, 'no such database (3D000)', 0, 10_000), true);
  let [detail, at, told] = [said.detail, 0, 0];
  for (let now = 10_000; now <= 120 * minuteMs; now += 10_000) {
    const next = now % 20_000 === 0 ? 'read ECONNRESET' : 'connect ECONNREFUSED 127.0.0.1:1';
    if (!saysAnother({ detail, at }, next, 0, now)) continue;
    [detail, at, told] = [next, now, told + 1];
  }
  assert.ok(told > 5 && told < 20, `told ${told} times in two hours`);
});
