import type { Evidence, Finding } from '../../../core/evidence.ts';
import { tableOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { readWaiters, waitersHow } from '../blocking-tree.ts';
import type { PostgresConnection } from '../client.ts';
import type { Query } from '../session.ts';
import { grantMonitor, visibility } from '../visibility.ts';
import { findingsOf } from './blocked-by-lock-findings.ts';
import { longestText, look } from './evidence.ts';

const sessionsSql = `
SELECT a.pid, coalesce(a.usename, '') AS role, coalesce(a.application_name, '') AS application,
       coalesce(host(a.client_addr), CASE WHEN a.client_port = -1 THEN 'local socket' END, '') AS client,
       a.state, a.backend_type AS "backendType", a.backend_start::text AS "backendStart",
       extract(epoch FROM clock_timestamp() - a.state_change)::float8 AS "stateSeconds",
       extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS "xactSeconds",
       a.wait_event_type AS "waitsFor", a.backend_xid IS NOT NULL AS "hasWritten",
       coalesce(r.rolsuper, false) AS superuser, left(a.query, ${longestText}) AS statement
  FROM pg_stat_activity a LEFT JOIN pg_roles r ON r.oid = a.usesysid
 WHERE a.pid = ANY ($1::int[])`;

interface SessionRow {
  readonly pid: number;
  readonly role: string;
  readonly application: string;
  readonly client: string;
  readonly state: string | null;
  readonly backendType: string | null;
  readonly backendStart: string | null;
  readonly stateSeconds: number | null;
  readonly xactSeconds: number | null;
  readonly waitsFor: string | null;
  readonly hasWritten: boolean;
  readonly superuser: boolean;
  readonly statement: string | null;
}

const sessionColumns = [
  'pid',
  'role',
  'application',
  'client',
  'state',
  'backendType',
  'backendStart',
  'stateSeconds',
  'xactSeconds',
  'waitsFor',
  'hasWritten',
  'superuser',
  'statement',
] as const satisfies readonly (keyof SessionRow)[];

export const blockedByLock: Diagnosis<PostgresConnection> = {
  id: 'postgres.blocked-by-lock',
  title: 'sessions wait for a lock',
  summary: 'Sessions wait for a lock: who holds it, since when, and who waits',
  explains: [
    'postgres.blocked',
    'postgres.blocked-sessions',
    'postgres.idle-in-transaction',
    'postgres.long-transaction',
    'postgres.connections',
    'postgres.connections-full',
    'postgres.down',
  ],
  async gather(conn, target, ctx) {
    const waits = await look(
      conn.work,
      target,
      ctx,
      { id: 'lock-waits', title: 'Who waits for whom', how: waitersHow },
      async (query) => {
        const waiters = await readWaiters(query);
        return {
          facts: { waiters: new Set(waiters.map((waiter) => waiter.pid)).size },
          table: tableOf(
            ['pid', 'blockers', 'mode', 'lockType', 'object', 'waitSeconds'],
            waiters.map((waiter) => ({ ...waiter, blockers: waiter.blockers.join(' ') })),
          ),
        };
      },
    );
    const pids = pidsOf(waits);
    if (pids.length === 0) return [waits];
    const sessions = await look(
      conn.work,
      target,
      ctx,
      { id: 'lock-sessions', title: 'The sessions of the blocking tree', how: sessionsSql.trim() },
      (query) => readSessions(query, pids),
    );
    if (!pids.includes(0)) return [waits, sessions];
    const prepared = await look(
      conn.work,
      target,
      ctx,
      { id: 'prepared-transactions', title: 'Prepared transactions', how: 'SELECT * FROM pg_prepared_xacts' },
      readPrepared,
    );
    return [waits, sessions, prepared];
  },
  conclude: (evidence, target): Finding[] => findingsOf(evidence, target),
};

function pidsOf(waits: Evidence): number[] {
  const pids = new Set<number>();
  for (const [pid, blockers] of waits.table?.rows ?? []) {
    pids.add(Number(pid));
    for (const blocker of String(blockers).split(' ')) pids.add(Number(blocker));
  }
  return [...pids];
}

async function readSessions(query: Query, pids: readonly number[]) {
  const who = await visibility(query);
  const rows = await query<SessionRow & Record<string, string | number | boolean | null>>(sessionsSql, [
    pids,
  ]);
  const table = tableOf(sessionColumns, rows);
  if (who.seesAll) return { table };
  return {
    table,
    unseen: `role ${who.user} may not see state, client and statement of other roles' sessions: ${grantMonitor(who.user)}`,
  };
}

async function readPrepared(query: Query) {
  const rows = await query<{ gid: string; owner: string; database: string; seconds: number }>(
    `SELECT gid, owner, database, extract(epoch FROM clock_timestamp() - prepared)::float8 AS seconds
       FROM pg_prepared_xacts ORDER BY prepared LIMIT 20`,
  );
  return { table: tableOf(['gid', 'owner', 'database', 'seconds'], rows) };
}
