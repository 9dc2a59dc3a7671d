import { z } from 'zod';
import { defineAction } from '../../../core/action.ts';
import { demandPermit } from '../../../core/demand.ts';
import type { RedisConnection } from '../client.ts';
import { errorsOf, readInfo } from '../info.ts';
import { changeSetting, putBack, readSetting, settingStep } from './setting.ts';

const input = z.strictObject({
  policy: z
    .enum(['allkeys-lru', 'allkeys-lfu', 'volatile-lru', 'volatile-lfu', 'volatile-ttl', 'noeviction'])
    .describe('What is given up when memory is full'),
});

/** Writes that are still refused show within this time. */
const watchMs = 500;

export const setMaxmemoryPolicy = defineAction<RedisConnection, typeof input>({
  id: 'redis.set-maxmemory-policy',
  summary:
    'Lets a cache evict what is used least instead of refusing writes; the policy of before is put back to undo it',
  risk: 'risky',
  input,
  privileges: 'ACL SETUSER upkeep +config|get +config|set +info',

  plan: (conn, { policy }, ctx) =>
    conn.session.use(ctx.signal, async (ask) => {
      const { role } = conn.config;
      if (role !== 'cache' && policy !== 'noeviction')
        return {
          refused: `it is a ${role}: evicting would lose data. Where it is a cache, say so with role: cache`,
        };
      const now = await readSetting(ask, 'maxmemory-policy');
      if (now === policy) return { refused: `maxmemory-policy is ${policy} already` };
      const info = await readInfo(ask, 'memory', 'stats', 'errorstats');
      return {
        summary: `Set maxmemory-policy from ${now} to ${policy}`,
        steps: [settingStep('maxmemory-policy', policy)],
        before: {
          'maxmemory-policy': now,
          refusedWrites: errorsOf(info, 'OOM'),
          evicted: info.number('evicted_keys') ?? 0,
          used: info.number('used_memory') ?? 0,
        },
        expect:
          policy === 'noeviction'
            ? 'nothing is evicted any more'
            : 'writes are no longer refused for lack of memory; keys are evicted for them, and those are gone',
        undo: {
          possible: true,
          how: `${settingStep('maxmemory-policy', now)}${policy === 'noeviction' ? '' : '; keys that were evicted by then are gone and do not come back'}`,
        },
        verifyWithinMs: 15_000,
        holdMs: 30_000,
      };
    }),

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const { policy } = input.parse(plan.input);
    return conn.session.use(ctx.signal, (ask) => changeSetting(ask, plan, 'maxmemory-policy', policy));
  },

  verify: (conn, plan, ctx) =>
    conn.session.use(ctx.signal, async (ask) => {
      const { policy } = input.parse(plan.input);
      const now = await readSetting(ask, 'maxmemory-policy');
      const first = errorsOf(await readInfo(ask, 'errorstats'), 'OOM');
      await ctx.clock.sleep(watchMs, ctx.signal);
      const info = await readInfo(ask, 'errorstats', 'stats');
      const refused = errorsOf(info, 'OOM') - first;
      return {
        good: now === policy && refused === 0,
        detail:
          now === policy
            ? `${policy} holds; ${refused === 0 ? 'no write was refused' : `${refused} writes were still refused`} within ${watchMs} ms`
            : `maxmemory-policy is ${now}, not ${policy}`,
        after: {
          'maxmemory-policy': now,
          refusedWrites: first + refused,
          evicted: info.number('evicted_keys') ?? 0,
        },
      };
    }),

  async undo(conn, plan, permit, ctx) {
    demandPermit(permit);
    const { policy } = input.parse(plan.input);
    return conn.session.use(ctx.signal, (ask) => putBack(ask, plan, 'maxmemory-policy', policy));
  },
});
