import { z } from 'zod';
import { defineAction } from '../../../core/action.ts';
import { count } from '../../../core/count.ts';
import { demandPermit, demandSteps } from '../../../core/demand.ts';
import type { RedisConnection } from '../client.ts';
import type { Ask } from '../session.ts';

const input = z.strictObject({
  changed: z
    .string()
    .min(1)
    .max(60)
    .optional()
    .describe('What has changed: a name of `invalidates` in the target, such as user or event'),
  prefix: z.string().min(2).max(200).optional().describe('Keys that begin so, when nothing is named: user:'),
});

/** Keys looked at in one turn; the server answers others between two. */
const perTurn = 1_000;
/** With more keys than this a scan takes minutes of the server's time: people decide. */
const mostKeys = 2_000_000;
/** A small cache is filled again before anybody looks. */
const fewKeys = 20;

export const invalidate = defineAction<RedisConnection, typeof input>({
  id: 'redis.invalidate',
  summary:
    'Drops the entries of a cache that a change made stale, by prefix, without holding the server up; never FLUSHALL',
  risk: 'risky',
  input,
  privileges: 'ACL SETUSER upkeep +scan +unlink +dbsize ~*',

  async plan(conn, wanted, ctx) {
    const { role } = conn.config;
    if (role !== 'cache')
      return { refused: `it is a ${role}: its keys are data. Where it is a cache, say so with role: cache` };
    const prefixes = prefixesOf(conn, wanted);
    if (typeof prefixes === 'string') return { refused: prefixes };
    return conn.session.use(ctx.signal, async (ask) => {
      const all = Number(await ask('DBSIZE'));
      if (all > mostKeys)
        return { refused: `${all} keys: looking through more than ${mostKeys} is a decision of people` };
      const found = await countKeys(ask, prefixes);
      if (found === 0) return { refused: `no key begins with ${prefixes.join(' or ')}` };
      return {
        summary: `Drop ${count(found, 'entry', 'entries')} of ${all} that begin with ${prefixes.join(' or ')}`,
        steps: prefixes.map(stepOf),
        before: { keys: found, allKeys: all, prefixes: JSON.stringify(prefixes) },
        expect: 'these entries are read anew from where they come from',
        undo: {
          possible: false,
          how: 'Nothing needs taking back: it is a cache, its entries are made again when they are asked for. Until then the database behind it has more to do.',
        },
        verifyWithinMs: 30_000,
        holdMs: 0,
      };
    });
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const prefixes = z
      .array(z.string().min(2))
      .min(1)
      .parse(JSON.parse(String(plan.before.prefixes)));
    demandSteps(plan, prefixes.map(stepOf));
    return conn.session.use(ctx.signal, async (ask) => {
      let dropped = 0;
      for (const prefix of prefixes)
        await scan(ask, prefix, async (keys) => {
          dropped += Number(await ask('UNLINK', ...keys));
        });
      return `${count(dropped, 'entry', 'entries')} dropped`;
    });
  },

  verify: (conn, plan, ctx) =>
    conn.session.use(ctx.signal, async (ask) => {
      const prefixes = z.array(z.string()).parse(JSON.parse(String(plan.before.prefixes)));
      const before = Number(plan.before.keys);
      const left = await countKeys(ask, prefixes);
      const good = left < before || before <= fewKeys;
      return {
        good,
        detail: good
          ? `${left} of ${before} such entries are there, made since`
          : `${left} such entries are there, as many as before`,
        after: { keys: left },
      };
    }),
});

const stepOf = (prefix: string) => `SCAN MATCH ${patternOf(prefix)}, UNLINK what it finds`;

/** Glob characters of a prefix stand for themselves. */
function patternOf(prefix: string): string {
  return `${prefix.replace(/[\\*?[\]^]/g, '\\$&')}*`;
}

/** A reason instead of prefixes where nothing may be dropped. */
function prefixesOf(
  { config }: RedisConnection,
  { changed, prefix }: z.output<typeof input>,
): readonly string[] | string {
  if (changed !== undefined && prefix !== undefined) return 'give changed or prefix, not both';
  if (prefix !== undefined) return [prefix];
  const known = Object.keys(config.invalidates);
  if (changed === undefined) return 'say what has changed (changed), or which keys (prefix)';
  const prefixes = Object.hasOwn(config.invalidates, changed) ? config.invalidates[changed] : undefined;
  return prefixes ?? `invalidates of the target knows ${known.join(', ') || 'nothing'}, not ${changed}`;
}

async function countKeys(ask: Ask, prefixes: readonly string[]): Promise<number> {
  let found = 0;
  for (const prefix of prefixes)
    await scan(ask, prefix, async (keys) => {
      found += keys.length;
    });
  return found;
}

async function scan(ask: Ask, prefix: string, take: (keys: string[]) => Promise<void>): Promise<void> {
  let cursor = '0';
  do {
    const reply = await ask('SCAN', cursor, 'MATCH', patternOf(prefix), 'COUNT', perTurn);
    const [next, keys] = z.tuple([z.coerce.string(), z.array(z.coerce.string())]).parse(reply);
    // Whatever a server or a proxy between makes of the pattern, no other key is touched.
    const mine = keys.filter((key) => key.startsWith(prefix));
    if (mine.length > 0) await take(mine);
    cursor = next;
  } while (cursor !== '0');
}
