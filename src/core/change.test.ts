import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Change, differencesBetween, isTakenBack, summaryOfDifferences } from './change.ts';

test('differences are told by name: changed, new and gone', () => {
  assert.deepEqual(differencesBetween({ a: '1', b: '2', c: '3' }, { c: '4', a: '1', d: '5' }), [
    { name: 'b', before: '2', after: null },
    { name: 'c', before: '3', after: '4' },
    { name: 'd', before: null, after: '5' },
  ]);
  assert.deepEqual(differencesBetween({ a: '1' }, { a: '1' }), []);
});

test('what was changed reads as one line, however much it was', () => {
  const differences = differencesBetween({ work_mem: '4MB', ssl: 'on' }, { work_mem: '64kB', jit: 'on' });
  assert.equal(summaryOfDifferences(differences), 'jit new: on; ssl gone (was on); work_mem 4MB -> 64kB');
  const many = differencesBetween(
    {},
    Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`k${i}`, 'v'])),
  );
  assert.equal(summaryOfDifferences(many), 'k0 new: v; k1 new: v; k2 new: v and 6 more');
  const long = differencesBetween({ text: 'x'.repeat(500) }, { text: 'y' });
  assert.ok(summaryOfDifferences(long).length < 200);
});

test('of a password only that it was set, changed or removed is told', () => {
  const before = { app: 'set #00000000', gone: 'set #11111111', old: 'set, role written by transaction 7' };
  const after = { app: 'set #783f4795', new: 'set #22222222', old: 'set, role written by transaction 8' };
  const differences = differencesBetween(before, after);
  assert.equal(
    summaryOfDifferences(differences, 'postgres.passwords'),
    'app: password changed; gone: password removed; new: password set and 1 more',
  );
  assert.equal(
    summaryOfDifferences(differences.slice(3), 'postgres.passwords'),
    'old: password or role changed',
  );
});

test('what puts back what stood at first, and what was put back since, is no suspicion; the same change made again is', () => {
  const step = (id: string, at: number, before: string | null, after: string | null): Change => ({
    ...{ id, kind: 'configuration', target: 'db', service: null, summary: id, after: at - 1, at },
    ...{ source: 'postgres.settings', isReported: false, url: null },
    differences: [{ name: 'work_mem', before, after }],
  });
  const harm = step('1', 10, '4MB', '64kB');
  const back = step('2', 20, '64kB', '4MB');
  const again = step('3', 30, '4MB', '64kB');
  const verdicts = (ledger: readonly Change[]) =>
    ledger.map((one) => isTakenBack(one.differences[0] ?? { name: '', before: '', after: '' }, one, ledger));
  assert.deepEqual(verdicts([harm]), [false]);
  assert.deepEqual(verdicts([back, harm]), [true, true]);
  assert.deepEqual(verdicts([harm, back, again]), [true, true, false]);
  assert.deepEqual(verdicts([harm, step('4', 20, '64kB', '32kB')]), [false, false]);
  assert.deepEqual(verdicts([harm, { ...back, target: 'other' }]), [false, false]);
});
