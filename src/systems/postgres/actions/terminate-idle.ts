import { escapeLiteral } from 'pg';
import { z } from 'zod';
import { defineAction, type Plan } from '../../../core/action.ts';
import { count } from '../../../core/count.ts';
import { demandPermit, demandSteps } from '../../../core/demand.ts';
import { plain } from '../../../core/plain.ts';
import { formatDuration } from '../../../core/time.ts';
import { applicationName, type PostgresConnection } from '../client.ts';
import { isClientSql, usableSql } from '../probes/activity.ts';
import type { Query } from '../session.ts';
import { timestampText } from './backend.ts';

const input = z.strictObject({
  role: z.string().min(1).max(63).describe('Role of the sessions'),
  application: z.string().max(63).default('').describe('Their application_name; empty for none'),
  idleForSeconds: z.int().min(10).max(86_400).default(30).describe('Only those idle for longer'),
  most: z.int().min(1).max(50).default(10).describe('How many at most, those idle longest first'),
});

/** With fewer slots taken than this nobody is turned away soon, and idle sessions cost little (J). */
const leastUsed = 0.5;

interface Idle {
  readonly pid: number;
  readonly start: string;
  readonly changed: string;
}

export const terminateIdle = defineAction<PostgresConnection, typeof input>({
  id: 'postgres.terminate-idle',
  summary:
    'Ends sessions of one application that are idle outside a transaction while slots run out; no work is lost',
  risk: 'risky',
  input,
  privileges: [
    'GRANT pg_monitor TO upkeep;         -- to see which sessions are idle',
    'GRANT pg_signal_backend TO upkeep;  -- to end sessions of roles that are no superusers',
  ].join('\n'),

  // By a session that is kept: while slots are exhausted no new one can be had.
  plan: (conn, wanted, ctx) =>
    conn.quick.use(ctx.signal, async (query) => {
      const { used, usable, superuser, may, role } = await slotsOf(query, wanted.role);
      const name = `${wanted.role}${wanted.application === '' ? '' : ` (${plain(wanted.application, 60)})`}`;
      if (superuser) return { refused: `${wanted.role} is a superuser; its sessions are not ended` };
      if (wanted.application === applicationName) return { refused: "these are Upkeep's own sessions" };
      if (!may)
        return {
          refused: `the role of Upkeep may not; as a superuser: GRANT pg_monitor, pg_signal_backend TO ${role};`,
        };
      if (used < leastUsed * usable) return { refused: `only ${used} of ${usable} slots are taken` };
      const idle = await idleOf(query, wanted);
      const least = formatDuration(wanted.idleForSeconds * 1_000);
      const spared = sparedWords(await othersOf(query, wanted), idle.length, least);
      if (idle.length === 0)
        return { refused: `no session of ${name} has been idle for ${least}; ${spared || 'it has none'}` };
      return {
        summary: `End ${count(idle.length, 'session')} of ${name} that have been idle for ${least} or longer; ${used} of ${usable} slots are taken`,
        steps: [statementOf(idle)],
        before: {
          used,
          usable,
          sessions: idle.map(({ pid, start, changed }) => `${pid}|${start}|${changed}`).join(';'),
        },
        expect: `${count(idle.length, 'slot')} ${idle.length === 1 ? 'is' : 'are'} free again and logins are accepted${spared === '' ? '' : `; spared: ${spared}`}`,
        undo: {
          possible: false,
          how: 'Nothing needs taking back: the sessions were in no transaction. Their clients connect anew when they need to; a pool does so by itself.',
        },
        subjects: [...idle.map(({ pid }) => `session ${pid}`)],
        verifyWithinMs: 15_000,
        holdMs: 15_000,
      };
    }),

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const planned = sessionsOf(plan);
    const statement = statementOf(planned);
    demandSteps(plan, [statement]);
    return conn.quick.use(ctx.signal, async (query) => {
      const ended = await query(statement);
      return `${ended.length} of ${planned.length} sessions were told to end${ended.length < planned.length ? '; the others were gone or at work again' : ''}`;
    });
  },

  verify: (conn, plan, ctx) =>
    conn.quick.use(ctx.signal, async (query) => {
      const { used, usable } = await slotsOf(query, String(plan.input.role));
      const left = await query(`SELECT a.pid ${fromOf(sessionsOf(plan))}`);
      const after = { used, usable, left: left.length };
      if (left.length > 0)
        return { good: false, detail: `${left.length} of them are still idle there`, after };
      const good = used < Number(plan.before.used);
      return { good, detail: `${used} of ${usable} slots are taken, ${plan.before.used} were`, after };
    }),
});

async function slotsOf(query: Query, role: string) {
  const [row] = await query<{ used: number; usable: number; superuser: boolean; may: boolean; role: string }>(
    `SELECT (SELECT count(*)::int FROM pg_stat_activity a WHERE ${isClientSql}) AS used, ${usableSql} AS usable,
            coalesce((SELECT rolsuper FROM pg_roles WHERE rolname = $1), false) AS superuser,
            pg_has_role('pg_read_all_stats', 'USAGE') AND pg_has_role('pg_signal_backend', 'USAGE') AS may,
            quote_ident(current_user) AS role`,
    [role],
  );
  return row ?? { used: 0, usable: 1, superuser: false, may: false, role: '' };
}

function idleOf(query: Query, wanted: z.output<typeof input>): Promise<(Idle & Record<string, unknown>)[]> {
  return query(
    `SELECT a.pid, a.backend_start::text AS start, a.state_change::text AS changed
       FROM pg_stat_activity a
      WHERE a.backend_type = 'client backend' AND a.state = 'idle' AND a.usename = $1 AND a.application_name = $2
        AND a.state_change < clock_timestamp() - make_interval(secs => $3)
      ORDER BY a.state_change LIMIT $4`,
    [wanted.role, wanted.application, wanted.idleForSeconds, wanted.most],
  );
}

interface Others {
  readonly idleAsLong: number;
  readonly idleShorter: number;
  readonly inTransaction: number;
  readonly atWork: number;
}

/** All sessions of the application, by what they do. */
async function othersOf(query: Query, wanted: z.output<typeof input>): Promise<Others> {
  const isLong = 'a.state_change < clock_timestamp() - make_interval(secs => $3)';
  const [row] = await query<{ [Key in keyof Others]: number }>(
    `SELECT count(*) FILTER (WHERE a.state = 'idle' AND ${isLong})::int AS "idleAsLong",
            count(*) FILTER (WHERE a.state = 'idle' AND NOT ${isLong})::int AS "idleShorter",
            count(*) FILTER (WHERE a.state LIKE 'idle in transaction%')::int AS "inTransaction",
            count(*) FILTER (WHERE a.state IS NULL OR a.state NOT LIKE 'idle%')::int AS "atWork"
       FROM pg_stat_activity a
      WHERE a.backend_type = 'client backend' AND a.usename = $1 AND a.application_name = $2`,
    [wanted.role, wanted.application, wanted.idleForSeconds],
  );
  return row ?? { idleAsLong: 0, idleShorter: 0, inTransaction: 0, atWork: 0 };
}

/** Which sessions of the same application stay, and why. */
function sparedWords(others: Others, ended: number, least: string): string {
  const parts: readonly (readonly [number, string])[] = [
    [others.idleAsLong - ended, 'idle as long, but there is room enough without ending them'],
    [others.idleShorter, `idle for less than ${least}, perhaps between two statements`],
    [others.inTransaction, 'in a transaction'],
    [others.atWork, 'at work'],
  ];
  return parts.flatMap(([sessions, why]) => (sessions > 0 ? [`${sessions} ${why}`] : [])).join('; ');
}

type Identity = Pick<Idle, 'pid' | 'start' | 'changed'>;

/** The same sessions, idle since the same moment: whoever has worked since is left alone. */
function fromOf(sessions: readonly Identity[]): string {
  const rows = sessions.map(
    ({ pid, start, changed }) => `(${pid}, ${escapeLiteral(start)}, ${escapeLiteral(changed)})`,
  );
  return `FROM pg_stat_activity a JOIN (VALUES ${rows.join(', ')}) p (pid, started, changed) ON p.pid = a.pid AND a.backend_start = p.started::timestamptz AND a.state_change = p.changed::timestamptz WHERE a.state = 'idle'`;
}

function statementOf(sessions: readonly Identity[]): string {
  return `SELECT pg_terminate_backend(a.pid) AS ended ${fromOf(sessions)}`;
}

function sessionsOf(plan: Plan): Identity[] {
  return String(plan.before.sessions)
    .split(';')
    .map((text) => {
      const [pid = '', start = '', changed = ''] = text.split('|');
      if (!/^\d+$/.test(pid) || !timestampText.test(start) || !timestampText.test(changed)) {
        throw new Error('this plan names no sessions; make a new plan');
      }
      return { pid: Number(pid), start, changed };
    });
}
