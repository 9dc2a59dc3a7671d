import {
  type Confirmed,
  type Heartbeat,
  newestHistory,
  recoveryPoint,
  withBeat,
} from '../../../core/backup/rpo.ts';
import { type Labels, labelKey, type Reading } from '../../../core/sample.ts';
import type { Probe, ProbeContext } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import { type LogEnds, readLogEnds, severalBehind } from '../backups/pgbackrest-log.ts';
import { segmentOf, withoutHeader } from '../backups/segments.ts';
import { observe, type PostgresConnection } from '../client.ts';
import { told } from '../in-words.ts';
import type { Query } from '../session.ts';
import { type FoundLogs, type LogOfPlan, logsByPlan } from './kept-logs.ts';

interface Row {
  readonly lsn: number;
  readonly writes: number;
  readonly segment: number;
  readonly archives: boolean;
  readonly name: string | null;
  readonly archivedAt: number | null;
  readonly command: string;
}

/**
 * Transactions that have ended: all numbers given out less those that run. A standby has no log of its own. The file that
 * was archived last may be a backup's label or a history.
 */
const positionSql = `
SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 AS lsn,
       pg_snapshot_xmax(snapshot)::text::float8 - (SELECT count(*) FROM pg_snapshot_xip(snapshot)) AS writes,
       pg_size_bytes(current_setting('wal_segment_size'))::float8 AS segment,
       current_setting('archive_mode') <> 'off' AS archives,
       current_setting('archive_command') AS command, last_archived_wal AS name, (extract(epoch FROM last_archived_time) * 1000)::float8 AS "archivedAt"
  FROM pg_stat_archiver, pg_current_snapshot() AS snapshot
 WHERE NOT pg_is_in_recovery()`;

/** Our own slots also while nobody reads them: then what they confirmed grows old. */
const slotsSql = `
SELECT s.slot_name::text AS name, coalesce(pg_wal_lsn_diff(s.restart_lsn, '0/0'), 0)::float8 AS lsn
  FROM pg_replication_slots s LEFT JOIN pg_stat_replication r ON r.pid = s.active_pid
 WHERE s.slot_type = 'physical' AND (s.slot_name LIKE 'upkeep\\_%' OR r.application_name = 'pg_receivewal')`;

interface Memory {
  beats: readonly Heartbeat[];
  /** By plan and repository. */
  readonly confirmed: Map<string, { readonly labels: Labels; readonly confirmed: Confirmed }>;
  readonly repositories: { askedAt: number; isAsking: boolean; ends: LogEnds };
}

const memories = new WeakMap<PostgresConnection, Memory>();
/** The span that a restore to any moment is tried in. */
const keptMs = 86_400_000;

const names = {
  lsn: 'postgres.recovery_point.lsn',
  transactions: 'postgres.recovery_point.transactions',
  confirmed: 'postgres.recovery_point.confirmed',
} as const;

export const recoveryPointProbe: Probe<PostgresConnection> = {
  id: 'postgres.recovery-point',
  summary:
    'What would be lost now: heartbeats kept outside the database against the log that each repository has',
  atMostEveryMs: 30_000,
  metrics: {
    'postgres.recovery_point.age': {
      summary:
        'Age of the newest moment that could be restored from this repository of the log: the archive (each of several repositories of pgBackRest), or who reads from a slot; of each backup that keeps a log its own',
      unit: 'seconds',
      kind: 'gauge',
    },
    'postgres.recovery_point.pending': {
      summary: 'Log written that this repository has not confirmed; some is there on an idle server too',
      unit: 'bytes',
      kind: 'gauge',
    },
    'postgres.recovery_point.objective': {
      summary:
        'What may be lost: the rpo of the backup whose log it is; nothing of a log that is no backup of Upkeep',
      unit: 'seconds',
      kind: 'gauge',
    },
    [names.lsn]: { summary: 'Heartbeat: log written so far', unit: 'bytes', kind: 'gauge' },
    [names.transactions]: {
      summary: 'Heartbeat: transactions that have ended',
      unit: 'count',
      kind: 'gauge',
    },
    [names.confirmed]: {
      summary: 'End of the log that this repository has',
      unit: 'bytes',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (query) => {
      // What is kept says the same as what is remembered here, also where the server was long in answering.
      const at = ctx.at ?? ctx.clock.now();
      const [row] = await query<Row>(positionSql);
      if (row === undefined) return { readings: [] };
      const memory = memories.get(conn) ?? (await remembered(ctx, row.segment));
      // A look that ran out of time may end after a later one: what that has learned stands.
      ctx.signal.throwIfAborted();
      memories.set(conn, memory);
      ask(memory, row, ctx);
      const found = await confirmedBy(row, memory, query);
      ctx.signal.throwIfAborted();
      const before = [...memory.confirmed.values()].map(({ labels }) => labels);
      const logs = logsByPlan(found, ctx.keptLogs?.(), before);
      if (logs.length === 0) return { readings: [], detail: 'no log is kept outside the server' };
      const beat = { at, lsn: withoutHeader(row.lsn), writes: row.writes };
      memory.beats = withBeat(memory.beats, beat, keptMs);
      // The server went back in its log, or we know nothing of it yet.
      if (memory.beats.length === 1) forgetPlaces(memory);
      const readings = logs.flatMap((log) => judge(memory, log, at));
      return { readings: [...readings, ...heartbeat(beat), ...objectives(logs, ctx)] };
    }),
};

const askEveryMs = 60_000;
const answerWithinMs = 45_000;

/** Buckets are slower than a check may be: asked beside it, and told by the next one. */
function ask({ repositories }: Memory, { command, segment }: Row, { clock }: ProbeContext): void {
  const several = severalBehind(command);
  if (several === null) repositories.ends = new Map();
  if (several === null || repositories.isAsking || clock.now() - repositories.askedAt < askEveryMs) return;
  Object.assign(repositories, { askedAt: clock.now(), isAsking: true });
  const stop = new AbortController();
  const cancel = clock.after(answerWithinMs, () => stop.abort(new Error('no answer')));
  // One that does not answer stands where it was, and so grows old.
  const tell = (name: string, end: number) => {
    repositories.ends = new Map([...repositories.ends, [name, end]]);
  };
  readLogEnds(several, segment, tell, { signal: stop.signal, clock })
    .catch(() => {})
    .finally(() => {
      cancel();
      repositories.isAsking = false;
    });
}

async function confirmedBy(row: Row, { repositories: { ends } }: Memory, query: Query): Promise<FoundLogs> {
  const segmentBytes = row.segment;
  const archived = new Map<string, Confirmed>();
  for (const [name, lsn] of row.archives ? ends : [])
    archived.set(name, { lsn, at: row.archivedAt, segmentBytes });
  if (row.archives && ends.size === 0) {
    const segment = row.name === null ? null : segmentOf(row.name, segmentBytes);
    const lsn = segment === null ? 0 : (segment.number + 1) * segmentBytes;
    archived.set('archive', { lsn, at: row.archivedAt, segmentBytes });
  }
  const slots = await query<{ name: string; lsn: number }>(slotsSql);
  const received = new Map(slots.map(({ name, lsn }) => [name, { lsn, at: null, segmentBytes }]));
  return { archived, received, archiveCommand: row.command };
}

/** Whose logs there are stays known: one that the server hands no log to any more must be told of, not left out. */
function forgetPlaces({ confirmed: known }: Memory): void {
  for (const [key, { labels, confirmed }] of known)
    known.set(key, { labels, confirmed: { ...confirmed, lsn: 0, at: null } });
}

/** A crash of the server forgets what was archived, and a label of a backup names an older file: the farthest counts. */
function judge(memory: Memory, { labels, confirmed: now, rpoMs }: LogOfPlan, at: number): Reading[] {
  const key = labelKey(labels);
  const before = memory.confirmed.get(key)?.confirmed;
  const isFarther = before !== undefined && (now === null || before.lsn > now.lsn);
  const farthest = isFarther ? { ...before, at: now?.at ?? before.at } : now;
  if (farthest === null) return [];
  memory.confirmed.set(key, { labels, confirmed: farthest });
  const point = recoveryPoint(memory.beats, farthest, at);
  if (point === null) return [];
  return [
    told('postgres.recovery_point.age', point.ageMs / 1_000, inWords(labels, point.ageMs, rpoMs), labels),
    { metric: 'postgres.recovery_point.pending', value: point.pending, labels },
    { metric: names.confirmed, value: farthest.lsn, labels },
  ];
}

function heartbeat({ lsn, writes }: Heartbeat): Reading[] {
  return [
    { metric: names.lsn, value: lsn },
    { metric: names.transactions, value: writes },
  ];
}

function inWords({ plan, repository = '' }: Labels, ageMs: number, rpoMs: number | null): string {
  if (plan === undefined || rpoMs === null) return '';
  return `backup ${plan}: ${formatDuration(ageMs)} would be lost now by its log in ${repository}; no more than ${formatDuration(rpoMs)} may be`;
}

/** Each log against the objective of its plan; where nobody says the plans, all against the shortest. */
function objectives(logs: readonly LogOfPlan[], { keptLogs, mayLoseMs }: ProbeContext): Reading[] {
  const metric = 'postgres.recovery_point.objective';
  const shortest = keptLogs ? undefined : mayLoseMs?.();
  if (shortest !== undefined) return [{ metric, value: shortest / 1_000 }];
  return logs.flatMap(({ labels, rpoMs }) =>
    rpoMs === null ? [] : [{ metric, value: rpoMs / 1_000, labels }],
  );
}

/** After a start, what was kept of the last day. */
async function remembered({ kept, clock }: ProbeContext, segmentBytes: number): Promise<Memory> {
  const from = clock.now() - keptMs;
  const read = async (metric: string) => (await kept?.(metric, from)) ?? [];
  const [lsns, transactions, confirmed] = await Promise.all([
    read(names.lsn),
    read(names.transactions),
    read(names.confirmed),
  ]);
  const writes = new Map(transactions.flatMap(({ points }) => points.map(({ at, value }) => [at, value])));
  const beats = lsns
    .flatMap(({ points }) => points)
    .flatMap(({ at, value }): Heartbeat[] => {
      const ended = writes.get(at);
      return ended === undefined ? [] : [{ at, lsn: value, writes: ended }];
    });
  return {
    beats: newestHistory(beats),
    repositories: { askedAt: Number.NEGATIVE_INFINITY, isAsking: false, ends: new Map() },
    confirmed: new Map(
      confirmed.flatMap(({ labels, points }) => {
        const last = points.at(-1);
        if (last === undefined) return [];
        return [[labelKey(labels), { labels, confirmed: { lsn: last.value, at: null, segmentBytes } }]];
      }),
    ),
  };
}
