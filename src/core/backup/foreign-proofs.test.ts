import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Look } from './engine.ts';
import type { Evidence } from './evidence.ts';
import { foreignProofWords, isAbout } from './foreign-proofs.ts';

const evidence = (at: number, level: Look['level'], good = true): Evidence => ({
  statement: {
    ...{ format: 1, upkeep: '0', signedAt: at },
    backup: {
      ...{ id: 'b', plan: 'shop', target: 'db', engine: 'e', repository: 'local', label: null, kind: 'full' },
      ...{ startedAt: 0, endedAt: 1, bytes: 1, manifest: 'sum' },
    },
    proof: {
      ...{ id: `p${at}`, backup: 'b', at, isGood: good, restoredInMs: 1, restoredWith: 'x' },
      level: good ? level : null,
      looks: [{ level, good, detail: 'as seen', tookMs: 1 }],
    },
  },
  publicKey: '0123456789abcdef',
  signature: '',
});
const words = (...signed: Evidence[]) => foreignProofWords({ signed, ownKey: 'own' }, (at) => `moment ${at}`);

test('what another proved is told with its moment, level and key, and never as a proof of ours', () => {
  assert.equal(words(), 'never proven by this Upkeep, and no evidence of another lies beside it');
  assert.equal(
    words(evidence(5, 5), evidence(9, 1)),
    'proven by another Upkeep on moment 5, level 5 (content holds); signed with key 0123456789ab…, which is not known here; not by this one yet',
  );
  assert.match(
    words(evidence(5, 5), evidence(9, 1, false)),
    /^another Upkeep found it not good on moment 9 at level 1/,
  );
  assert.match(
    foreignProofWords({ signed: [evidence(5, 5)], ownKey: '0123456789abcdef' }, String),
    /signed with our own key/,
  );
});

test('evidence of another backup, or of other content, says nothing', () => {
  const of = { ids: ['b'], manifest: 'sum' };
  assert.equal(isAbout(evidence(1, 5), of), true);
  assert.equal(isAbout(evidence(1, 5), { ...of, ids: ['c'] }), false);
  assert.equal(isAbout(evidence(1, 5), { ...of, manifest: 'other' }), false);
});
