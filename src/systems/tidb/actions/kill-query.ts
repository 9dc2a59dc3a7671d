import { z } from 'zod';
import { defineAction, type Plan } from '../../../core/action.ts';
import { count } from '../../../core/count.ts';
import { demandPermit, demandSteps } from '../../../core/demand.ts';
import { formatDuration } from '../../../core/time.ts';
import type { TidbConnection } from '../client.ts';
import { leastShare, usageSql } from '../diagnoses/memory.ts';
import { behind, type Held, readHeld } from '../locks.ts';
import type { Db } from '../session.ts';
import type { Process } from '../sessions.ts';
import { isGone, killPrivileges, reach, sessionId, theOne, untouchable } from './session.ts';

const input = z.strictObject({
  id: sessionId,
  user: z.string().min(1).describe('User it must belong to'),
  digest: z
    .string()
    .regex(/^[0-9a-f]{6,64}$/, 'the digest of a statement')
    .describe('Digest of the statement that it must run; another one is not touched'),
});
type Wanted = z.output<typeof input>;

/** What has run for less may end by itself before anybody has decided (J). */
const leastSeconds = 5;
/** From here on a server is near the point at which it ends sessions itself (rule tidb.memory). */
const nearlyFull = 0.8;

export const killQuery = defineAction<TidbConnection, typeof input>({
  id: 'tidb.kill-query',
  summary: 'Stops one statement that fills the memory of its server or holds others up; the session stays',
  risk: 'risky',
  input,
  privileges: killPrivileges,

  plan: (conn, wanted, ctx) =>
    conn.work.use(ctx.signal, async (db) => {
      const held = await readHeld(db);
      const session = sameStatement(held, wanted);
      if ('refused' in session) return session;
      const refusal = untouchable(session, conn);
      if (refusal !== undefined) return { refused: refusal };
      if (session.seconds < leastSeconds)
        return { refused: `its statement has run for less than ${leastSeconds} s; it may end by itself` };
      const unreached = await reach(db);
      if (unreached !== undefined) return { refused: unreached };
      const reason = await reasonFor(db, held, session);
      if (reason === undefined)
        return { refused: `session ${wanted.id} holds up nobody and does not fill the memory of its server` };
      return {
        summary: `Stop the statement of session ${wanted.id} (${wanted.user}) that has run for ${formatDuration(session.seconds * 1_000)}: it ${reason}`,
        steps: [stepOf(wanted)],
        before: {
          ...wanted,
          instance: session.instance,
          host: session.host,
          statement: session.statement,
          runSeconds: session.seconds,
          memory: session.memory,
        },
        expect: 'the session runs this statement no more, and its memory is given back',
        undo: {
          possible: false,
          how: 'Nothing needs taking back: what the statement had changed is rolled back. Its client gets error 1317 and may repeat it, with less rows or an index.',
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
      const session = sameStatement(await readHeld(db), wanted);
      if ('refused' in session || session.seconds < Number(plan.before.runSeconds))
        return `the statement of session ${wanted.id} had ended already`;
      const refusal = untouchable(session, conn) ?? (await reach(db));
      if (refusal !== undefined) throw new Error(`${refusal}; nothing was done`);
      try {
        await db.query(stepOf(wanted));
      } catch (error) {
        if (!isGone(error)) throw error;
        return `the statement of session ${wanted.id} had ended already`;
      }
      return `the statement of session ${wanted.id} (${wanted.user}) was told to stop`;
    });
  },

  verify: (conn, plan, ctx) =>
    conn.work.use(ctx.signal, async (db) => {
      const wanted = wantedOf(plan);
      const session = sameStatement(await readHeld(db), wanted);
      // The same statement again, begun since, is another one.
      const isRunning = !('refused' in session) && session.seconds >= Number(plan.before.runSeconds);
      return {
        good: !isRunning,
        detail: isRunning
          ? `session ${wanted.id} still runs the statement`
          : `session ${wanted.id} runs this statement no more`,
        after: { statementGone: !isRunning },
      };
    }),
});

function stepOf({ id }: Wanted): string {
  return `KILL TIDB QUERY ${id}`;
}

function wantedOf({ before }: Plan): Wanted {
  return input.parse({ id: before.id, user: before.user, digest: before.digest });
}

function sameStatement({ processes }: Held, { id, user, digest }: Wanted): Process | { refused: string } {
  const session = theOne(processes, id, user);
  if ('refused' in session) return session;
  if (session.command !== 'Query' && session.command !== 'Execute')
    return { refused: `session ${id} runs no statement now (${session.command})` };
  return session.digest === digest ? session : { refused: `session ${id} runs another statement` };
}

async function reasonFor(db: Db, held: Held, session: Process): Promise<string | undefined> {
  const transaction = held.transactions.find((one) => one.session === session.id);
  const waiting = transaction === undefined ? 0 : behind(held.waits, transaction.id).length;
  if (waiting > 0) return `holds up ${count(waiting, 'transaction')}`;
  const servers = await db.query<{ instance: string; most: number; used: number }>(usageSql);
  const server = servers.find(({ instance }) => instance === session.instance);
  const [most, used] = [Number(server?.most ?? 0), Number(server?.used ?? 0)];
  if (most <= 0 || used < most * nearlyFull || session.memory < most * leastShare) return undefined;
  return `takes ${Math.round((session.memory / most) * 100)} % of the memory of its server, which is ${Math.round((used / most) * 100)} % full`;
}
