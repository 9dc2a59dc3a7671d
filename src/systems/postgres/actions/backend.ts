/** A session of the server, named so that a reused process id is never taken for it. */
import { z } from 'zod';
import { applicationName } from '../client.ts';
import type { Query } from '../session.ts';

/** As PostgreSQL prints timestamps in UTC. */
export const timestampText = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?\+00$/;

export const backendInput = z.strictObject({
  pid: z.int().positive().describe('Process id of the session'),
  backendStart: z
    .string()
    .regex(timestampText, 'backend_start as PostgreSQL prints it in UTC')
    .describe(
      'Its backend_start in UTC: 2026-01-31 09:00:00.123456+00. A reused pid is not the same session.',
    ),
  evenSuperuser: z.boolean().default(false).describe('Whether it may belong to a superuser'),
});

export interface Backend {
  readonly state: string | null;
  readonly backend_type: string | null;
  readonly role: string;
  readonly application: string;
  readonly superuser: boolean;
  readonly xact_start: string | null;
  readonly query_start: string | null;
  readonly statement: string | null;
  readonly waits_for_lock: boolean;
  readonly query_seconds: number | null;
  readonly idle_seconds: number | null;
  readonly xact_seconds: number | null;
  readonly sees_all: boolean;
  readonly may_signal: boolean;
  /** Ours, as it is written in a statement. */
  readonly own_role: string;
}

export async function readBackend(
  query: Query,
  pid: number,
  backendStart: string,
): Promise<Backend | undefined> {
  const [row] = await query<Backend & { readonly pid: number }>(
    `SELECT a.pid, a.state, a.backend_type, coalesce(a.usename, '') AS role, a.application_name AS application,
            coalesce(r.rolsuper, false) AS superuser, a.xact_start::text AS xact_start,
            a.query_start::text AS query_start, left(a.query, 300) AS statement,
            coalesce(a.wait_event_type = 'Lock', false) AS waits_for_lock,
            extract(epoch FROM clock_timestamp() - a.query_start)::float8 AS query_seconds,
            extract(epoch FROM clock_timestamp() - a.state_change)::float8 AS idle_seconds,
            extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS xact_seconds,
            pg_has_role('pg_read_all_stats', 'USAGE') OR pg_has_role(a.usesysid, 'USAGE') AS sees_all,
            pg_has_role('pg_signal_backend', 'USAGE') OR pg_has_role(a.usesysid, 'USAGE') AS may_signal,
            quote_ident(current_user) AS own_role
       FROM pg_stat_activity a LEFT JOIN pg_roles r ON r.oid = a.usesysid
      WHERE a.pid = $1::int AND (a.backend_start = $2::timestamptz OR a.backend_start IS NULL)`,
    [pid, backendStart],
  );
  return row;
}

/** Why nothing is ever done to this session; undefined where it may be looked at further. */
export function untouchable(
  session: Backend | undefined,
  pid: number,
  evenSuperuser: boolean,
): string | undefined {
  if (session === undefined) return gone(pid);
  if (!session.sees_all) {
    return `what pid ${pid} does cannot be seen; as a superuser: GRANT pg_monitor TO ${session.own_role};`;
  }
  if (session.backend_type !== 'client backend') {
    return `pid ${pid} is no client session but ${session.backend_type ?? 'of an unknown kind'}; those are never ended`;
  }
  if (session.application === applicationName) return `pid ${pid} is one of Upkeep's own sessions`;
  if (session.superuser && !evenSuperuser) {
    return `pid ${pid} belongs to the superuser ${session.role}; say evenSuperuser to end it all the same`;
  }
  return undefined;
}

export function gone(pid: number): string {
  return `pid ${pid} with this backend_start is not there any more`;
}
