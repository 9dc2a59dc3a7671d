import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withReadableTimes } from './evidence.ts';

test('moments are written for people, in facts and tables; other numbers stay', () => {
  const at = 1_790_000_000_000;
  const written = withReadableTimes(
    {
      id: 'db.x',
      target: 'db',
      title: 'x',
      at,
      how: 'x',
      facts: { since: at, seenAt: at, at, residentBytes: at, format: at, pid: 812, endedAt: null },
      table: { columns: ['pid', 'startedAt'], rows: [[812, at]] },
    },
    (moment) => `<${moment}>`,
  );
  const moment = `<${at}>`;
  assert.deepEqual(written.facts, {
    since: moment,
    seenAt: moment,
    at: moment,
    residentBytes: at,
    format: at,
    pid: 812,
    endedAt: null,
  });
  assert.deepEqual(written.table?.rows, [[812, moment]]);
  assert.equal(written.at, at);
});
