import { z } from 'zod';
import { defineAction, type Facts, type Plan, type PlanDraft } from '../../../core/action.ts';
import { demandPermit, demandSteps } from '../../../core/demand.ts';
import { formatDuration } from '../../../core/time.ts';
import { numberOfError } from '../../../protocols/mysql/failure.ts';
import { isHere, type MysqlConnection } from '../client.ts';
import { isOwnThread, isSameMoment, moment, ownSession, threadId, untouchable } from '../identity.ts';
import { type Locks, readLocks, waitsBehind, waitsForMetadata } from '../locks.ts';
import { grantOf, may } from '../privileges.ts';
import { roomOf, tmpdirOf } from '../probes/disk.ts';
import type { Db } from '../session.ts';
import { readSessions, type Thread } from '../sessions.ts';
import { definedTable } from '../statement.ts';
import { readVariables } from '../status.ts';

const input = z.strictObject({
  thread: threadId,
  user: z.string().min(1).describe('User it must belong to'),
  statementStart: moment.describe('When its statement began, in UTC; another statement is not touched'),
});

/** What has run for less may end by itself before anybody has decided (J). */
const leastSeconds = 5;
/** Below this room sorts and temporary tables fail (rule mysql.tmpdir). */
const fullBelowBytes = 64 * 1_024 * 1_024;

export const killQuery = defineAction<MysqlConnection, typeof input>({
  id: 'mysql.kill-query',
  summary:
    'Stops one statement that holds others up: waiting DDL, the root of lock waits, or a sort that fills tmpdir',
  risk: 'risky',
  input,
  privileges: [
    'GRANT PROCESS ON *.* TO upkeep;           -- to see what sessions do',
    'GRANT CONNECTION ADMIN ON *.* TO upkeep;  -- MariaDB 10.5; in MySQL 8 CONNECTION_ADMIN',
  ].join('\n'),

  plan: (conn, { thread, user, statementStart }, ctx) =>
    conn.work.use(ctx.signal, async (db) => {
      if (!(await may(db, 'sessions')))
        return { refused: `sessions cannot be seen: ${await grantOf(db, 'sessions')}` };
      const locks = await readLocks(db);
      const session = locks.sessions.find((one) => one.thread === thread);
      const refusal = refusalOf(session, { thread, user, statementStart }, conn);
      if (session === undefined && !isOwnThread(thread, conn)) return { refused: gone(thread), isGone: true };
      if (refusal !== undefined || session === undefined) return { refused: refusal ?? gone(thread) };
      if (!(await may(db, 'kill')))
        return { refused: `other users' statements may not be stopped: ${await grantOf(db, 'kill')}` };
      const reason = await reasonFor(session, locks, db, conn);
      if (reason === undefined) {
        return {
          refused: `thread ${thread} holds up nobody: no session waits behind it, and it fills no temporary disk`,
        };
      }
      return draft(session, { thread, user, statementStart }, locks, reason);
    }),

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const { thread, user, statementStart, queryId } = identityOf(plan);
    const statement = statementOf(thread, queryId);
    demandSteps(plan, [statement]);
    return conn.work.use(ctx.signal, async (db) => {
      const session = await readSame(db, { thread, user, statementStart, queryId });
      if (session === undefined) return `the statement of thread ${thread} had ended already`;
      const refusal = untouchable(session, conn);
      if (refusal !== undefined) throw new Error(refusal);
      try {
        await db.query(statement);
      } catch (error) {
        // No such thread, no such query: it ended between the look and the order.
        if (![1094, 1957].includes(numberOfError(error) ?? 0)) throw error;
        return `the statement of thread ${thread} had ended already`;
      }
      return `the statement of thread ${thread} (${user}) was told to stop`;
    });
  },

  verify: (conn, plan, ctx) =>
    conn.work.use(ctx.signal, async (db) => {
      const identity = identityOf(plan);
      const isGone = (await readSame(db, identity)) === undefined;
      const locks = await readLocks(db);
      const stillWaiting = [...waitingIn(locks)].filter((thread) => identity.formerWaiters.has(thread));
      const after = {
        statementGone: isGone,
        waitersOfBefore: stillWaiting.length,
        waiters: waitingIn(locks).size,
      };
      if (!isGone)
        return { good: false, detail: `thread ${identity.thread} still runs the statement`, after };
      if (stillWaiting.length > 0) {
        return {
          good: false,
          detail: `${stillWaiting.length} of those that waited behind thread ${identity.thread} still wait`,
          after,
        };
      }
      return {
        good: true,
        detail: 'the statement is gone and nobody who waited behind it waits any more',
        after,
      };
    }),
});

interface Wanted {
  readonly thread: number;
  readonly user: string;
  readonly statementStart: string;
}

function refusalOf(session: Thread | undefined, wanted: Wanted, conn: MysqlConnection): string | undefined {
  const { thread, user } = wanted;
  if (isOwnThread(thread, conn)) return ownSession(thread);
  if (session === undefined) return gone(thread);
  if (session.user !== user) return `thread ${thread} belongs to ${session.user}, not to ${user}`;
  const refusal = untouchable(session, conn);
  if (refusal !== undefined) return refusal;
  if (!isRunningOne(session)) return `thread ${thread} runs no statement now (${session.command})`;
  if (!isSameMoment(session.since, wanted.statementStart)) {
    return `thread ${thread} runs another statement, begun at ${session.since}`;
  }
  if (session.seconds < leastSeconds)
    return `its statement has run for less than ${leastSeconds} s; it may end by itself`;
  return undefined;
}

function isRunningOne({ command }: Thread): boolean {
  return command === 'Query' || command === 'Execute';
}

function gone(thread: number): string {
  return `thread ${thread} is not there any more`;
}

async function reasonFor(
  session: Thread,
  locks: Locks,
  db: Db,
  conn: MysqlConnection,
): Promise<string | undefined> {
  const behind = waitsBehind(locks, session.thread).length;
  const table = definedTable(session.statement, session.db);
  if (waitsForMetadata(session) && table !== undefined) {
    return `waits for the definition of ${table} and makes whoever comes after wait (${behind} now)`;
  }
  if (behind > 0) return `holds up ${behind} sessions`;
  if (!isHere(conn.config) || !writesTemporary(session)) return undefined;
  const tmpdir = tmpdirOf((await readVariables(db, 'tmpdir')).text('tmpdir'));
  const room = tmpdir === undefined ? undefined : await roomOf(tmpdir);
  return room !== undefined && room.available < fullBelowBytes
    ? `writes temporary files while ${tmpdir} is full`
    : undefined;
}

/** Stages that write sort files or temporary tables (MySQL manual, "General Thread States"). */
export function writesTemporary({ state }: Pick<Thread, 'state'>): boolean {
  return /sort|tmp table|temporary|Repair by|Creating index/i.test(state ?? '');
}

function waitingIn(locks: Locks): Set<number> {
  return new Set([
    ...locks.waits.map(({ thread }) => thread),
    ...locks.metadataWaiters.map(({ thread }) => thread),
  ]);
}

function draft(session: Thread, wanted: Wanted, locks: Locks, reason: string): PlanDraft {
  const { thread } = wanted;
  const behind = waitsBehind(locks, thread);
  const before: Facts = {
    ...wanted,
    host: session.host,
    state: session.state,
    statement: session.statement,
    queryId: session.queryId,
    runSeconds: Math.round(session.seconds),
    waiters: behind.length,
    waiterThreads: behind.join(' '),
  };
  const waits = waitsForMetadata(session);
  return {
    summary: `Stop the statement of thread ${thread} (${session.user}) that has run for ${formatDuration(session.seconds * 1_000)}: it ${reason}`,
    steps: [statementOf(thread, session.queryId)],
    before,
    expect: `the statement is gone, the connection stays, and the ${behind.length} sessions behind it go on`,
    undo: {
      possible: false,
      how: waits
        ? 'Nothing needs taking back: the statement waited and has changed nothing. Its client gets error 1317 and may repeat it, with lock_wait_timeout set.'
        : 'Nothing needs taking back: what the statement had changed is rolled back by the server. Its client gets error 1317 and may repeat it.',
    },
    subjects: [`session ${session.thread}`],
    verifyWithinMs: 15_000,
    holdMs: 30_000,
  };
}

/** In MariaDB by the id of the statement itself, so that a later one is never hit. */
function statementOf(thread: number, queryId: number | null): string {
  return queryId === null ? `KILL QUERY ${thread}` : `KILL QUERY ID ${queryId}`;
}

function identityOf(plan: Plan) {
  const { before } = plan;
  const parsed = input.parse({
    thread: before.thread,
    user: before.user,
    statementStart: before.statementStart,
  });
  const queryId = before.queryId === null ? null : z.int().positive().parse(before.queryId);
  const waiters = String(before.waiterThreads ?? '')
    .split(' ')
    .filter(Boolean);
  return { ...parsed, queryId, formerWaiters: new Set(waiters.map(Number)) };
}

async function readSame(
  db: Db,
  wanted: Wanted & { readonly queryId: number | null },
): Promise<Thread | undefined> {
  const session = (await readSessions(db)).find((one) => one.thread === wanted.thread);
  if (session === undefined || session.user !== wanted.user || !isRunningOne(session)) return undefined;
  if (wanted.queryId !== null) return session.queryId === wanted.queryId ? session : undefined;
  return isSameMoment(session.since, wanted.statementStart) ? session : undefined;
}
