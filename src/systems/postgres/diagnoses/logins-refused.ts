import type { Change } from '../../../core/change.ts';
import { count } from '../../../core/count.ts';
import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, type Row, rowsOf, tableOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import { plain } from '../../../core/plain.ts';
import { nearest } from '../../../core/suggest.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import type { PostgresConnection } from '../client.ts';
import type { Query } from '../session.ts';
import { quoteName } from '../visibility.ts';
import { look } from './evidence.ts';
import { type Refusals, refusalsIn } from './login-refusals.ts';
import { logTail } from './server-log.ts';

const id = 'postgres.logins-refused';
const columns = [
  ...['why', 'role', 'database', 'host', 'count', 'firstAt', 'lastAt', 'line', 'isStill', 'until', 'near'],
  ...['change', 'changed', 'after', 'at'],
] as const;
const minuteMs = 60_000;
const lookBackMs = 15 * minuteMs;
/** What was refused so long ago for the last time goes on no more (J). */
const recentMs = 3 * minuteMs;

/** Somebody is refused at the door: its password, the rules of access, the database's name, the right to connect. */
export const loginsRefused: Diagnosis<PostgresConnection> = {
  id,
  title: 'logins of an application are refused',
  summary: 'Logins of an application are refused: password, its validity, pg_hba.conf, database or CONNECT',
  explains: [
    'postgres.down',
    'postgres.connections',
    'postgres.connections-full',
    'postgres.connection-churn',
  ],
  async gather(conn, target, ctx) {
    return [
      await look(
        conn.quick,
        target,
        ctx,
        {
          id: 'refused-logins',
          title: 'Logins that the server refused in the last quarter of an hour',
          how: 'the log of the server; pg_roles, pg_database, the ledger of changes',
        },
        async (query) => {
          const tail = await logTail(query, target, ctx);
          if ('unseen' in tail) return tail;
          const since = Math.min(...ctx.alerts.map((alert) => alert.since));
          const from = Math.min(ctx.clock.now(), since) - lookBackMs;
          const rows: Row[] = [];
          for (const one of refusalsIn(tail.lines, from).slice(0, 20))
            rows.push({
              ...one,
              line: plain(one.line),
              ...(await standing(query, one)),
              ...changeBehind(one, target, ctx),
            });
          return {
            facts: { troubleSince: Number.isFinite(since) ? since : null, now: ctx.clock.now() },
            table: tableOf(columns, rows),
          };
        },
      ),
    ];
  },
  conclude,
};

/** Whether it would still be refused, where the server tells; null where it does not. */
async function standing(query: Query, { why, role, database, host, lastAt }: Refusals): Promise<Row> {
  if (why === 'no-connect') {
    const [row] = await query<{ may: boolean }>(
      `SELECT has_database_privilege('public', oid, 'CONNECT') AS may FROM pg_database WHERE datname = $1`,
      [database],
    );
    return { isStill: row?.may === true ? false : null, until: null, near: null };
  }
  if (why === 'password' || why === 'no-password' || why === 'no-rule') {
    const [row] = await query<{ since: number }>(
      `SELECT count(*)::int AS since FROM pg_stat_activity
        WHERE usename = $1 AND backend_type = 'client backend' AND backend_start > to_timestamp($2::float8 / 1000)
          AND ($3::text IS NULL OR host(client_addr) = $3)`,
      [role, lastAt, host],
    );
    return { isStill: lastAt !== null && (row?.since ?? 0) > 0 ? false : null, until: null, near: null };
  }
  if (why === 'expired') {
    const [row] = await query<{ until: string | null; ended: boolean }>(
      `SELECT rolvaliduntil::text AS until, coalesce(rolvaliduntil <= now(), false) AS ended FROM pg_roles WHERE rolname = $1`,
      [role],
    );
    return { isStill: row?.ended ?? false, until: row?.until ?? null, near: null };
  }
  if (why === 'no-role' || why === 'no-database') {
    const names = await query<{ name: string }>(
      why === 'no-role'
        ? `SELECT rolname::text AS name FROM pg_roles WHERE rolcanlogin`
        : `SELECT datname::text AS name FROM pg_database WHERE NOT datistemplate`,
    );
    const asked = (why === 'no-role' ? role : database) ?? '';
    const there = names.map(({ name }) => name);
    return { isStill: !there.includes(asked), until: null, near: nearest(asked, there) ?? null };
  }
  return { isStill: null, until: null, near: null };
}

/** The ledger's newest change that makes such a refusal. */
function changeBehind({ why, role, database }: Refusals, target: string, { changes }: DiagnosisContext): Row {
  const isIt = ({ source, differences }: Change) => {
    const named = (name: string | null) => differences.some((one) => one.name === name);
    if (why === 'no-rule') return source === 'postgres.access-rules';
    if (why === 'no-connect') return source === 'postgres.grants' && named(`database ${database}`);
    if (why === 'no-database') return source === 'postgres.databases' && named(database);
    return (source === 'postgres.passwords' || source === 'postgres.roles') && named(role);
  };
  const change = changes.find((one) => one.target === target && isIt(one));
  const about = change?.differences.find(
    ({ name }) => why === 'no-rule' || [role, database, `database ${database}`].includes(name),
  );
  const said =
    about === undefined ? null : `${about.name}: ${about.before ?? 'nothing'} -> ${about.after ?? 'nothing'}`;
  return { change: change?.id ?? null, changed: said, after: change?.after ?? null, at: change?.at ?? null };
}

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const seen = find(evidence, target, 'refused-logins');
  const troubleSince = seen?.facts?.troubleSince;
  const now = numberOf(seen?.facts?.now);
  const findings = rowsOf(seen).flatMap((row): Finding[] => {
    // A password that was accepted since may be that of another program with the same role.
    const isDoubtful = row.isStill === false && (row.why === 'password' || row.why === 'no-password');
    if (row.isStill === false && !isDoubtful) return [];
    if (typeof row.lastAt === 'number' && row.lastAt < now - recentMs) return [];
    const isChange =
      row.change !== null &&
      !(typeof troubleSince === 'number' && troubleSince < numberOf(row.after) - minuteMs);
    // Strangers try names all the time; what was refused long before the trouble is no reason for it.
    const isOld =
      typeof troubleSince === 'number' &&
      typeof row.firstAt === 'number' &&
      row.firstAt < troubleSince - minuteMs;
    const isStrange = row.why === 'no-role' && row.near === null;
    const { summary, advice } = wordsOf(row);
    return [
      {
        id,
        target,
        summary: `${summary} (${count(numberOf(row.count), 'login')} refused)`,
        explanation: `The server is alive and refuses at the door: ${textOf(row.line)}.${isChange ? ` The ledger has what changed: ${textOf(row.changed)}.` : ''} ${advice} Who is logged in stays so. Restarting either side changes nothing.`,
        confidence: isDoubtful ? 0.4 : isChange ? 0.95 : isOld || isStrange ? 0.35 : 0.85,
        ...(isChange
          ? { change: textOf(row.change), onset: numberOf(row.at) }
          : typeof row.firstAt === 'number'
            ? { onset: row.firstAt }
            : {}),
        evidence: evidence.filter((piece) => piece.target === target).map((piece) => piece.id),
        unseen: [
          ...(isChange ? ['whether it was meant'] : ['what was changed, and on which side']),
          ...unseenOf(evidence),
        ],
        recommendations: [],
      },
    ];
  });
  return findings.toSorted((a, b) => b.confidence - a.confidence);
}

function wordsOf(row: Row): { summary: string; advice: string } {
  const role = textOf(row.role);
  const database = textOf(row.database);
  const near = row.near === null ? '' : `; ${textOf(row.near)} is there`;
  switch (row.why) {
    case 'expired':
      return {
        summary: `the password of role ${role} is valid no longer: its VALID UNTIL (${textOf(row.until)}) has passed`,
        advice: `ALTER ROLE ${quoteName(role)} VALID UNTIL 'infinity';, or set a new password on both sides.`,
      };
    case 'no-password':
      return {
        summary: `role ${role} has no password, and the rules of access ask for one`,
        advice: `Set it again: \\password ${role} in psql, with the secret that the application has.`,
      };
    case 'no-role':
      return {
        summary: `role ${role} does not exist${near}`,
        advice: 'Create it again, or correct the user in the configuration of the application.',
      };
    case 'no-rule':
      return {
        summary: `no rule of pg_hba.conf lets role ${role} in from ${textOf(row.host)}${database === '' ? '' : ` to database ${database}`}`,
        advice:
          'Compare pg_hba.conf with its last good version (SELECT * FROM pg_hba_file_rules), put the rule back, and reload: SELECT pg_reload_conf();',
      };
    case 'no-database':
      return {
        summary: `database ${database} does not exist${near}`,
        advice:
          'Correct the name in the configuration of the application; where it was dropped, restore it from a backup.',
      };
    case 'no-connect':
      return {
        summary: `who asks for database ${database} may not connect to it`,
        advice: `Where nobody meant it, give the right back: GRANT CONNECT ON DATABASE ${quoteName(database)} TO the role that had it.`,
      };
    default:
      return {
        summary: `the password that role ${role} logs in with is not accepted`,
        advice:
          'It was changed on one side and not on the other: compare what was changed last at the server and in the configuration of the application, and set the same secret on both.',
      };
  }
}
