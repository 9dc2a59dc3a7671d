/** Whether many keys went at once, how they went, and what lookups found since. */
import type { Evidence } from '../../../core/evidence.ts';
import { numberOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import type { RedisConnection } from '../client.ts';
import { keyspaceOf, readInfo } from '../info.ts';
import { flushesOf } from '../probes/keys.ts';
import type { Ask } from '../session.ts';
import { changesOf, look } from './evidence.ts';
import { conclude } from './mass-expiry-findings.ts';
import { largestWave, type Moment } from './wave.ts';

const lookBackMs = 60 * 60_000;
const followed = {
  keys: 'redis.keys',
  expired: 'redis.expirations',
  evicted: 'redis.evictions',
  hits: 'redis.hits',
  misses: 'redis.misses',
  flushes: 'redis.flushes',
} as const;

export const massExpiry: Diagnosis<RedisConnection> = {
  id: 'redis.mass-expiry',
  title: 'many keys went at once',
  summary:
    'Many keys went at once: expired together, evicted, dropped by command, or not there after a restart',
  explains: ['redis.keys-lost', 'redis.hit-ratio', 'redis.cache-churn', 'redis.evictions-rising'],
  async gather(conn, target, ctx) {
    const now = await look(
      conn,
      target,
      ctx,
      {
        id: 'keys-now',
        title: 'Keys and lookups now',
        how: 'INFO stats; INFO keyspace; INFO commandstats; INFO server',
      },
      (ask) => readNow(ask, conn),
    );
    return [now, ...(await waveOf(target, ctx, now)), ...changesOf(target, ctx, /^maxmemory/)];
  },
  conclude,
};

async function readNow(ask: Ask, conn: RedisConnection) {
  const info = await readInfo(ask, 'stats', 'keyspace', 'commandstats', 'server', 'persistence');
  const databases = keyspaceOf(info);
  return {
    facts: {
      role: conn.config.role,
      keys: databases.reduce((sum, { keys }) => sum + keys, 0),
      expiring: databases.reduce((sum, { expires }) => sum + expires, 0),
      expired: info.number('expired_keys') ?? 0,
      evicted: info.number('evicted_keys') ?? 0,
      hits: info.number('keyspace_hits') ?? 0,
      misses: info.number('keyspace_misses') ?? 0,
      flushes: flushesOf(info),
      uptimeSeconds: info.number('uptime_in_seconds') ?? null,
      isLoading: info.number('loading') === 1,
    },
  };
}

/** From what was measured, with the look of now as the newest moment. */
async function waveOf(target: string, ctx: DiagnosisContext, now: Evidence): Promise<Evidence[]> {
  if (now.facts?.keys === undefined) return [];
  const span = { from: now.at - lookBackMs, to: now.at };
  const read = async (metric: string) => {
    const [series] = await ctx.history(target, metric, span).catch(() => []);
    return new Map((series?.at ?? []).map((at, index) => [at, series?.values[index] ?? 0]));
  };
  const names = Object.keys(followed) as (keyof typeof followed)[];
  const series = new Map(
    await Promise.all(names.map(async (name) => [name, await read(followed[name])] as const)),
  );
  const moments = [...(series.get('keys') ?? [])].flatMap(([at]): Moment[] => {
    const value = (name: keyof typeof followed) => series.get(name)?.get(at);
    const [keys, expired, evicted] = [value('keys'), value('expired'), value('evicted')];
    const [hits, misses, flushes] = [value('hits'), value('misses'), value('flushes')];
    // One run of the check writes them all; a moment that lacks one is of an older Upkeep.
    return [keys, expired, evicted, hits, misses].some((one) => one === undefined)
      ? []
      : [
          {
            at,
            keys: keys ?? 0,
            expired: expired ?? 0,
            evicted: evicted ?? 0,
            hits: hits ?? 0,
            misses: misses ?? 0,
            flushes: flushes ?? 0,
          },
        ];
  });
  const fact = (name: string) => numberOf(now.facts?.[name]);
  moments.push({
    at: now.at,
    keys: fact('keys'),
    expired: fact('expired'),
    evicted: fact('evicted'),
    hits: fact('hits'),
    misses: fact('misses'),
    flushes: fact('flushes'),
  });
  const wave = largestWave(moments);
  if (wave === undefined) return [];
  return [
    {
      id: `${target}.key-wave`,
      target,
      title: 'Keys that went at once',
      at: now.at,
      how: `samples of ${Object.values(followed).join(', ')} of the last hour`,
      facts: { ...wave },
      table: {
        columns: ['at', 'keys', 'expired', 'evicted', 'hits', 'misses'],
        rows: moments
          .filter(({ at }) => at >= wave.fromAt - 60_000)
          .slice(0, 30)
          .map(({ at, keys, expired, evicted, hits, misses }) => [at, keys, expired, evicted, hits, misses]),
      },
    },
  ];
}
