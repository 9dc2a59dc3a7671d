import assert from 'node:assert/strict';
import { test } from 'node:test';
import { investigation } from '../../test/contracts/targets.ts';
import type { Change } from './change.ts';
import { changesOf } from './change-evidence.ts';

const change = (id: string, target: string | null): Change => ({
  ...{ id, kind: 'other', target, service: null, summary: `${id} was changed`, differences: [], url: null },
  ...{ after: 1, at: 2, source: 'probe', isReported: false },
});

test('changes of the target itself, newest first, with the command that shows them; none is no evidence', () => {
  const ctx = investigation(AbortSignal.timeout(1_000));
  assert.deepEqual(changesOf('db', { ...ctx, changes: [change('a', 'web'), change('b', null)] }), []);
  const [piece] = changesOf('db', {
    ...ctx,
    changes: [change('c', 'db'), change('a', 'web'), change('d', 'db')],
  });
  assert.equal(piece?.how, 'upkeep change list db');
  assert.deepEqual(
    piece?.table?.rows.map(([id]) => id),
    ['c', 'd'],
  );
});
