import { z } from 'zod';
import { defineAction } from '../../../core/action.ts';
import { demandPermit, demandSteps } from '../../../core/demand.ts';
import type { RedisConnection } from '../client.ts';
import { messageOf } from '../failure.ts';
import type { Ask } from '../session.ts';

const input = z.strictObject({});
const step = 'SCRIPT KILL';

export const scriptKill = defineAction<RedisConnection, typeof input>({
  id: 'redis.script-kill',
  summary: 'Ends a script that keeps the server busy, as long as it has written nothing',
  risk: 'risky',
  input,
  privileges: 'ACL SETUSER upkeep +script|kill +ping',

  plan: (conn, _, ctx) =>
    conn.session.use(ctx.signal, async (ask) => {
      const busy = await busyWith(ask);
      if (busy === undefined) return { refused: 'no script keeps the server busy now' };
      return {
        summary: 'End the script that keeps the server busy',
        steps: [step],
        before: { answer: busy },
        expect: 'the server answers PING again',
        undo: {
          possible: false,
          how: 'Nothing needs taking back: a script that has written anything is not ended by this command.',
        },
        verifyWithinMs: 10_000,
        holdMs: 10_000,
      };
    }),

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    demandSteps(plan, [step]);
    return conn.session.use(ctx.signal, async (ask) => {
      try {
        await ask('SCRIPT', 'KILL');
        return 'the script was ended';
      } catch (error) {
        const said = messageOf(error);
        if (said.startsWith('NOTBUSY')) return 'no script ran any more';
        if (said.startsWith('UNKILLABLE'))
          throw new Error(
            'the script has written already: only SHUTDOWN NOSAVE would end it and lose data, which Upkeep never does. Wait for it, or let people decide',
          );
        throw error;
      }
    });
  },

  verify: (conn, _, ctx) =>
    conn.session.use(ctx.signal, async (ask) => {
      const busy = await busyWith(ask);
      return busy === undefined
        ? { good: true, detail: 'the server answers again' }
        : { good: false, detail: busy };
    }),
});

async function busyWith(ask: Ask): Promise<string | undefined> {
  try {
    await ask('PING');
    return undefined;
  } catch (error) {
    if (messageOf(error).startsWith('BUSY')) return messageOf(error);
    throw error;
  }
}
