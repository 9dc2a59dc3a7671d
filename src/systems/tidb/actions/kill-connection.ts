import { z } from 'zod';
import { defineAction, type Plan } from '../../../core/action.ts';
import { count } from '../../../core/count.ts';
import { demandPermit, demandSteps } from '../../../core/demand.ts';
import { formatDuration } from '../../../core/time.ts';
import type { TidbConnection } from '../client.ts';
import { readCollection, safePointToleranceMs, usualDelayMs } from '../gc.ts';
import { behind, type Held, readHeld } from '../locks.ts';
import { type Holder, holdersSql } from '../mdl.ts';
import type { Db } from '../session.ts';
import type { Process, Transaction } from '../sessions.ts';
import { isGone, killPrivileges, reach, sessionId, theOne, untouchable } from './session.ts';

const input = z.strictObject({
  id: sessionId,
  user: z.string().min(1).describe('User it must belong to'),
  transaction: z
    .string()
    .regex(/^[1-9]\d{0,19}$/, 'the id of a transaction')
    .describe('Its open transaction (CLUSTER_TIDB_TRX.ID); another transaction is not touched'),
});
type Wanted = z.output<typeof input>;

/** A session between two statements of one transaction is idle too, for milliseconds (J). */
const leastOpenMs = 5_000;
/** As for MySQL: rolling back takes about as long as writing did (J). */
const mostKeys = 100_000;

export const killConnection = defineAction<TidbConnection, typeof input>({
  id: 'tidb.kill-connection',
  summary:
    'Ends a session that is idle in a transaction and blocks others, a schema change or the collection of old versions',
  risk: 'risky',
  input,
  privileges: `${killPrivileges}\nGRANT SELECT ON mysql.tidb_mdl_view TO upkeep;  -- what schema changes wait for`,

  plan: (conn, wanted, ctx) =>
    conn.work.use(ctx.signal, async (db) => {
      const held = await readHeld(db);
      const found = lookFor(held, wanted, conn);
      if ('refused' in found) return found;
      const openMs = ctx.clock.now() - found.transaction.startedAt;
      if (openMs < leastOpenMs)
        return { refused: 'its transaction was begun less than 5 s ago; it may end by itself' };
      const unreached = await reach(db);
      if (unreached !== undefined) return { refused: unreached };
      const blocked = behind(held.waits, wanted.transaction);
      const reason = await reasonFor(db, blocked, found.transaction, wanted.id, ctx.clock.now());
      if (reason === undefined)
        return {
          refused: `session ${wanted.id} blocks nobody: no transaction, schema change or safepoint waits for it`,
        };
      return {
        summary: `End session ${wanted.id} (${wanted.user}), idle in a transaction that has been open for ${formatDuration(openMs)}: it ${reason}`,
        steps: [stepOf(wanted)],
        before: {
          ...wanted,
          instance: found.session.instance,
          host: found.session.host,
          keys: found.transaction.keys,
          waiters: blocked.length,
          waiting: blocked.join(' '),
        },
        expect: 'the session and its transaction are gone, and nobody who waited behind it waits any more',
        undo: {
          possible: false,
          how: `Cannot be taken back: its ${found.transaction.keys} uncommitted keys are rolled back, and its client must log in again.`,
        },
        verifyWithinMs: 30_000,
        holdMs: 30_000,
      };
    }),

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const wanted = wantedOf(plan);
    demandSteps(plan, [stepOf(wanted)]);
    return conn.work.use(ctx.signal, async (db) => {
      const held = await readHeld(db);
      if (!held.processes.some(({ id }) => id === wanted.id)) return `session ${wanted.id} was gone already`;
      const found = lookFor(held, wanted, conn);
      const refusal = 'refused' in found ? found.refused : await reach(db);
      if (refusal !== undefined) throw new Error(`${refusal}; nothing was done`);
      try {
        await db.query(stepOf(wanted));
      } catch (error) {
        if (!isGone(error)) throw error;
        return `session ${wanted.id} was gone already`;
      }
      return `session ${wanted.id} (${wanted.user}) was told to end`;
    });
  },

  verify: (conn, plan, ctx) =>
    conn.work.use(ctx.signal, async (db) => {
      const wanted = wantedOf(plan);
      const held = await readHeld(db);
      const isThere = held.transactions.some(({ id }) => id === wanted.transaction);
      const former = new Set(
        String(plan.before.waiting ?? '')
          .split(' ')
          .filter(Boolean),
      );
      const still = held.waits.filter(
        ({ waiter, holder }) => former.has(waiter) && holder === wanted.transaction,
      ).length;
      const after = { transactionGone: !isThere, waitersOfBefore: still };
      if (isThere) return { good: false, detail: `transaction ${wanted.transaction} is still open`, after };
      return {
        good: still === 0,
        detail:
          still === 0
            ? `the transaction of session ${wanted.id} is gone and nobody waits for it`
            : `${still} still wait for the transaction of session ${wanted.id}`,
        after,
      };
    }),
});

function stepOf({ id }: Wanted): string {
  return `KILL TIDB CONNECTION ${id}`;
}

function wantedOf({ before }: Plan): Wanted {
  return input.parse({ id: before.id, user: before.user, transaction: before.transaction });
}

function lookFor(
  held: Held,
  { id, user, transaction }: Wanted,
  conn: TidbConnection,
): { readonly session: Process; readonly transaction: Transaction } | { refused: string } {
  const session = theOne(held.processes, id, user);
  if ('refused' in session) return session;
  const refusal = untouchable(session, conn);
  if (refusal !== undefined) return { refused: refusal };
  const open = held.transactions.find((one) => one.session === id);
  if (open === undefined) return { refused: `session ${id} has no open transaction any more` };
  if (open.id !== transaction) return { refused: `session ${id} has another transaction open, ${open.id}` };
  if (open.state !== 'Idle' || session.command === 'Query')
    return { refused: `its transaction is at work (${open.state}); only one that does nothing is ended` };
  if (open.keys > mostKeys)
    return { refused: `it has written ${open.keys} keys, over ${mostKeys}: its owner must be asked` };
  return { session, transaction: open };
}

async function reasonFor(
  db: Db,
  blocked: readonly string[],
  transaction: Transaction,
  session: string,
  now: number,
): Promise<string | undefined> {
  if (blocked.length > 0) return `blocks ${count(blocked.length, 'transaction')}`;
  const holders = await db.query<Holder>(holdersSql);
  const held = holders.find((one) => one.session === session);
  if (held !== undefined) return `keeps schema change ${held.job} on ${held.table} waiting`;
  const read = await readCollection(db, []);
  if ('missing' in read || read.collection.safePointAt === undefined) return undefined;
  const { safePointAt, lifeSeconds } = read.collection;
  const isBehind = now - safePointAt > lifeSeconds * 1_000 + usualDelayMs;
  return isBehind && transaction.startedAt <= safePointAt + safePointToleranceMs
    ? 'holds back the collection of old versions'
    : undefined;
}
