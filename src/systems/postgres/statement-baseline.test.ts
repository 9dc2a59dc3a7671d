import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Baseline, type Totals, timesOf } from './statement-baseline.ts';

const minute = 60_000;

/** Looks every five minutes; `mean` of a statement in milliseconds by its turn, with so many calls each. */
function watch(turns: readonly { mean: number; calls?: number; other?: number }[]) {
  const baseline: Baseline = { means: new Map(), from: undefined };
  let then: Totals = new Map();
  const judged = turns.map(({ mean, calls = 200, other = 0 }, turn) => {
    const add = (id: string, more: number, each: number) => {
      const before = then.get(id) ?? { calls: 0, seconds: 0 };
      return [id, { calls: before.calls + more, seconds: before.seconds + (more * each) / 1_000 }] as const;
    };
    const now: Totals = new Map([add('a', calls, mean), add('b', 100_000, other)]);
    const found = timesOf(then, now, baseline, turn * 5 * minute);
    then = now;
    return found;
  });
  const last = judged.at(-1);
  assert.ok(last);
  return last;
}

const usual = Array.from({ length: 12 }, () => ({ mean: 60 }));

test('a statement that takes four times its usual time has regressed by four', () => {
  const { regressed, isKnown } = watch([...usual, { mean: 240 }]);
  assert.equal(isKnown, true);
  assert.deepEqual(
    regressed.map(({ id, value, detail }) => [id, Math.round(value), detail]),
    [['a', 4, '240 ms, 60 ms before']],
  );
});

test('few runs, few milliseconds, or too little known is no regression', () => {
  assert.deepEqual(watch([...usual, { mean: 240, calls: 19 }]).regressed, []);
  const quick = usual.map(() => ({ mean: 2 }));
  assert.deepEqual(watch([...quick, { mean: 40 }]).regressed, []);
  const young = watch([{ mean: 60 }, { mean: 60 }, { mean: 240 }]);
  assert.deepEqual([young.regressed, young.isKnown], [[], false]);
});

test('one bad look does not become usual, and a steady new time does in the end', () => {
  assert.equal(watch([...usual, { mean: 240 }, { mean: 240 }, { mean: 240 }]).regressed.length, 1);
  const long = Array.from({ length: 40 }, () => ({ mean: 240 }));
  assert.deepEqual(watch([...usual, ...long]).regressed, []);
});

test('a statement is slow only where it takes a tenth of the time and runs a hundred times', () => {
  assert.deepEqual(
    watch([{ mean: 300 }]).slow.map(({ id, value }) => [id, value]),
    [['a', 0.3]],
  );
  assert.deepEqual(watch([{ mean: 300, calls: 99 }]).slow, []);
  // 60 s of a against 1,000 s of b, which is quick and many.
  assert.deepEqual(
    watch([{ mean: 300, other: 10 }]).slow.map(({ id }) => id),
    ['b'],
  );
});
