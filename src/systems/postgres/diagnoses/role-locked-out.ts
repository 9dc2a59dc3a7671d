import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, type Row, rowsOf, tableOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import type { PostgresConnection } from '../client.ts';
import { quoteName } from '../visibility.ts';
import { look } from './evidence.ts';
import { isOlder, logTail, matching } from './server-log.ts';

const columns = [
  'kind',
  'name',
  'exists',
  'canLogin',
  'limit',
  'sessions',
  'ended',
  'change',
  'before',
  'after',
  'at',
] as const;
const slackMs = 60_000;
/** SQLSTATE 53300, 28000 and 28P01 in the words of the server. */
const refusals =
  /too many connections for (role|database) "|role ".*" is not permitted to log in|role ".*" does not exist|database ".*" does not exist|authentication failed for user "/;

export const roleLockedOut: Diagnosis<PostgresConnection> = {
  id: 'postgres.role-locked-out',
  title: 'a role or database takes no logins',
  summary:
    'A role or database takes no further logins: its connection limit, NOLOGIN, the end of its validity, or it is gone',
  explains: [
    'postgres.down',
    'postgres.connections',
    'postgres.connections-full',
    'postgres.connection-churn',
  ],
  async gather(conn, target, ctx) {
    const changes = changesOf(target, ctx);
    const standing = await look(
      conn.quick,
      target,
      ctx,
      {
        id: 'login-limits',
        title: 'Roles and databases that are at their limit, or whose right to log in was changed',
        how: 'SELECT rolname, rolcanlogin, rolconnlimit, rolvaliduntil FROM pg_roles; SELECT datname, datconnlimit FROM pg_database',
      },
      async (query) => {
        const names = changes.map(({ kind, name }) => `${kind} ${name}`);
        const found = await query<Standing>(standingSql, [names]);
        const since = Math.min(...ctx.alerts.map((alert) => alert.since));
        const isOf = (row: Standing) => (one: Changed) => one.kind === row.kind && one.name === row.name;
        const there: Row[] = found.map((row) => ({ ...row, exists: true, ...changes.find(isOf(row)) }));
        const gone: Row[] = changes
          .filter((one) => one.isGone && !found.some((row) => isOf(row)(one)))
          .map((one) => ({ ...one, exists: false }));
        // Nobody but Upkeep is kept out by what Upkeep itself takes: that is a gap of what it sees.
        const ours = there.find((row) => row.isOurs === true && row.change === undefined);
        return {
          facts: { troubleSince: Number.isFinite(since) ? since : null },
          table: tableOf(
            columns,
            [...there, ...gone].filter((row) => row !== ours),
          ),
          ...(ours === undefined ? {} : { unseen: ownLimit(ours) }),
        };
      },
    );
    if (rowsOf(standing).length === 0) return standing.unseen === undefined ? [] : [standing];
    const log = await look(
      conn.quick,
      target,
      ctx,
      {
        id: 'logins-refused',
        title: 'Logins that the server refused',
        how: 'pg_ls_logdir, pg_read_binary_file',
      },
      async (query) => {
        const tail = await logTail(query, target, ctx);
        if ('unseen' in tail) return tail;
        const from = Math.min(ctx.clock.now() - 15 * slackMs, ...changes.map(({ after }) => after - slackMs));
        return {
          text: matching(
            tail.lines.filter((line) => !isOlder(line, from)),
            refusals,
          ).join('\n'),
        };
      },
    );
    return [standing, log];
  },
  conclude,
};

interface Standing extends Row {
  readonly kind: string;
  readonly name: string;
  /** The role that Upkeep logs in with, and nobody else. */
  readonly isOurs: boolean;
}

function ownLimit({ name, limit }: Row): string {
  return `some looks of Upkeep itself: its role ${textOf(name)} may have ${numberOf(limit)} connections and had them all; ALTER ROLE ${quoteName(textOf(name))} CONNECTION LIMIT ${numberOf(limit) + 4};`;
}

/** Superusers stand under no limit. A standby's walreceivers and our own background sessions count for none. */
const standingSql = `
SELECT 'role' AS kind, r.rolname::text AS name, r.rolcanlogin AS "canLogin", r.rolconnlimit AS "limit",
       coalesce(s.n, 0)::int AS sessions, coalesce(r.rolvaliduntil <= now(), false) AS ended,
       r.rolname = session_user AND coalesce(s.others, 0) = 0 AS "isOurs"
  FROM pg_roles r LEFT JOIN (
       SELECT usesysid AS oid, count(*) AS n, count(*) FILTER (WHERE application_name <> 'upkeep') AS others FROM pg_stat_activity WHERE backend_type = 'client backend' GROUP BY 1) s USING (oid)
 WHERE NOT r.rolsuper AND (r.rolcanlogin AND r.rolconnlimit >= 0 AND coalesce(s.n, 0) >= r.rolconnlimit
        OR 'role ' || r.rolname = ANY ($1))
UNION ALL
SELECT 'database', d.datname, d.datallowconn, d.datconnlimit, coalesce(s.n, 0)::int, false, false
  FROM pg_database d LEFT JOIN (
       SELECT datid AS oid, count(*) AS n FROM pg_stat_activity WHERE backend_type = 'client backend' GROUP BY 1) s USING (oid)
 WHERE d.datallowconn AND d.datconnlimit >= 0 AND coalesce(s.n, 0) >= d.datconnlimit OR 'database ' || d.datname = ANY ($1)`;

interface Changed extends Row {
  readonly change: string;
  readonly kind: string;
  readonly name: string;
  readonly before: string;
  readonly isGone: boolean;
  readonly after: number;
  readonly at: number;
}

/** The newest of each that took something of the right to log in; the ledger writes `login limit 2 until …`. */
function changesOf(target: string, ctx: DiagnosisContext): Changed[] {
  const newest = new Map<string, Changed>();
  for (const { id: change, source, target: to, differences, after, at } of ctx.changes) {
    if (to !== target || !(source === 'postgres.roles' || source === 'postgres.databases')) continue;
    const kind = source === 'postgres.roles' ? 'role' : 'database';
    for (const { name, before, after: now } of differences) {
      if (before === null || newest.has(`${kind} ${name}`) || /^nologin/.test(before)) continue;
      newest.set(`${kind} ${name}`, { change, kind, name, before, isGone: now === null, after, at });
    }
  }
  return [...newest.values()];
}

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const standing = find(evidence, target, 'login-limits');
  const log = find(evidence, target, 'logins-refused');
  const troubleSince = standing?.facts?.troubleSince;
  const findings = rowsOf(standing).flatMap((row): Finding[] => {
    const isLate =
      row.change !== null && typeof troubleSince === 'number' && troubleSince < numberOf(row.after) - slackMs;
    const state = stateOf(row);
    if (state === undefined || isLate) return [];
    const isChange = row.change !== null && !state.isOld;
    const name = textOf(row.name);
    const refused = textOf(log?.text)
      .split('\n')
      .findLast((line) => line.includes(`"${name}"`));
    return [
      {
        id: 'postgres.role-locked-out',
        target,
        summary: state.summary,
        explanation: `The server is alive and well for everybody else.${refused === undefined ? '' : ` It says: ${refused}.`} Who is logged in stays so; every new login of ${textOf(row.kind)} ${name} is refused. Where nobody meant it: ${state.back}`,
        // A limit that is reached is what a limit is for; that it was set lately makes it the cause.
        confidence: refused === undefined ? (isChange ? 0.8 : 0.4) : isChange ? 0.95 : 0.9,
        ...(isChange ? { change: textOf(row.change), onset: numberOf(row.at) } : {}),
        evidence: evidence.filter((piece) => piece.target === target).map((piece) => piece.id),
        unseen: ['whether it was meant', ...unseenOf(evidence)],
        recommendations: [],
      },
    ];
  });
  return findings.toSorted((a, b) => b.confidence - a.confidence);
}

interface State {
  readonly summary: string;
  readonly back: string;
  /** What was changed of it is something else. */
  readonly isOld?: boolean;
}

function stateOf(row: Row): State | undefined {
  const kind = textOf(row.kind);
  const name = textOf(row.name);
  const who = `${kind} ${name}`;
  const alter = `ALTER ${kind.toUpperCase()} ${quoteName(name)}`;
  if (row.exists !== true)
    return {
      summary: `${who} is gone, which was there before`,
      back: `create it again as the ledger has it (${textOf(row.before)}), or restore it from a backup.`,
    };
  if (row.canLogin === false && row.change !== null)
    return kind === 'role'
      ? { summary: `${who} may not log in since it was made NOLOGIN`, back: `${alter} LOGIN;` }
      : {
          summary: `${who} takes no connections since they were not allowed`,
          back: `${alter} ALLOW_CONNECTIONS true;`,
        };
  if (row.ended === true && row.change !== null)
    return {
      summary: `the password of ${who} is valid no longer: its VALID UNTIL has passed`,
      back: `${alter} VALID UNTIL 'infinity';`,
    };
  const limit = numberOf(row.limit);
  if (limit < 0 || numberOf(row.sessions) < limit || row.canLogin !== true) return undefined;
  const before = row.change === null ? undefined : limitIn(textOf(row.before));
  const since =
    before === undefined || before === limit
      ? ''
      : ` since its limit was set to ${limit} (${before < 0 ? 'none' : before} before)`;
  return {
    summary: `${who} may have ${limit} connections and has them all: further logins are refused${since}`,
    isOld: before === limit,
    back: `${alter} CONNECTION LIMIT ${before === undefined ? '-1' : before}; or let its clients hold fewer.`,
  };
}

/** -1 for none. */
function limitIn(value: string): number {
  const [, digits] = /\blimit (\d+)/.exec(value) ?? [];
  return digits === undefined ? -1 : Number(digits);
}
