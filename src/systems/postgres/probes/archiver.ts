import type { Missing, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { observe, type PostgresConnection } from '../client.ts';
import type { Query } from '../session.ts';
import { grantMonitor } from '../visibility.ts';

interface Archiver {
  readonly user: string;
  readonly archived: number;
  readonly failed: number;
  readonly failing: boolean;
  readonly failed_wal: string | null;
  readonly unarchived: number | null;
  readonly readable: boolean;
}

/**
 * A segment's name is timeline, log and segment, eight hexadecimal digits each; history and backup files have other
 * forms. Only what runs here is asked: on a standby the archiver waits unless archive_mode is always.
 */
const archiverSql = `
WITH s AS (SELECT *, last_archived_wal ~ '^[0-9A-F]{24}$' AS is_segment FROM pg_stat_archiver)
SELECT current_user::text AS user, archived_count::float8 AS archived, failed_count::float8 AS failed,
       coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) AS failing,
       last_failed_wal AS failed_wal,
       has_function_privilege('pg_ls_archive_statusdir()', 'EXECUTE') AS readable,
       CASE WHEN is_segment AND NOT pg_is_in_recovery() THEN greatest(0, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')
         - (('x' || substr(last_archived_wal, 9, 8))::bit(32)::bigint * 4294967296
         + (('x' || substr(last_archived_wal, 17, 8))::bit(32)::bigint + 1)
           * pg_size_bytes(current_setting('wal_segment_size'))))::float8 END AS unarchived
  FROM s
 WHERE current_setting('archive_mode') = 'always'
    OR (current_setting('archive_mode') = 'on' AND NOT pg_is_in_recovery())`;

const backlogMetrics = ['postgres.archiver.backlog', 'postgres.archiver.oldest_age'] as const;

export const archiver: Probe<PostgresConnection> = {
  id: 'postgres.archiver',
  summary: 'Whether finished WAL gets to the archive, and how old the oldest is that has not',
  atMostEveryMs: 15_000,
  metrics: {
    'postgres.archiver.archived': { summary: 'WAL files archived', unit: 'count', kind: 'counter' },
    'postgres.archiver.failed': { summary: 'Failed attempts to archive', unit: 'count', kind: 'counter' },
    'postgres.archiver.failing': {
      summary: '1 while the last attempt failed and none has succeeded since; nothing where archiving is off',
      unit: 'state',
      kind: 'gauge',
    },
    'postgres.archiver.backlog': {
      summary: 'Finished WAL files that wait to be archived',
      unit: 'count',
      kind: 'gauge',
    },
    'postgres.archiver.oldest_age': {
      summary: 'How long the oldest finished WAL file has waited; 0 when none waits',
      unit: 'seconds',
      kind: 'gauge',
    },
    'postgres.archiver.unarchived_bytes': {
      summary: 'WAL written after the end of the last archived file, the unfinished one included',
      unit: 'bytes',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (query) => {
      const [row] = await query<Archiver>(archiverSql);
      if (row === undefined) return { readings: [] };
      const readings: Reading[] = [
        { metric: 'postgres.archiver.archived', value: row.archived },
        { metric: 'postgres.archiver.failed', value: row.failed },
        { metric: 'postgres.archiver.failing', value: row.failing ? 1 : 0 },
      ];
      if (row.unarchived !== null) {
        readings.push({ metric: 'postgres.archiver.unarchived_bytes', value: row.unarchived });
      }
      const waiting = row.readable ? await backlog(query) : { readings: [], missing: hidden(row.user) };
      return {
        ...(row.failing ? { detail: `archiving ${row.failed_wal ?? 'WAL'} failed` } : {}),
        readings: [...readings, ...waiting.readings],
        missing: waiting.missing,
      };
    }),
};

/** An archive command that hangs makes no failure, so only the age of what waits tells of it. */
async function backlog(query: Query): Promise<{ readings: Reading[]; missing: Missing[] }> {
  const [row] = await query<{ waiting: number; age: number | null }>(
    `SELECT count(*)::int AS waiting, extract(epoch FROM clock_timestamp() - min(modification))::float8 AS age
       FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'`,
  );
  return {
    readings: [
      { metric: 'postgres.archiver.backlog', value: row?.waiting ?? 0 },
      { metric: 'postgres.archiver.oldest_age', value: Math.max(0, row?.age ?? 0) },
    ],
    missing: [],
  };
}

function hidden(user: string): Missing[] {
  const reason = `role ${user} may not see which WAL waits to be archived`;
  return [{ metrics: backlogMetrics, reason, remedy: grantMonitor(user) }];
}
