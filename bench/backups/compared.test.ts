import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Compared, verdict } from './compared.ts';

const take = (tool: string, ours: number[], hand = [1_000, 1_000, 1_000]): Compared => ({
  ...{ what: 'take', tool },
  times: new Map([
    ['ours', ours],
    ['by hand', hand],
  ]),
});

test('an aim is met, missed in every round, or not decided by rounds of a busy machine', () => {
  const said = (...compared: Compared[]) => verdict(compared, 'by hand');
  assert.equal(said(take('a', [900, 1_020, 2_000])), 'met (median 1.02x)');
  assert.equal(
    said(take('a', [1_000, 1_000, 1_000]), take('b', [1_100, 1_200, 1_300])),
    'missed by take: b 1.20x (1.10 to 1.30); median of all 1.00x',
  );
  assert.match(
    said(take('c', [700, 1_500, 2_300])),
    /^undecided, since rounds lie on both sides: take: c 1\.50x \(0\.700 to 2\.30\); median/,
  );
  assert.equal(verdict([take('a', [1])], 'bare'), 'nothing was compared');
});
