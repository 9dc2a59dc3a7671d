import type { Outcome, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { observe, type PostgresConnection } from '../client.ts';
import { isServerFull } from '../failure.ts';
import { told } from '../in-words.ts';
import type { Query } from '../session.ts';
import { hiddenFrom, visibility } from '../visibility.ts';

const states = ['active', 'idle', 'idle in transaction', 'idle in transaction (aborted)'] as const;
const transactionMetrics = [
  'postgres.connections.by_state',
  'postgres.connections.by',
  'postgres.transactions.oldest',
  'postgres.transactions.idle_longest',
  'postgres.transactions.idle_count',
] as const;

/** Combinations of role, application and state that get a series of their own; the rest is `other`. */
const groupLimit = 12;

export const activity: Probe<PostgresConnection> = {
  id: 'postgres.activity',
  summary: 'Connections against the limit, by whom, and how long transactions are open (pg_stat_activity)',
  metrics: {
    'postgres.connections.used': { summary: 'Client sessions', unit: 'count', kind: 'gauge' },
    'postgres.connections.usable': {
      summary: 'Slots for ordinary roles: max_connections less those reserved',
      unit: 'count',
      kind: 'gauge',
    },
    'postgres.connections.left': {
      summary: 'Slots that ordinary roles can still have; 0 where Upkeep itself is turned away',
      unit: 'count',
      kind: 'gauge',
    },
    'postgres.connections.used_ratio': {
      summary: 'Client sessions as a share of the usable slots',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'postgres.connections.by_state': { summary: 'Client sessions by state', unit: 'count', kind: 'gauge' },
    'postgres.connections.by': {
      summary: `Client sessions by role, application and state, the ${groupLimit} largest groups`,
      unit: 'count',
      kind: 'gauge',
    },
    'postgres.transactions.oldest': {
      summary:
        'Age of the oldest client transaction; dumps, index builds, vacuums, replication and our own left out',
      unit: 'seconds',
      kind: 'gauge',
    },
    'postgres.transactions.idle_longest': {
      summary: 'Longest time a session has been idle in transaction, since its last statement',
      unit: 'seconds',
      kind: 'gauge',
    },
    'postgres.transactions.idle_count': {
      summary: 'Sessions idle in transaction',
      unit: 'count',
      kind: 'gauge',
    },
  },
  async run(conn, ctx) {
    const outcome = await observe(conn.quick, ctx, async (query) => {
      const who = await visibility(query);
      const readings = await connections(query);
      if (who.seesAll) readings.push(...(await groups(query)), ...(await transactions(query)));
      return { readings, missing: hiddenFrom(who, transactionMetrics) };
    });
    return whenTurnedAway(outcome);
  },
};

/** Being turned away for want of slots is itself a measurement; a limit of one role or database is not. */
function whenTurnedAway(outcome: Outcome): Outcome {
  if (outcome.ok || !isServerFull(outcome.detail)) return outcome;
  const readings = [
    { metric: 'postgres.connections.used_ratio', value: 1 },
    { metric: 'postgres.connections.left', value: 0 },
  ];
  return { ...outcome, readings };
}

/** Sessions of other roles hide their kind from the unprivileged; those with a role are then clients. */
export const isClientSql = `coalesce(a.backend_type = 'client backend', a.usesysid IS NOT NULL)`;

export const usableSql = `(current_setting('max_connections')::int
  - current_setting('superuser_reserved_connections')::int
  - coalesce(current_setting('reserved_connections', true)::int, 0))`;

async function connections(query: Query): Promise<Reading[]> {
  const [row] = await query<{ used: number; usable: number }>(
    `SELECT count(*)::int AS used, ${usableSql} AS usable FROM pg_stat_activity a WHERE ${isClientSql}`,
  );
  if (row === undefined) return [];
  const { used, usable } = row;
  const taken = `${used} of ${usable} connections are taken`;
  return [
    { metric: 'postgres.connections.used', value: used },
    { metric: 'postgres.connections.usable', value: usable },
    // Superusers sit on slots of their own too, which nobody else gets.
    told('postgres.connections.left', Math.max(0, usable - used), taken),
    told('postgres.connections.used_ratio', usable > 0 ? used / usable : 1, taken),
  ];
}

async function groups(query: Query): Promise<Reading[]> {
  const rows = await query<{ role: string; application: string; state: string; sessions: number }>(
    // Numbers in application names (process ids, pod names) would make a new series for every start.
    `SELECT coalesce(a.usename, '') AS role,
            left(regexp_replace(a.application_name, '[0-9]{2,}', '#', 'g'), 60) AS application,
            coalesce(a.state, 'unknown') AS state, count(*)::int AS sessions
       FROM pg_stat_activity a WHERE a.backend_type = 'client backend'
      GROUP BY 1, 2, 3 ORDER BY sessions DESC, role, application, state`,
  );
  const named: Reading[] = rows.slice(0, groupLimit).map(({ sessions, ...labels }) => ({
    metric: 'postgres.connections.by',
    value: sessions,
    labels,
  }));
  const rest = rows.slice(groupLimit).reduce((sum, row) => sum + row.sessions, 0);
  if (rest > 0) {
    named.push({
      metric: 'postgres.connections.by',
      value: rest,
      labels: { role: 'other', application: 'other', state: 'other' },
    });
  }
  const inState = (state: string) =>
    rows.filter((row) => row.state === state).reduce((sum, row) => sum + row.sessions, 0);
  return [
    ...named,
    ...states.map((state) => ({
      metric: 'postgres.connections.by_state',
      value: inState(state),
      labels: { state },
    })),
  ];
}

async function transactions(query: Query): Promise<Reading[]> {
  const [row] = await query<{ oldest: number | null; idle: number | null; idling: number }>(
    `SELECT max(extract(epoch FROM clock_timestamp() - a.xact_start)) FILTER (
              WHERE a.application_name NOT LIKE 'pg\\_dump%'
                AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.pid = a.pid)
                AND NOT EXISTS (SELECT FROM pg_stat_progress_vacuum p WHERE p.pid = a.pid))::float8 AS oldest,
            max(extract(epoch FROM clock_timestamp() - a.state_change)) FILTER (
              WHERE a.state LIKE 'idle in transaction%')::float8 AS idle,
            count(*) FILTER (WHERE a.state LIKE 'idle in transaction%')::int AS idling
       FROM pg_stat_activity a
      WHERE a.backend_type = 'client backend' AND a.application_name <> 'upkeep' AND a.xact_start IS NOT NULL`,
  );
  return [
    { metric: 'postgres.transactions.oldest', value: Math.max(row?.oldest ?? 0, 0) },
    { metric: 'postgres.transactions.idle_longest', value: Math.max(row?.idle ?? 0, 0) },
    { metric: 'postgres.transactions.idle_count', value: row?.idling ?? 0 },
  ];
}
