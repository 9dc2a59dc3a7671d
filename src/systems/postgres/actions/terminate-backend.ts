import { defineAction, type Facts, type NoPlan, type Plan } from '../../../core/action.ts';
import { GuardRefusal, Permit } from '../../../core/guard.ts';
import { formatDuration } from '../../../core/time.ts';
import { readWaiters, rootsOf, type Waiter } from '../blocking-tree.ts';
import type { PostgresConnection } from '../client.ts';
import { type Backend, backendInput, gone, readBackend, timestampText, untouchable } from './backend.ts';

/**
 * A session between two statements of one transaction is idle in transaction too, for milliseconds;
 * one that was so this long has been left (J).
 */
const leastIdleSeconds = 5;

export const terminateBackend = defineAction<PostgresConnection, typeof backendInput>({
  id: 'postgres.terminate-backend',
  summary:
    'Ends a session that is idle in transaction and blocks others; its open transaction is rolled back',
  risk: 'risky',
  input: backendInput,
  privileges: [
    'GRANT pg_monitor TO upkeep;         -- to see what the session does',
    'GRANT pg_signal_backend TO upkeep;  -- to end sessions of roles that are no superusers; only a superuser may end a superuser’s',
  ].join('\n'),

  plan: (conn, { pid, backendStart, evenSuperuser }, ctx) =>
    conn.work.use(ctx.signal, async (query) => {
      const session = await readBackend(query, pid, backendStart);
      const refusal = refusalOf(session, pid, evenSuperuser);
      if (session === undefined) return { refused: gone(pid), isGone: true };
      if (refusal !== undefined) return { refused: refusal };
      const waiters = await readWaiters(query);
      const root = rootsOf(waiters).find((candidate) => candidate.pid === pid);
      if (root === undefined) return notRoot(pid, waiters);
      const behind = waiters.filter((waiter) => root.behind.includes(waiter.pid));
      const before = factsOf(session, { pid, backendStart }, behind);
      return planOf(session, before, behind);
    }),

  async apply(conn, plan, permit, ctx) {
    if (!Permit.isGenuine(permit)) throw new GuardRefusal('this permit was not issued by the guard');
    const { pid, backendStart, xactStart, role } = identityOf(plan);
    const statement = statementOf(pid, backendStart, xactStart);
    if (plan.steps.length !== 1 || plan.steps[0] !== statement) {
      throw new Error('the step of this plan is not the one its before-state calls for; make a new plan');
    }
    return conn.work.use(ctx.signal, async (query) => {
      if ((await readBackend(query, pid, backendStart)) === undefined) return `pid ${pid} was gone already`;
      const rows = await query<{ ended: boolean }>(statement);
      if (rows.length > 0) return `pid ${pid} (${role}) was told to end`;
      if ((await readBackend(query, pid, backendStart)) === undefined) return `pid ${pid} was gone already`;
      throw new Error(
        `pid ${pid} has moved on: it is no longer idle in the same transaction; nothing was done`,
      );
    });
  },

  verify: (conn, plan, ctx) =>
    conn.work.use(ctx.signal, async (query) => {
      const { pid, backendStart, formerWaiters } = identityOf(plan);
      const isGone = (await readBackend(query, pid, backendStart)) === undefined;
      const waiters = await readWaiters(query);
      const stillWaiting = waiters.filter((waiter) => formerWaiters.has(`${waiter.pid}`));
      const after = {
        sessionGone: isGone,
        waitersOfBefore: stillWaiting.length,
        waiters: new Set(waiters.map((waiter) => waiter.pid)).size,
        longestWaitSeconds: Math.max(0, ...waiters.map((waiter) => waiter.waitSeconds)),
      };
      if (!isGone) return { good: false, detail: `pid ${pid} is still there`, after };
      if (stillWaiting.length > 0) {
        return {
          good: false,
          detail: `${stillWaiting.length} of those that waited behind pid ${pid} still wait`,
          after,
        };
      }
      return {
        good: true,
        detail: `pid ${pid} is gone and nobody who waited behind it waits any more`,
        after,
      };
    }),
});

function refusalOf(session: Backend | undefined, pid: number, evenSuperuser: boolean): string | undefined {
  const reason = untouchable(session, pid, evenSuperuser);
  if (session === undefined || reason !== undefined) return reason;
  if (!session.state?.startsWith('idle in transaction')) {
    return `pid ${pid} is ${session.state ?? 'in an unknown state'}, not idle in transaction; its work is not interrupted`;
  }
  if ((session.idle_seconds ?? 0) < leastIdleSeconds) {
    return `pid ${pid} has been idle in transaction for less than ${leastIdleSeconds} s; it may be between two statements`;
  }
  if (!session.may_signal) {
    return `Upkeep's role may not end sessions of ${session.role}; as a superuser: GRANT pg_signal_backend TO ${session.own_role};`;
  }
  return undefined;
}

function notRoot(pid: number, waiters: readonly Waiter[]): NoPlan {
  const own = waiters.find((waiter) => waiter.pid === pid);
  return {
    refused: own
      ? `pid ${pid} waits itself, behind pid ${own.blockers.join(', ')}; it is not the root of the blocking`
      : `pid ${pid} blocks nobody now`,
  };
}

function factsOf(
  session: Backend,
  identity: { pid: number; backendStart: string },
  behind: readonly Waiter[],
): Facts {
  const pids = [...new Set(behind.map((waiter) => waiter.pid))].sort((a, b) => a - b);
  return {
    ...identity,
    role: session.role,
    application: session.application,
    state: session.state,
    xactStart: session.xact_start,
    waiters: pids.length,
    waiterPids: pids.join(' '),
    xactSeconds: Math.round(session.xact_seconds ?? 0),
    idleSeconds: Math.round(session.idle_seconds ?? 0),
    longestWaitSeconds: Math.round(Math.max(0, ...behind.map((waiter) => waiter.waitSeconds))),
  };
}

function planOf(session: Backend, before: Facts, behind: readonly Waiter[]) {
  const pid = Number(before.pid);
  const objects = [...new Set(behind.flatMap((waiter) => waiter.object ?? []))].slice(0, 3).join(', ');
  const idle = formatDuration((session.idle_seconds ?? 0) * 1_000);
  return {
    summary: `End pid ${pid} (${session.role}, ${session.application || 'no application name'}), ${session.state} for ${idle}, which blocks ${before.waiters} sessions${objects === '' ? '' : ` on ${objects}`}`,
    steps: [statementOf(pid, String(before.backendStart), String(before.xactStart))],
    before,
    expect: `pid ${pid} is gone, the ${before.waiters} sessions behind it get their locks, and latency is back to what it was`,
    undo: {
      possible: false,
      how: 'A session cannot be brought back. Its open transaction is rolled back as if it had failed; the client sees a lost connection (57P01) and may repeat its work.',
    },
    subjects: [`session ${pid}`],
    verifyWithinMs: 15_000,
    holdMs: 30_000,
  };
}

/** Ends the session only if it is still the same one, idle in the same transaction. */
function statementOf(pid: number, backendStart: string, xactStart: string): string {
  return `SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity WHERE pid = ${pid} AND backend_start = '${backendStart}' AND xact_start = '${xactStart}' AND state IN ('idle in transaction', 'idle in transaction (aborted)')`;
}

function identityOf(plan: Plan) {
  const { before } = plan;
  const parsed = backendInput
    .pick({ pid: true, backendStart: true })
    .parse({ pid: before.pid, backendStart: before.backendStart });
  const xactStart = String(before.xactStart);
  if (!timestampText.test(xactStart))
    throw new Error('this plan has no start of the transaction; make a new plan');
  return {
    ...parsed,
    xactStart,
    role: String(before.role),
    formerWaiters: new Set(String(before.waiterPids).split(' ')),
  };
}
