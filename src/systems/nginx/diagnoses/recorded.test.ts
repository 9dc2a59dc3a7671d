import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concluded, recordings } from '../../../../test/recorded-evidence.ts';
import { targetName, tryTarget } from '../../../../test/try-target.ts';
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
