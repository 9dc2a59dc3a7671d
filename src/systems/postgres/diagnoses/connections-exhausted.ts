import type { Evidence, Finding, Scalar } from '../../../core/evidence.ts';
import { find, numberOf, rowsOf, tableOf, textOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import type { PostgresConnection } from '../client.ts';
import { isClientSql, usableSql } from '../probes/activity.ts';
import type { Query } from '../session.ts';
import { grantMonitor, visibility } from '../visibility.ts';
import { demand, endIdle, usualOfOthers } from './end-idle.ts';
import { look } from './evidence.ts';

const groupsSql = `
SELECT coalesce(a.usename, '') AS role, a.application_name AS application,
       coalesce(a.state, 'unknown') AS state,
       coalesce(host(a.client_addr), CASE WHEN a.client_port = -1 THEN 'local socket' END, 'unknown') AS client,
       count(*)::int AS sessions,
       max(extract(epoch FROM clock_timestamp() - a.state_change))::float8 AS "longestSeconds"
  FROM pg_stat_activity a WHERE ${isClientSql}
 GROUP BY 1, 2, 3, 4 ORDER BY sessions DESC, role, application LIMIT 30`;
const columns = ['role', 'application', 'state', 'client', 'sessions', 'longestSeconds'] as const;

/** The share from which slots count as exhausted: what the rule postgres.connections warns at. */
const nearlyFull = 0.8;

export const connectionsExhausted: Diagnosis<PostgresConnection> = {
  id: 'postgres.connections-exhausted',
  title: 'no connection is left',
  summary: 'No connection slots left: who holds them',
  explains: ['postgres.connections', 'postgres.connections-full', 'postgres.down'],
  async gather(conn, target, ctx) {
    // Kept sessions can look while new logins are refused.
    const live = await look(
      conn.quick,
      target,
      ctx,
      {
        id: 'sessions-by-owner',
        title: 'Sessions by role, application, state and client',
        how: groupsSql.trim(),
      },
      readGroups,
    );
    return [live, ...(await demand(target, ctx)), ...lastSeen(target, ctx), ...lastAnswer(target, ctx)];
  },
  conclude,
};

async function readGroups(query: Query) {
  const who = await visibility(query);
  const [limits] = await query<{ used: number; usable: number; most: number; reserved: number }>(
    `SELECT count(*)::int AS used, ${usableSql} AS usable, current_setting('max_connections')::int AS most,
            current_setting('max_connections')::int - ${usableSql} AS reserved
       FROM pg_stat_activity a WHERE ${isClientSql}`,
  );
  const rows = await query<Record<(typeof columns)[number], string | number | null>>(groupsSql);
  return {
    facts: {
      used: limits?.used ?? null,
      usable: limits?.usable ?? null,
      maxConnections: limits?.most ?? null,
      reservedForSuperusers: limits?.reserved ?? null,
    },
    table: tableOf(columns, rows),
    ...(who.seesAll
      ? {}
      : {
          unseen: `role ${who.user} may not see state and client of other roles' sessions: ${grantMonitor(who.user)}`,
        }),
  };
}

/** What the activity probe saw last, for the time when no login is left for us either. */
function lastSeen(target: string, ctx: DiagnosisContext): Evidence[] {
  const groups = ctx.latest(target, 'postgres.connections.by');
  const newest = Math.max(0, ...groups.map((group) => group.at));
  const current = groups.filter((group) => group.at === newest);
  if (current.length === 0) return [];
  const usable = ctx.latest(target, 'postgres.connections.usable').at(0)?.value ?? null;
  return [
    {
      id: `${target}.sessions-last-seen`,
      target,
      title: 'Sessions as last measured',
      at: newest,
      how: 'latest samples of postgres.connections.by',
      facts: { usable, used: current.reduce((sum, group) => sum + group.value, 0) },
      table: tableOf(
        ['role', 'application', 'state', 'sessions'],
        current
          .map(({ labels, value }) => ({ ...labels, sessions: value }))
          .toSorted((a, b) => b.sessions - a.sessions),
      ),
    },
  ];
}

function lastAnswer(target: string, ctx: DiagnosisContext): Evidence[] {
  const detail = ctx.detail(target);
  if (detail === undefined) return [];
  return [
    {
      id: `${target}.last-answer`,
      target,
      title: 'Last answer to a login',
      at: ctx.clock.now(),
      how: 'outcome of postgres.liveness',
      text: detail,
    },
  ];
}

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const live = find(evidence, target, 'sessions-by-owner');
  const seen = find(evidence, target, 'sessions-last-seen');
  const answers = [textOf(live?.facts?.answer), textOf(find(evidence, target, 'last-answer')?.text)];
  const refusal = answers.find((answer) => answer.includes('(53300)'));
  const isLive = live?.table !== undefined;
  const source = isLive ? live : seen;
  const used = numberOf(source?.facts?.used);
  const usable = numberOf(source?.facts?.usable);
  const isFull = usable > 0 && used / usable >= nearlyFull;
  if (refusal === undefined && !(isLive && isFull)) return [];

  const groups = rowsOf(source);
  const unseen = evidence.flatMap((piece) => (piece.unseen === undefined ? [] : [piece.unseen]));
  if (!isLive) {
    unseen.push(
      'who holds the slots now: our own login was refused and no reserved slot is assumed; a superuser can look (SELECT usename, application_name, state, count(*) FROM pg_stat_activity GROUP BY 1, 2, 3)',
    );
  }
  const limit = refusal?.match(/too many connections for (role|database) "([^"]+)"/);
  const by = largestOwner(groups);
  const age =
    isLive || source === undefined
      ? ''
      : `, as last seen ${formatDuration(Math.max(0, (live?.at ?? source.at) - source.at))} before`;
  const words = (are: 'are' | 'were') =>
    limit
      ? `the connection limit of ${limit[1]} ${limit[2]} ${are === 'are' ? 'is' : 'was'} reached`
      : isLive
        ? takenWords(used, usable, are)
        : `all connection slots ${are} taken`;
  const holder = by === undefined ? '' : `, ${by.sessions} by ${by.name}`;
  return [
    {
      id: 'postgres.connections-exhausted',
      target,
      summary: `${words('are')}${holder}${by === undefined ? '' : age}`,
      past: `${words('were')}${holder}`,
      explanation: explain({ refusal, by, groups, isLive }),
      confidence: isLive ? 0.9 : groups.length > 0 ? 0.8 : 0.7,
      evidence: evidence.filter((piece) => piece.target === target).map((piece) => piece.id),
      unseen,
      recommendations:
        isLive && !limit
          ? endIdle(by, { used, usable, usual: usualOfOthers(evidence, target, by) }, target)
          : [],
    },
  ];
}

type Row = Readonly<Record<string, Scalar>>;
export interface Owner {
  readonly name: string;
  readonly role: string;
  readonly application: string;
  readonly idle: number;
  readonly active: number;
  readonly sessions: number;
  readonly byState: string;
  readonly isMostlyIdle: boolean;
  readonly clients: readonly string[];
}

/** The role and application with the most sessions, whatever their state and client. */
function largestOwner(groups: readonly Row[]): Owner | undefined {
  const owners = Map.groupBy(
    groups.filter((row) => row.role !== 'other'),
    (row) => `${textOf(row.role)}\u0000${textOf(row.application)}`,
  );
  const [largest] = [...owners.values()].toSorted((a, b) => total(b) - total(a));
  const [first] = largest ?? [];
  if (largest === undefined || first === undefined) return undefined;
  const states = Map.groupBy(largest, (row) => textOf(row.state));
  const counts = [...states].map(([state, rows]) => ({ state, sessions: total(rows) }));
  const application = textOf(first.application);
  return {
    name: `role ${textOf(first.role)}${application === '' ? '' : ` (${application})`}`,
    role: textOf(first.role),
    application,
    idle: counts.find(({ state }) => state === 'idle')?.sessions ?? 0,
    active: counts.find(({ state }) => state === 'active')?.sessions ?? 0,
    sessions: total(largest),
    byState: counts.map(({ state, sessions }) => `${sessions} ${state}`).join(', '),
    isMostlyIdle: (counts.find(({ state }) => state === 'idle')?.sessions ?? 0) > total(largest) / 2,
    clients: [...new Set(largest.map((row) => textOf(row.client)).filter(Boolean))],
  };
}

function total(rows: readonly Row[]): number {
  return rows.reduce((sum, row) => sum + numberOf(row.sessions), 0);
}

function explain(input: {
  refusal: string | undefined;
  by: Owner | undefined;
  groups: readonly Row[];
  isLive: boolean;
}): string {
  const { by, refusal } = input;
  const parts = [
    refusal === undefined ? '' : `The server is alive and turns logins away: ${refusal}.`,
    by === undefined
      ? 'Who holds the slots could not be seen.'
      : `${by.name} holds ${by.sessions} (${by.byState})${by.clients.length > 0 ? ` from ${by.clients.slice(0, 5).join(', ')}` : ''}.`,
    by?.isMostlyIdle
      ? 'They are mostly idle, as when a pool is too large or connections are not given back: lower the pool size, set idle_session_timeout for the role, or put a pooler in front.'
      : 'They are at work or waiting: look at what they wait for before anything is ended.',
    'Raising max_connections needs a restart and costs memory; it does not end a leak.',
  ];
  return parts.filter(Boolean).join(' ');
}

/** Superusers sit on slots of their own, which nobody else gets. */
function takenWords(used: number, usable: number, are: 'are' | 'were'): string {
  return used > usable
    ? `all ${usable} connection slots ${are} taken, and ${used - usable} of those kept for superusers`
    : `${used} of ${usable} connection slots ${are} taken`;
}
