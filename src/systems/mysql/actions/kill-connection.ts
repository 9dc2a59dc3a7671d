import { z } from 'zod';
import { defineAction, type Facts, type Plan, type PlanDraft } from '../../../core/action.ts';
import { count } from '../../../core/count.ts';
import { demandPermit, demandSteps } from '../../../core/demand.ts';
import { formatDuration } from '../../../core/time.ts';
import { numberOfError } from '../../../protocols/mysql/failure.ts';
import type { MysqlConnection } from '../client.ts';
import { isOwnThread, isSameMoment, moment, ownSession, threadId, untouchable } from '../identity.ts';
import { type Locks, readLocks, rootsOf, type Transaction, waitsBehind } from '../locks.ts';
import { grantOf, may } from '../privileges.ts';
import type { Thread } from '../sessions.ts';

const input = z.strictObject({
  thread: threadId,
  user: z.string().min(1).describe('User it must belong to'),
  transactionStart: moment
    .optional()
    .describe('When its open transaction began, in UTC; another transaction is not touched'),
  idleSince: moment
    .optional()
    .describe(
      'Of a session without a transaction, which holds a lock of tables: since when it does nothing, in UTC',
    ),
});

/** A session between two statements of one transaction sleeps too, for milliseconds (J). */
const leastIdleSeconds = 5;
/** Rolling back takes about as long as writing did, and cannot be stopped (J). */
const mostRowsModified = 100_000;

export const killConnection = defineAction<MysqlConnection, typeof input>({
  id: 'mysql.kill-connection',
  summary:
    'Ends a session that sleeps and blocks others, in an open transaction, which is rolled back, or with a lock of tables',
  risk: 'risky',
  input,
  privileges: [
    'GRANT PROCESS ON *.* TO upkeep;           -- to see what sessions do',
    'GRANT CONNECTION ADMIN ON *.* TO upkeep;  -- MariaDB 10.5; in MySQL 8 CONNECTION_ADMIN',
  ].join('\n'),

  plan: (conn, wanted, ctx) =>
    conn.work.use(ctx.signal, async (db) => {
      if (!(await may(db, 'sessions')))
        return { refused: `sessions cannot be seen: ${await grantOf(db, 'sessions')}` };
      const locks = await readLocks(db);
      const found = lookFor(locks, wanted);
      const refusal = refusalOf(found, wanted, conn);
      const { session, transaction } = found;
      if (session === undefined && !isOwnThread(wanted.thread, conn))
        return { refused: gone(wanted.thread), isGone: true };
      if (refusal !== undefined || session === undefined) return { refused: refusal ?? gone(wanted.thread) };
      if (!(await may(db, 'kill')))
        return { refused: `other users' sessions may not be ended: ${await grantOf(db, 'kill')}` };
      const blocked = blockingOf(locks, wanted.thread);
      if (typeof blocked === 'string') return { refused: blocked };
      return draft(session, transaction, wanted, locks);
    }),

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const wanted = identityOf(plan);
    const statement = statementOf(wanted.thread);
    demandSteps(plan, [statement]);
    return conn.work.use(ctx.signal, async (db) => {
      const found = lookFor(await readLocks(db), wanted);
      if (found.session === undefined) return `thread ${wanted.thread} was gone already`;
      const refusal = refusalOf(found, wanted, conn);
      if (refusal !== undefined) throw new Error(`${refusal}; nothing was done`);
      try {
        await db.query(statement);
      } catch (error) {
        if (numberOfError(error) !== 1094) throw error;
        return `thread ${wanted.thread} was gone already`;
      }
      return `thread ${wanted.thread} (${wanted.user}) was told to end`;
    });
  },

  verify: (conn, plan, ctx) =>
    conn.work.use(ctx.signal, async (db) => {
      const wanted = identityOf(plan);
      const locks = await readLocks(db);
      const isGone = lookFor(locks, wanted).session === undefined;
      const waiting = new Set(
        [...locks.waits, ...locks.metadataWaiters, ...locks.globalWaiters].map(({ thread }) => thread),
      );
      const still = [...wanted.formerWaiters].filter((thread) => waiting.has(thread));
      const after = { sessionGone: isGone, waitersOfBefore: still.length, waiters: waiting.size };
      if (!isGone) return { good: false, detail: `thread ${wanted.thread} is still there`, after };
      if (still.length > 0) {
        return {
          good: false,
          detail: `${still.length} of those that waited behind thread ${wanted.thread} still wait`,
          after,
        };
      }
      return {
        good: true,
        detail: `thread ${wanted.thread} is gone and nobody who waited behind it waits any more`,
        after,
      };
    }),
});

interface Wanted {
  readonly thread: number;
  readonly user: string;
  readonly transactionStart?: string | undefined;
  readonly idleSince?: string | undefined;
}

interface Found {
  readonly session: Thread | undefined;
  readonly transaction: Transaction | undefined;
}

function lookFor(locks: Locks, { thread, user }: Wanted): Found {
  return {
    session: locks.sessions.find((one) => one.thread === thread && one.user === user),
    transaction: locks.transactions.find((one) => one.thread === thread),
  };
}

function refusalOf(
  { session, transaction }: Found,
  wanted: Wanted,
  conn: MysqlConnection,
): string | undefined {
  const { thread } = wanted;
  if (isOwnThread(thread, conn)) return ownSession(thread);
  if (session === undefined) return gone(thread);
  const refusal = untouchable(session, conn);
  if (refusal !== undefined) return refusal;
  if (session.command !== 'Sleep')
    return `thread ${thread} is at work (${session.command}); its work is not interrupted`;
  const movedOn = movedOnSince(session, transaction, wanted);
  if (movedOn !== undefined) return movedOn;
  if (session.seconds < leastIdleSeconds) {
    return `thread ${thread} has been idle for less than ${leastIdleSeconds} s; it may be between two statements`;
  }
  if (transaction !== undefined && transaction.rowsModified > mostRowsModified) {
    return `thread ${thread} has changed ${transaction.rowsModified} rows: rolling them back takes long and cannot be stopped; a person should decide`;
  }
  return undefined;
}

function movedOnSince(
  session: Thread,
  transaction: Transaction | undefined,
  { thread, transactionStart, idleSince }: Wanted,
): string | undefined {
  if (transactionStart === undefined) {
    if (idleSince === undefined)
      return 'transactionStart or idleSince must name the moment that it is known by';
    if (isSameMoment(session.since, idleSince)) return undefined;
    return `thread ${thread} has moved on: it does nothing since ${session.since}`;
  }
  if (transaction === undefined) return `thread ${thread} has no open transaction now; it has moved on`;
  if (isSameMoment(transaction.since, transactionStart)) return undefined;
  return `thread ${thread} has moved on: its transaction began at ${transaction.since}`;
}

/** How many it holds up, or why it is not to be ended. */
function blockingOf(locks: Locks, thread: number): number | string {
  const root = rootsOf(locks.waits).find((one) => one.thread === thread);
  if (root === undefined) {
    const own = locks.waits.find((wait) => wait.thread === thread);
    return own
      ? `thread ${thread} waits itself, behind thread ${own.blocker}`
      : `thread ${thread} blocks nobody now`;
  }
  const direct = locks.waits.filter((wait) => wait.blocker === thread);
  const isClear = direct.some((wait) => wait.isCertain || wait.candidates === 1);
  return isClear
    ? root.behind.length
    : `who holds the lock cannot be read and several could: INSTALL SONAME 'metadata_lock_info' (MariaDB) shows it`;
}

function gone(thread: number): string {
  return `thread ${thread} of this user is not there any more`;
}

function draft(
  session: Thread,
  transaction: Transaction | undefined,
  wanted: Wanted,
  locks: Locks,
): PlanDraft {
  const behind = waitsBehind(locks, wanted.thread);
  const tables = [
    ...new Set(
      locks.waits
        .filter(({ thread, table }) => table !== '' && behind.includes(thread))
        .map(({ table }) => table),
    ),
  ];
  const before: Facts = {
    thread: wanted.thread,
    user: wanted.user,
    ...(wanted.transactionStart === undefined
      ? { idleSince: wanted.idleSince ?? null }
      : { transactionStart: wanted.transactionStart }),
    host: session.host,
    idleSeconds: Math.round(session.seconds),
    transactionSeconds: transaction?.seconds ?? null,
    rowsModified: transaction?.rowsModified ?? 0,
    waiters: behind.length,
    waiterThreads: behind.join(' '),
  };
  return {
    summary: `End thread ${wanted.thread} (${session.user} from ${session.host}), asleep ${transaction === undefined ? 'with a lock' : 'in a transaction'} for ${formatDuration(session.seconds * 1_000)}, which blocks ${count(behind.length, 'session')}${tables.length === 0 ? '' : ` on ${tables.slice(0, 3).join(', ')}`}`,
    steps: [statementOf(wanted.thread)],
    before,
    expect: `thread ${wanted.thread} is gone, and the ${behind.length} sessions behind it get their locks`,
    undo: {
      possible: false,
      how: `A session cannot be brought back. ${transaction === undefined ? 'It has no open transaction, so nothing is rolled back' : `Its open transaction (${transaction.rowsModified} rows changed) is rolled back as if it had failed`}; the client sees a lost connection and may repeat its work.`,
    },
    subjects: [`session ${session.thread}`],
    verifyWithinMs: 15_000,
    holdMs: 30_000,
  };
}

function statementOf(thread: number): string {
  return `KILL CONNECTION ${thread}`;
}

function identityOf(plan: Plan) {
  const { before } = plan;
  const parsed = input.parse({
    thread: before.thread,
    user: before.user,
    transactionStart: before.transactionStart,
    idleSince: before.idleSince,
  });
  const waiters = String(before.waiterThreads ?? '')
    .split(' ')
    .filter(Boolean);
  return { ...parsed, formerWaiters: new Set(waiters.map(Number)) };
}
