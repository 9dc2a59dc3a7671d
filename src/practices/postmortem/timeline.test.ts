import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toldOf } from '../../core/journal-words.ts';
import type { JournalEntry } from '../../core/view.ts';
import { tell } from './timeline.ts';

const entry = (seq: number, kind: string, payload: JournalEntry['payload']): JournalEntry => {
  const about = { actor: 'upkeep', kind, payload };
  return { seq, at: seq * 1_000, subject: 'incident:i', hash: '', ...about, told: toldOf(about) };
};
const fired = (many: number, from: number) =>
  Array.from({ length: many }, (_, index) =>
    entry(from + index, 'alert.fired', { rule: 'http.down', target: `web-${index + 1}`, summary: 'is down' }),
  );

test('a hundred alerts of one rule are one row at the time of the first, and what came between stays where it was', () => {
  const { told, isFolded } = tell([
    ...fired(1, 1),
    entry(2, 'incident.acknowledged', {}),
    ...fired(100, 3),
    entry(200, 'postmortem.edited', {}),
  ]);
  assert.deepEqual(
    told.map(({ at }) => at),
    [1_000, 2_000, 3_000],
  );
  assert.equal(told.at(-1)?.what, 'Alert fired: 100 × http.down on web-1, web-2, web-3 and 97 more');
  assert.equal(isFolded, true);
});

test('few alerts are each told', () => {
  const { told, isFolded } = tell(fired(4, 1));
  assert.equal(told.length, 4);
  assert.match(told[0]?.what ?? '', /http\.down fired on web-1/);
  assert.equal(isFolded, false);
});
