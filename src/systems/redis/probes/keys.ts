import type { Reading } from '../../../core/sample.ts';
import type { Probe, ProbeContext } from '../../../core/system.ts';
import { observe, type RedisConnection } from '../client.ts';
import type { RedisConfig } from '../config.ts';
import { callsOf, type Info, keyspaceOf, readInfo } from '../info.ts';
import { lostKeys } from './lost-keys.ts';

/** Below this many lookups in the window the ratio says nothing; no value is reported then. */
const fewestLookups = 1_000;

export const keys: Probe<RedisConnection> = {
  id: 'redis.keys',
  summary: 'Hits, evictions, expiries and keys (INFO stats, keyspace, commandstats)',
  metrics: {
    'redis.keys': { summary: 'Keys of all databases', unit: 'count', kind: 'gauge' },
    'redis.keys.expiring_ratio': {
      summary: 'Share of keys with an expiry',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'redis.commands': { summary: 'Commands processed', unit: 'count', kind: 'counter', isTraffic: true },
    'redis.evictions': { summary: 'Keys evicted for want of memory', unit: 'count', kind: 'counter' },
    'redis.evictions.lost': {
      summary: 'The same where they are losses: in a store or queue; 0 for a cache',
      unit: 'count',
      kind: 'counter',
    },
    'redis.evictions.turnover': {
      summary: 'For a cache: keys evicted an hour as a share of all keys, at the rate since the last run',
      unit: 'ratio',
      kind: 'gauge',
    },
    'redis.expirations': { summary: 'Keys whose time was up', unit: 'count', kind: 'counter' },
    'redis.hits': { summary: 'Lookups that found their key', unit: 'count', kind: 'counter' },
    'redis.misses': { summary: 'Lookups that found nothing', unit: 'count', kind: 'counter' },
    'redis.flushes': { summary: 'FLUSHALL and FLUSHDB', unit: 'count', kind: 'counter' },
    'redis.keys.lost_ratio': {
      summary:
        'Share of the keys of the last five minutes that is gone; 0 below 1,000 keys and where they ran out as usual, not of a queue',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'redis.hit_ratio': {
      summary: `Share of lookups that found a key since the last run, when there were ${fewestLookups} or more`,
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
  },
  // A ratio over a window needs traffic in it; a second is too short on a quiet server.
  atMostEveryMs: 10_000,
  run: (conn, ctx) =>
    observe(conn, ctx, async (ask) => {
      const info = await readInfo(ask, 'stats', 'keyspace', 'commandstats');
      const databases = keyspaceOf(info);
      const total = databases.reduce((sum, { keys: count }) => sum + count, 0);
      const expiring = databases.reduce((sum, { expires }) => sum + expires, 0);
      const evicted = info.number('evicted_keys') ?? 0;
      const expired = info.number('expired_keys') ?? 0;
      const misses = info.number('keyspace_misses') ?? 0;
      return {
        readings: [
          { metric: 'redis.keys', value: total },
          ...(total > 0 ? [{ metric: 'redis.keys.expiring_ratio', value: expiring / total }] : []),
          { metric: 'redis.commands', value: info.number('total_commands_processed') ?? 0 },
          { metric: 'redis.evictions', value: evicted },
          { metric: 'redis.evictions.lost', value: conn.config.role === 'cache' ? 0 : evicted },
          { metric: 'redis.expirations', value: expired },
          { metric: 'redis.hits', value: info.number('keyspace_hits') ?? 0 },
          { metric: 'redis.misses', value: misses },
          { metric: 'redis.flushes', value: flushesOf(info) },
          ...lostKeys(conn, { keys: total, expired, evicted, misses }, ctx),
          ...turnover(evicted, total, conn.config, ctx),
          ...hitRatio(info, ctx),
        ],
      };
    }),
};

/** How often everything was dropped by command since the server started. */
export function flushesOf(info: Info): number {
  return callsOf(info, 'flushall') + callsOf(info, 'flushdb');
}

function turnover(evicted: number, total: number, config: RedisConfig, ctx: ProbeContext): Reading[] {
  const seconds = ctx.increase('clock', ctx.clock.monotonic() / 1_000);
  const more = ctx.increase('evicted', evicted);
  if (config.role !== 'cache' || more === undefined || seconds === undefined || seconds <= 0) return [];
  const anHour = (more / seconds) * 3_600;
  return [{ metric: 'redis.evictions.turnover', value: total === 0 ? 0 : anHour / total }];
}

function hitRatio(info: Info, ctx: ProbeContext): Reading[] {
  const hits = ctx.increase('hits', info.number('keyspace_hits') ?? 0);
  const misses = ctx.increase('misses', info.number('keyspace_misses') ?? 0);
  if (hits === undefined || misses === undefined || hits + misses < fewestLookups) return [];
  return [{ metric: 'redis.hit_ratio', value: hits / (hits + misses) }];
}
