import type { Missing } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { observe, type PostgresConnection, type Seen } from '../client.ts';
import { bytesInWords, listed, told } from '../in-words.ts';
import { isOwn } from '../own-objects.ts';
import type { Query } from '../session.ts';

interface Candidate {
  readonly name: string;
  readonly bytes: number;
  readonly scans: number;
  readonly window_seconds: number | null;
}

interface Server {
  readonly standby: boolean;
  readonly standbys: boolean;
}

const mostRecorded = 50;
const windowDays = 30;
/** J; below it an index costs little whatever it does. */
const fewestBytes = 10 * 1024 ** 2;

/**
 * What never counts, since scans do not show what it is for: unique, primary and exclusion; replica identity; behind
 * a constraint; first columns of a foreign key (deletes of the parent); parts of partitioned indexes; clustered;
 * expression (its statistics serve the planner unscanned); of extensions. The statistics are as old as their
 * last reset, a crash among them: then those of the background writer begin anew.
 */
const candidatesSql = `
SELECT format('%s.%s', n.nspname, c.relname) AS name, pg_relation_size(c.oid)::float8 AS bytes,
       s.idx_scan::float8 AS scans,
       extract(epoch FROM clock_timestamp() - greatest(
         (SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()),
         (SELECT stats_reset FROM pg_stat_bgwriter), (SELECT stats_reset FROM pg_stat_archiver)))::float8 AS window_seconds
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_stat_all_indexes s ON s.indexrelid = i.indexrelid
 WHERE i.indisvalid AND NOT i.indisunique AND NOT i.indisprimary AND NOT i.indisexclusion AND NOT i.indisreplident
   AND NOT i.indisclustered AND i.indexprs IS NULL AND c.relkind = 'i' AND NOT c.relispartition
   AND NOT (SELECT relispartition FROM pg_class WHERE oid = i.indrelid)
   AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
   AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.contype = 'f' AND k.conrelid = i.indrelid AND i.indkey[0] = ANY (k.conkey))
   AND ${isOwn('c')} AND c.relpages >= $1
 ORDER BY c.relpages DESC LIMIT ${mostRecorded}`;

export const unusedIndexes: Probe<PostgresConnection> = {
  id: 'postgres.unused-indexes',
  summary: `Indexes of 10 MiB or more that nobody has read in ${windowDays} days of statistics, and reads of the largest for the record`,
  atMostEveryMs: 900_000,
  metrics: {
    'postgres.indexes.scans': {
      summary: `Scans of an index that no constraint needs, the ${mostRecorded} largest`,
      unit: 'count',
      kind: 'counter',
    },
    'postgres.indexes.unused': {
      summary: `Such indexes without any scan in statistics of ${windowDays} days or more`,
      unit: 'count',
      kind: 'gauge',
    },
    'postgres.indexes.unused_bytes': { summary: 'What they take on disk', unit: 'bytes', kind: 'gauge' },
  },
  run: (conn, ctx) =>
    observe(conn.seldom, ctx, async (query) => {
      const [server] = await query<Server>(
        `SELECT pg_is_in_recovery() AS standby,
                EXISTS (SELECT FROM pg_stat_replication) OR EXISTS (SELECT FROM pg_replication_slots
                  WHERE slot_type = 'physical') AS standbys`,
      );
      return look(query, server ?? { standby: true, standbys: false });
    }),
};

async function look(query: Query, server: Server): Promise<Seen> {
  const rows = await query<Candidate>(candidatesSql, [fewestBytes / 8192]);
  const scans = rows.map(({ name, scans }) => ({
    metric: 'postgres.indexes.scans',
    value: scans,
    labels: { index: name },
  }));
  const idle = rows.filter((row) => row.scans === 0);
  const missing = idle.length === 0 ? [] : whyUnknown(server, idle[0]?.window_seconds ?? null);
  if (server.standby || missing.length > 0) return { readings: scans, missing };
  return {
    readings: [
      ...scans,
      told(
        'postgres.indexes.unused',
        idle.length,
        listed(idle.map(({ name, bytes }) => `${name} (${bytesInWords(bytes)})`)),
      ),
      { metric: 'postgres.indexes.unused_bytes', value: idle.reduce((sum, { bytes }) => sum + bytes, 0) },
    ],
  };
}

function whyUnknown({ standbys }: Server, windowSeconds: number | null): Missing[] {
  const metrics = ['postgres.indexes.unused', 'postgres.indexes.unused_bytes'];
  if (standbys) {
    const reason = 'reads on standbys count there and not here';
    return [{ metrics, reason, remedy: 'compare pg_stat_user_indexes on every standby' }];
  }
  const days = (windowSeconds ?? 0) / 86_400;
  if (days >= windowDays) return [];
  const reason = `statistics are ${days.toFixed(1)} days old; ${windowDays} days are needed`;
  return [{ metrics, reason, remedy: 'wait, and do not call pg_stat_reset()' }];
}
