import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Level } from '../severity.ts';
import { levelAfter, recoveryHold, wellUntil } from './conduct.ts';
import { reopening } from './reopen.ts';
import { fillTemplate, placeholders, updateTemplates, usualStatus } from './update.ts';

const minute = 60_000;

test('the hold doubles with each return, up to the window of reopening, and never falls below what is configured', () => {
  const hold = (reopened: number, recoverForMs = minute, reopenWithinMs = 15 * minute) =>
    recoveryHold({ recoverForMs, reopenWithinMs }, { reopened }) / minute;
  assert.deepEqual(
    [0, 1, 2, 3, 4, 99].map((times) => hold(times)),
    [1, 2, 4, 8, 15, 15],
  );
  assert.equal(hold(1, 0), 2);
  assert.equal(hold(3, 20 * minute), 20);
  assert.equal(hold(5, minute, 0), 1);
});

test('an incident is well until its hold has passed; what fires, and what people declared, has no such time', () => {
  const settings = { recoverForMs: minute, reopenWithinMs: 15 * minute };
  assert.equal(wellUntil({ wellSince: null }, settings), null);
  assert.equal(wellUntil({ wellSince: 1_000 }, settings), 1_000 + minute);
  assert.equal(wellUntil({ wellSince: 1_000, conduct: { reopened: 2 } }, settings), 1_000 + 4 * minute);
  assert.equal(wellUntil({ wellSince: 1_000, conduct: { declaredBy: 'ann' } }, settings), null);
});

test('a level only rises by itself, and one set by hand only for something new, or graver than fired then', () => {
  const alert = (fingerprint: string, level: Level, firedAt: number) =>
    ({ fingerprint, level, firedAt, state: 'firing' }) as const;
  assert.equal(levelAfter({ level: 'high' }, [alert('web', 'medium', 5)]), 'high');
  assert.equal(levelAfter({ level: 'high' }, [alert('web', 'critical', 5)]), 'critical');
  assert.equal(levelAfter({ level: 'high' }, []), 'high');
  const levelSet = { by: 'anna', at: 10, reason: '', alertsWere: 'high' as const };
  const low = { level: 'low', conduct: { levelSet } } as const;
  const before = alert('web', 'high', 5);
  assert.equal(levelAfter(low, [before]), 'low');
  assert.equal(
    levelAfter(low, [{ ...before, state: 'resolved' }, alert('web', 'high', 20)]),
    'low',
    'it is back',
  );
  assert.equal(levelAfter(low, [before, alert('web', 'critical', 20)]), 'critical');
  assert.equal(levelAfter(low, [before, alert('db', 'high', 20)]), 'high', 'nobody judged the new one');
});

test('what comes back opens the newest that it led, never one that was merged, is old, or that something else led', () => {
  const ended = (id: string, lead: string, resolvedAt: number, isMerged = false) => ({
    ...{ id, lead, resolvedAt, isMerged, symptoms: [{ rule: 'toy.down', target: lead }] },
  });
  const all = [
    ended('old', 'db', 10),
    ended('new', 'db', 20),
    ended('other', 'cache', 30),
    ended('merged', 'db', 40, true),
  ];
  const found = (target: string, now = 50, within = 45) => {
    const again = reopening({ rule: 'toy.down', target }, all, now, within);
    return again.kind === 'reopen' ? again.incidentId : null;
  };
  assert.deepEqual([found('db'), found('cache'), found('web')], ['new', 'other', null]);
  assert.equal(found('db', 50, 25), null);
  assert.equal(found('db', 50, 0), null);
  assert.deepEqual(reopening({ rule: 'toy.full', target: 'db' }, all, 50, 45), {
    ...{ kind: 'new', reason: 'toy.full fired in no incident of db that ended lately' },
  });
});

test('a text has every placeholder filled, and one that there is not is told', () => {
  const values = Object.fromEntries(placeholders.map((name) => [name, `<${name}>`])) as Record<
    (typeof placeholders)[number],
    string
  >;
  for (const text of Object.values(updateTemplates)) {
    const filled = fillTemplate(text, values);
    assert.ok(filled.kind === 'filled' && !/[{}]/.test(filled.text), text);
  }
  assert.deepEqual(fillTemplate('{{x} {cause}', values), { kind: 'filled', text: '{x} <cause>' });
  assert.deepEqual(fillTemplate('{x} {__proto__} {toString}', values), {
    kind: 'unknown',
    names: ['x', 'toString'],
  });
});

test('the usual state for those outside', () => {
  const at = (status: string, confidence?: number) =>
    usualStatus({ status, findings: confidence === undefined ? [] : [{ confidence }] });
  assert.deepEqual(
    [at('open'), at('open', 0.5), at('acknowledged', 0.9), at('mitigated', 0.9), at('resolved')],
    ['investigating', 'investigating', 'identified', 'monitoring', 'resolved'],
  );
});
