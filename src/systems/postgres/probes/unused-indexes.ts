import type { Probe, ProbeContext } from '../../../core/system.ts';
import { observe, type PostgresConnection, type Seen } from '../client.ts';
import { bytesInWords, listed, told } from '../in-words.ts';
import { isOwn } from '../own-objects.ts';
import type { Query } from '../session.ts';

interface Candidate {
  readonly name: string;
  readonly bytes: number;
  readonly scans: number;
}

interface Server {
  readonly standby: boolean;
  readonly standbys: boolean;
}

const mostRecorded = 50;
const windowDays = 30;
const dayMs = 86_400_000;
/** J; below it an index costs little whatever it does. */
const fewestBytes = 10 * 1024 ** 2;

/**
 * What never counts, since scans do not show what it is for: unique, primary and exclusion; replica identity; behind
 * a constraint; first columns of a foreign key (deletes of the parent); parts of partitioned indexes; clustered;
 * expression (its statistics serve the planner unscanned); of extensions.
 */
const candidatesSql = `
SELECT format('%s.%s', n.nspname, c.relname) AS name, pg_relation_size(c.oid)::float8 AS bytes,
       s.idx_scan::float8 AS scans
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
  summary: `Indexes of 10 MiB or more that nobody has read in ${windowDays} recorded days, and reads of the largest for the record`,
  atMostEveryMs: 900_000,
  metrics: {
    'postgres.indexes.scans': {
      summary: `Scans of an index that no constraint needs, the ${mostRecorded} largest`,
      unit: 'count',
      kind: 'counter',
    },
    'postgres.indexes.unused': {
      summary: `Such indexes without any scan in ${windowDays} recorded days`,
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
      return look(query, server ?? { standby: true, standbys: false }, ctx);
    }),
};

/**
 * The server's own counts say nothing of when: nine million scans may lie before the last ninety days, and an index
 * without any may be of yesterday. What Upkeep recorded knows both.
 */
async function look(query: Query, server: Server, ctx: ProbeContext): Promise<Seen> {
  const rows = await query<Candidate>(candidatesSql, [fewestBytes / 8192]);
  const scans = rows.map(({ name, scans }) => ({
    metric: 'postgres.indexes.scans',
    value: scans,
    labels: { index: name },
  }));
  if (server.standby) return { readings: scans };
  if (rows.length > 0 && server.standbys) {
    return { readings: scans, missing: [{ metrics: judged, ...readElsewhere }] };
  }
  const records = rows.length === 0 ? [] : await recordsOf(ctx);
  const known = rows.filter(({ name }) => records.some((one) => one.index === name && one.isWhole));
  if (rows.length > 0 && known.length === 0) {
    const reason = `reads of indexes must be recorded for ${windowDays} days first`;
    return { readings: scans, missing: [{ metrics: judged, reason, remedy: 'wait; nothing is to be done' }] };
  }
  const idle = known.filter(({ name }) => records.some((one) => one.index === name && !one.isRead));
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

const judged = ['postgres.indexes.unused', 'postgres.indexes.unused_bytes'];
const readElsewhere = {
  reason: 'reads on standbys count there and not here',
  remedy: 'compare pg_stat_user_indexes on every standby',
};

interface IndexRecord {
  readonly index: string;
  /** Known at the beginning of the window, so it was there. */
  readonly isWhole: boolean;
  readonly isRead: boolean;
}

async function recordsOf(ctx: ProbeContext): Promise<IndexRecord[]> {
  const begin = ctx.clock.now() - windowDays * dayMs;
  const kept = (await ctx.recorded?.('postgres.indexes.scans', begin - dayMs)) ?? [];
  return kept.map(({ labels, points }) => ({
    index: labels.index ?? '',
    isWhole: points.some(({ at }) => at <= begin),
    isRead: points.some(({ value }) => value > 0),
  }));
}
