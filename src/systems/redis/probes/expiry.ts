import type { Reading } from '../../../core/sample.ts';
import type { Probe, ProbeContext } from '../../../core/system.ts';
import { observe, type RedisConnection } from '../client.ts';
import { keyspaceOf, readInfo } from '../info.ts';

const ratio = 'redis.keys.lasting_ratio';
const dayMs = 86_400_000;
/** Of fewer keys the share moves by chance (J). */
const fewestKeys = 1_000;

export const expiry: Probe<RedisConnection> = {
  id: 'redis.expiry',
  summary: 'Keys of a cache that never go by themselves, and whether they become more (INFO keyspace)',
  atMostEveryMs: 3_600_000,
  metrics: {
    [ratio]: {
      summary:
        'Share of keys without an expiry, from 1,000 keys; of a cache only, as stores and queues keep theirs',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'redis.keys.lasting_growth': {
      summary: 'By how much that share is larger than a week ago',
      unit: 'ratio',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async (ask) => {
      const databases = keyspaceOf(await readInfo(ask, 'keyspace'));
      const keys = databases.reduce((sum, one) => sum + one.keys, 0);
      const expiring = databases.reduce((sum, one) => sum + one.expires, 0);
      if (conn.config.role !== 'cache' || keys < fewestKeys) return { readings: [] };
      const now = 1 - expiring / keys;
      return { readings: [{ metric: ratio, value: now }, ...(await growth(now, ctx))] };
    }),
};

/** Nothing while less than a week is kept. */
async function growth(share: number, ctx: ProbeContext): Promise<Reading[]> {
  const now = ctx.clock.now();
  const [series] = (await ctx.recorded?.(ratio, now - 9 * dayMs)) ?? [];
  const before = series?.points.findLast(({ at }) => at <= now - 6.5 * dayMs);
  return before === undefined ? [] : [{ metric: 'redis.keys.lasting_growth', value: share - before.value }];
}
