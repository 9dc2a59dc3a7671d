import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concluded, recordings } from '../../../../test/recorded-evidence.ts';
import { targetName, tryTarget } from '../../../../test/try-target.ts';
import type { Evidence } from '../../../core/evidence.ts';
import { nginx } from '../index.ts';

const kept = recordings(new URL('./recorded', import.meta.url).pathname);

test('evidence is kept of faults and of decoys', () => {
  assert.ok(kept.some(({ findings }) => findings.length > 0));
  assert.ok(kept.some(({ findings }) => findings.length === 0));
});

for (const { name, diagnosis: id, evidence, findings } of kept) {
  test(`${name}: the same is concluded as on the day`, () => {
    const target = tryTarget(nginx, { url: 'http://127.0.0.1:1/' });
    const diagnosis = target.bound.diagnoses.find((one) => one.id === id);
    assert.ok(diagnosis, `there is no diagnosis ${id}`);
    assert.deepEqual(concluded(diagnosis.conclude(evidence, targetName)), findings);
  });
}

test('to mark down the server that fails is advised only where another takes its requests', () => {
  const { evidence, diagnosis: id } =
    kept.find(({ name }) => name.startsWith('one-of-two-bad')) ?? assert.fail();
  const { bound } = tryTarget(nginx, { url: 'http://127.0.0.1:1/' });
  const diagnosis = bound.diagnoses.find((one) => one.id === id) ?? assert.fail();
  const advice = (
    rows: (all: NonNullable<Evidence['table']>['rows']) => NonNullable<Evidence['table']>['rows'],
  ) => {
    const pieces = evidence.map((piece) =>
      piece.id.endsWith('.by-upstream') && piece.table
        ? { ...piece, table: { ...piece.table, rows: rows(piece.table.rows) } }
        : piece,
    );
    return diagnosis.conclude(pieces, targetName)[0]?.explanation ?? assert.fail();
  };
  assert.match(
    advice((all) => all),
    /can be marked down/,
  );
  const alone = advice((all) => all.filter(([, , failed]) => failed !== 0));
  assert.match(alone, /there is no other to compare it with\. .*Look at its log\.$/);
  assert.doesNotMatch(alone, /marked down/);
});
