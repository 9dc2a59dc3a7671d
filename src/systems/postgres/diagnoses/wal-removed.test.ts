import assert from 'node:assert/strict';
import { test } from 'node:test';
import { removedWal, removedWalLines } from './wal-removed.ts';

/** As PostgreSQL 18 writes them. */
const log = [
  '2026-11-24 03:33:01.262 UTC [23931] LOG:  entering standby mode',
  '2026-11-24 03:33:01.269 UTC [23932] FATAL:  could not start WAL streaming: ERROR:  can no longer access replication slot "spare"',
  '\tDETAIL:  This replication slot has been invalidated due to "wal_removed".',
  '2026-11-24 03:33:01.277 UTC [23931] LOG:  waiting for WAL to become available at 0/802000',
];
const now = Date.UTC(2026, 10, 24, 3, 34);

test('a standby whose slot was invalidated is told so, with the slot to drop and make anew before it is rebuilt', () => {
  const lines = removedWalLines(log, now);
  assert.equal(lines.length, 2);
  const found = removedWal(lines.join('\n'));
  assert.equal(
    found?.summary,
    'the standby cannot go on: its slot spare on the upstream was invalidated (wal_removed)',
  );
  assert.match(
    found?.explanation ?? '',
    /SELECT pg_drop_replication_slot\('spare'\).*SELECT pg_create_physical_replication_slot\('spare', true\).*pg_basebackup/,
  );
  const back = [
    ...log,
    '2026-11-24 03:33:40.000 UTC [24001] LOG:  started streaming WAL from primary at 0/8 on timeline 1',
  ];
  assert.deepEqual(removedWalLines(back, now), [], 'its last attempt went well');
  assert.deepEqual(removedWalLines(log, now + 3_600_000), [], 'long ago');
});
