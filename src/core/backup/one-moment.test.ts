import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planOneMoment } from './one-moment.ts';

const minute = 60_000;
const about = { at: 0, restoredBytes: null, into: ['database'], obstacle: null, steps: [] } as const;
const into = { kind: 'database', name: 'x' } as const;
const lost = (until: number | null) => planOneMoment('a dump', { into, until }, about, 5 * minute).losses[0];

test('what is not in a dump is all that was written since, whatever moment is asked for', () => {
  assert.equal(lost(null), 'what was written since (5 m): such a backup brings back one moment alone');
  assert.equal(
    lost(2 * minute),
    'what was written since (5 m): such a backup brings back one moment alone, 2 m before the one that you chose',
  );
});
