import { defineAction, type Plan, type PlanDraft } from '../../../core/action.ts';
import { demandPermit, demandSteps } from '../../../core/demand.ts';
import { plain } from '../../../core/plain.ts';
import { formatDuration } from '../../../core/time.ts';
import { readWaiters } from '../blocking-tree.ts';
import type { PostgresConnection } from '../client.ts';
import { type Backend, backendInput, gone, readBackend, timestampText, untouchable } from './backend.ts';

/** Shorter than this a statement may be about to end by itself (J); one that makes others queue is another matter. */
const leastSeconds = 30;

export const cancelBackend = defineAction<PostgresConnection, typeof backendInput>({
  id: 'postgres.cancel-backend',
  summary:
    'Takes back the statement that a session runs: one that others queue behind, or that has run for long; the session stays',
  risk: 'risky',
  input: backendInput,
  privileges: [
    'GRANT pg_monitor TO upkeep;         -- to see what the session does',
    'GRANT pg_signal_backend TO upkeep;  -- to cancel statements of roles that are no superusers',
  ].join('\n'),

  plan: (conn, { pid, backendStart, evenSuperuser }, ctx) =>
    conn.work.use(ctx.signal, async (query) => {
      const session = await readBackend(query, pid, backendStart);
      const refused = untouchable(session, pid, evenSuperuser) ?? reasonNotTo(session, pid);
      if (session === undefined) return { refused: gone(pid), isGone: true };
      if (refused !== undefined) return { refused };
      const behind = new Set(
        (await readWaiters(query))
          .filter(({ blockers }) => blockers.includes(pid))
          .map((waiter) => waiter.pid),
      );
      if (behind.size === 0 && (session.query_seconds ?? 0) < leastSeconds) {
        return { refused: `pid ${pid} holds up nobody and has run for less than ${leastSeconds} s` };
      }
      return draftOf(
        session,
        pid,
        backendStart,
        [...behind].sort((a, b) => a - b),
      );
    }),

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const { pid, backendStart, queryStart } = identityOf(plan);
    const statement = statementOf(pid, backendStart, queryStart);
    demandSteps(plan, [statement]);
    return conn.work.use(ctx.signal, async (query) => {
      const rows = await query(statement);
      return rows.length > 0
        ? `pid ${pid} was told to stop its statement`
        : `pid ${pid} had ended that statement already`;
    });
  },

  verify: (conn, plan, ctx) =>
    conn.work.use(ctx.signal, async (query) => {
      const { pid, backendStart, queryStart } = identityOf(plan);
      const session = await readBackend(query, pid, backendStart);
      const isRunning = session?.state === 'active' && session.query_start === queryStart;
      const former = new Set(String(plan.before.waiterPids).split(' '));
      const waiters = await readWaiters(query);
      const stillBehind = waiters.filter((one) => former.has(`${one.pid}`) && one.blockers.includes(pid));
      const after = {
        isRunning,
        behind: stillBehind.length,
        waiters: new Set(waiters.map((waiter) => waiter.pid)).size,
      };
      if (isRunning) return { good: false, detail: `pid ${pid} still runs that statement`, after };
      if (stillBehind.length > 0) {
        return { good: false, detail: `${stillBehind.length} still wait behind pid ${pid}`, after };
      }
      return { good: true, detail: `pid ${pid} runs it no more and nobody waits behind it`, after };
    }),
});

function reasonNotTo(session: Backend | undefined, pid: number): string | undefined {
  if (session === undefined) return gone(pid);
  if (session.state !== 'active' || session.query_start === null) {
    return `pid ${pid} is ${session.state ?? 'in an unknown state'}: there is no statement to take back`;
  }
  if (/^pg_(dump|basebackup|restore)/.test(session.application)) {
    return `pid ${pid} is ${session.application}: a backup is not cut off`;
  }
  if (!session.may_signal) {
    return `Upkeep's role may not cancel statements of ${session.role}; as a superuser: GRANT pg_signal_backend TO ${session.own_role};`;
  }
  return undefined;
}

function draftOf(session: Backend, pid: number, backendStart: string, behind: readonly number[]): PlanDraft {
  const queryStart = String(session.query_start);
  const since = formatDuration((session.query_seconds ?? 0) * 1_000);
  const holds = behind.length === 0 ? '' : `, which ${behind.length} sessions queue behind`;
  return {
    summary: `Cancel the statement of pid ${pid} (${session.role}, ${session.application || 'no application name'}), ${session.waits_for_lock ? 'waiting for a lock' : 'running'} for ${since}${holds}: ${plain(session.statement ?? '', 120)}`,
    steps: [statementOf(pid, backendStart, queryStart)],
    before: {
      pid,
      backendStart,
      queryStart,
      role: session.role,
      application: session.application,
      querySeconds: Math.round(session.query_seconds ?? 0),
      waiters: behind.length,
      waiterPids: behind.join(' '),
    },
    expect: `pid ${pid} runs something else or nothing${behind.length === 0 ? '' : `, and the ${behind.length} behind it go on`}`,
    undo: {
      possible: false,
      how: 'Nothing needs taking back: the statement is rolled back as if it had failed (57014), the session stays, and its client may repeat it. Repeat a schema change with lock_timeout set.',
    },
    subjects: [`session ${pid}`],
    verifyWithinMs: 15_000,
    holdMs: 15_000,
  };
}

/** Cancels only while the same session runs the same statement. */
function statementOf(pid: number, backendStart: string, queryStart: string): string {
  return `SELECT pg_cancel_backend(pid) AS cancelled FROM pg_stat_activity WHERE pid = ${pid} AND backend_start = '${backendStart}' AND query_start = '${queryStart}' AND state = 'active'`;
}

function identityOf(plan: Plan) {
  const { pid, backendStart } = backendInput.pick({ pid: true, backendStart: true }).parse({
    pid: plan.before.pid,
    backendStart: plan.before.backendStart,
  });
  const queryStart = String(plan.before.queryStart);
  if (!timestampText.test(queryStart)) {
    throw new Error('this plan has no start of the statement; make a new plan');
  }
  return { pid, backendStart, queryStart };
}
