/** Every diagnosis, with nothing to see. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Evidence } from '../../src/core/evidence.ts';
import type { BoundTarget } from '../../src/core/system.ts';
import { systems } from '../../src/systems/index.ts';
import { blackHole, closedPort, type Place } from '../servers/black-hole.ts';
import { bind, endsWithin, investigation, secret } from './targets.ts';

const allowedMs = 1_000;
const graceMs = 15_000;

function frozen(evidence: readonly Evidence[]): readonly Evidence[] {
  const freeze = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    Object.freeze(value);
    for (const inner of Object.values(value)) freeze(inner);
  };
  freeze(evidence);
  return evidence;
}

for (const system of systems.filter((one) => one.diagnoses.length > 0)) {
  for (const [name, open] of [
    ['a place that never answers', blackHole],
    ['a closed port', closedPort],
  ] as const) {
    describe(`${system.kind} at ${name}`, () => {
      let place: Place;
      let bound: BoundTarget;
      before(async () => {
        place = await open();
        bound = bind(system, place.port);
      });
      after(async () => {
        await endsWithin(graceMs, 'close', bound.close());
        await place.stop();
      });

      for (const { id } of system.diagnoses) {
        test(`${id} tells what it could not see, and concludes the same each time`, async () => {
          const diagnosis = bound.diagnoses.find((one) => one.id === id);
          assert.ok(diagnosis);
          const ctx = investigation(AbortSignal.timeout(allowedMs));
          const gathered = await endsWithin(allowedMs + graceMs, id, diagnosis.gather('it', ctx));
          const ids = gathered.map((one) => one.id);
          assert.equal(new Set(ids).size, ids.length, 'ids of evidence are unique');
          for (const { title, how, at } of gathered) {
            assert.ok(title.length > 0 && how.length > 0, 'evidence has a title and a way to repeat it');
            assert.ok(Number.isInteger(at), `${at} is no moment`);
          }
          const evidence = frozen(gathered);
          const findings = diagnosis.conclude(evidence, 'it');
          assert.deepEqual(diagnosis.conclude(evidence, 'it'), findings);
          for (const finding of findings) {
            assert.equal(finding.id, id);
            assert.ok(finding.confidence >= 0 && finding.confidence <= 1, `confidence ${finding.confidence}`);
            for (const cited of finding.evidence) assert.ok(ids.includes(cited), `${cited} was not gathered`);
          }
          assert.ok(!JSON.stringify([gathered, findings]).includes(secret), 'a secret is in the evidence');
        });
      }
    });
  }
}

for (const system of systems) {
  for (const { id } of system.diagnoses) {
    test(`${id} concludes nothing from nothing`, async () => {
      const bound = bind(system, 1);
      const diagnosis = bound.diagnoses.find((one) => one.id === id);
      assert.deepEqual(diagnosis?.conclude([], 'it'), []);
      await bound.close();
    });
  }
}
