import { z } from 'zod';
import { defineAction, type Plan } from '../../../core/action.ts';
import { demandPermit, demandSteps, demandUnchanged } from '../../../core/demand.ts';
import { formatDuration } from '../../../core/time.ts';
import { quoteAccount } from '../../../protocols/mysql/grants.ts';
import { goSeconds } from '../access.ts';
import type { TidbConnection } from '../client.ts';
import { defaultLife, readCollection } from '../gc.ts';
import type { Db } from '../session.ts';

const life = z
  .string()
  .regex(/^(\d+h)?(\d+m)?(\d+s)?$/, 'a duration of TiDB such as 10m0s')
  .refine((text) => (goSeconds(text) ?? 0) >= 600, 'TiDB keeps old versions for 10m at least')
  .default(defaultLife)
  .describe('How long old versions are to be kept; less than now');

const input = z.strictObject({ life });

const variable = 'tidb_gc_life_time';

export const setGcLife = defineAction<TidbConnection, typeof input>({
  id: 'tidb.set-gc-life',
  summary: 'Sets back how long old versions are kept, after somebody raised it; the former value to undo',
  risk: 'risky',
  input,
  privileges: [
    'GRANT SELECT ON mysql.tidb TO upkeep;           -- to see how it stands',
    'GRANT SYSTEM_VARIABLES_ADMIN ON *.* TO upkeep;  -- to set it',
  ].join('\n'),

  plan: (conn, wanted, ctx) =>
    conn.work.use(ctx.signal, async (db) => {
      const read = await readCollection(db, []);
      if ('missing' in read) return { refused: `${read.missing.reason}: ${read.missing.remedy}` };
      const { life: former, lifeSeconds } = read.collection;
      const seconds = goSeconds(wanted.life) ?? 0;
      if (goSeconds(former) === undefined)
        return { refused: `${variable} is ${former}, which is no duration` };
      if (seconds >= lifeSeconds) return { refused: `${variable} is ${former}, no more than ${wanted.life}` };
      const { account, has } = await db.privileges();
      if (!has('SYSTEM_VARIABLES_ADMIN', 'SUPER'))
        return {
          refused: `${account} may not set it: GRANT SYSTEM_VARIABLES_ADMIN ON *.* TO ${quoteAccount(account)};`,
        };
      return {
        summary: `Keep old versions for ${wanted.life} instead of ${former}; reads of a moment before that fail from then on`,
        steps: [stepOf(wanted.life)],
        before: { wanted: wanted.life, life: former },
        expect: `${variable} is ${wanted.life}; the safepoint follows within ${formatDuration(1_200_000)}`,
        undo: {
          possible: true,
          how: `${stepOf(former)}: keeps from then on; what was collected meanwhile stays gone`,
        },
        touches: ['production-change'],
        verifyWithinMs: 30_000,
        holdMs: 60_000,
      };
    }),

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const wanted = durationIn(plan, 'wanted');
    demandSteps(plan, [stepOf(wanted)]);
    return conn.work.use(ctx.signal, async (db) => {
      const now = await current(db);
      if (now === wanted) return `${variable} was ${wanted} already`;
      demandUnchanged(plan, { life: now }, variable);
      await db.query(stepOf(wanted));
      return `${variable} is ${wanted}, it was ${now}`;
    });
  },

  verify: (conn, plan, ctx) =>
    conn.work.use(ctx.signal, async (db) => {
      const [now, wanted] = [await current(db), durationIn(plan, 'wanted')];
      return { good: now === wanted, detail: `${variable} is ${now}`, after: { life: now } };
    }),

  async undo(conn, plan, permit, ctx) {
    demandPermit(permit);
    const [wanted, former] = [durationIn(plan, 'wanted'), durationIn(plan, 'life')];
    return conn.work.use(ctx.signal, async (db) => {
      const now = await current(db);
      if (now === former) return `${variable} was ${former} already`;
      if (now !== wanted)
        throw new Error(`${variable} is ${now}: somebody else has set it since; nothing was done`);
      await db.query(stepOf(former));
      return `${variable} is ${former} again`;
    });
  },
});

function stepOf(value: string): string {
  return `SET GLOBAL ${variable} = '${value}'`;
}

/** Parsed anew: it becomes part of a statement. */
function durationIn({ before }: Plan, name: 'wanted' | 'life'): string {
  return z
    .string()
    .regex(/^[\dhms.]+$/)
    .parse(before[name]);
}

async function current(db: Db): Promise<string> {
  const read = await readCollection(db, []);
  if ('missing' in read) throw new Error(`${read.missing.reason}: ${read.missing.remedy}`);
  return read.collection.life;
}
