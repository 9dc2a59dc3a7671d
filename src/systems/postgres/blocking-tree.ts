import type { Query } from './session.ts';

/** A session that waits for a lock. Its blockers come from pg_blocking_pids: holders and those ahead in the queue. */
export interface Waiter {
  readonly pid: number;
  /** 0 stands for a prepared transaction, which has no session. */
  readonly blockers: readonly number[];
  /** `AccessExclusiveLock` */
  readonly mode: string;
  readonly lockType: string;
  /** What it waits for as far as the catalogue tells: `public.orders`, `advisory lock 42`. */
  readonly object: string | null;
  readonly waitSeconds: number;
}

/**
 * A wait for another transaction's end (a row lock) names no relation; then the tuple lock that the waiter
 * holds does, or the table that both it and its blocker have locked for writing.
 * waitstart exists since PostgreSQL 14; before, the statement's start stands in.
 */
const waitersSql = `
WITH waiting AS (
  SELECT l.pid, l.mode, l.locktype, l.relation, l.database, l.classid, l.objid,
         pg_blocking_pids(l.pid) AS blockers,
         extract(epoch FROM clock_timestamp() - coalesce(
           (to_jsonb(l)->>'waitstart')::timestamptz,
           (SELECT a.query_start FROM pg_stat_activity a WHERE a.pid = l.pid),
           clock_timestamp()))::float8 AS wait_seconds
    FROM pg_locks l WHERE NOT l.granted AND l.pid <> pg_backend_pid()
   ORDER BY wait_seconds DESC LIMIT 500
), named AS (
  SELECT w.*, coalesce(
    CASE WHEN w.database = (SELECT oid FROM pg_database WHERE datname = current_database()) THEN w.relation END,
    (SELECT t.relation FROM pg_locks t WHERE t.pid = w.pid AND t.locktype = 'tuple'
        AND t.database = (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1),
    (SELECT mine.relation FROM pg_locks mine JOIN pg_locks theirs USING (database, relation)
        JOIN pg_class c ON c.oid = mine.relation AND c.relkind IN ('r', 'p', 'm')
      WHERE w.locktype = 'transactionid' AND mine.pid = w.pid AND theirs.pid = ANY (w.blockers)
        AND mine.mode IN ('RowExclusiveLock', 'RowShareLock') AND theirs.mode IN ('RowExclusiveLock', 'RowShareLock')
        AND mine.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      ORDER BY mine.relation LIMIT 1)) AS named_relation
    FROM waiting w
)
SELECT pid, blockers, mode, locktype, greatest(wait_seconds, 0) AS wait_seconds,
       CASE WHEN named_relation IS NOT NULL THEN named_relation::regclass::text
            WHEN locktype = 'advisory' THEN format('advisory lock %s', objid)
            WHEN relation IS NOT NULL THEN format('relation %s of another database', relation)
       END AS object
  FROM named`;

export async function readWaiters(query: Query): Promise<Waiter[]> {
  const rows = await query<{
    pid: number;
    blockers: number[];
    mode: string;
    locktype: string;
    wait_seconds: number;
    object: string | null;
  }>(waitersSql);
  return rows
    .filter((row) => row.blockers.length > 0)
    .map((row) => ({
      pid: row.pid,
      // Parallel workers make one blocker appear several times.
      blockers: [...new Set(row.blockers)],
      mode: row.mode,
      lockType: row.locktype,
      object: row.object,
      waitSeconds: Number(row.wait_seconds.toFixed(1)),
    }));
}

export const waitersHow = waitersSql.trim();

/** Those that block and wait for nobody themselves, with all that wait behind them, directly or not. */
export function rootsOf(
  waiters: readonly Pick<Waiter, 'pid' | 'blockers'>[],
): { pid: number; behind: number[]; direct: number[] }[] {
  const waiting = new Set(waiters.map((waiter) => waiter.pid));
  const behind = new Map<number, number[]>();
  for (const waiter of waiters) {
    for (const blocker of waiter.blockers) {
      behind.set(blocker, [...(behind.get(blocker) ?? []), waiter.pid]);
    }
  }
  return [...behind.keys()]
    .filter((pid) => !waiting.has(pid))
    .map((pid) => ({ pid, behind: reachable(pid, behind), direct: behind.get(pid) ?? [] }))
    .sort((a, b) => b.behind.length - a.behind.length);
}

function reachable(start: number, edges: ReadonlyMap<number, readonly number[]>): number[] {
  const seen = new Set<number>();
  const open = [start];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    for (const next of edges.get(pid) ?? []) {
      if (seen.has(next) || next === start) continue;
      seen.add(next);
      open.push(next);
    }
  }
  return [...seen];
}
