import type { Missing, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { observe, type RedisConnection } from '../client.ts';
import type { RedisConfig } from '../config.ts';
import { bytesInWords } from '../in-words.ts';
import { errorsOf, type Info, readInfo } from '../info.ts';

export const memory: Probe<RedisConnection> = {
  id: 'redis.memory',
  summary: 'Memory against its limits and writes refused for want of it (INFO memory, errorstats)',
  metrics: {
    'redis.memory.used': { summary: 'Memory for data and overhead', unit: 'bytes', kind: 'gauge' },
    'redis.memory.limit': { summary: 'maxmemory, or the declared plan limit', unit: 'bytes', kind: 'gauge' },
    'redis.memory.used_ratio': {
      summary: 'Used memory as a share of the limit',
      unit: 'ratio',
      kind: 'gauge',
    },
    'redis.memory.harmful_ratio': {
      summary:
        'The same where a full server refuses writes or loses data; 0 for a cache that evicts, as it is meant to be full',
      unit: 'ratio',
      kind: 'gauge',
    },
    'redis.memory.refusing': {
      summary: '1 while memory is over maxmemory and the policy evicts nothing: every write is refused',
      unit: 'state',
      kind: 'gauge',
    },
    'redis.memory.unlimited': {
      summary: '1 without maxmemory and without a declared plan limit',
      unit: 'state',
      kind: 'gauge',
    },
    'redis.memory.resident_ratio': {
      summary: 'Resident memory as a share of that of the machine',
      unit: 'ratio',
      kind: 'gauge',
    },
    'redis.memory.fragmentation_ratio': {
      summary: 'Resident memory ÷ used memory; below 1 a part is swapped out',
      unit: 'ratio',
      kind: 'gauge',
    },
    'redis.errors.oom': {
      summary: 'Writes refused because memory is full',
      unit: 'count',
      kind: 'counter',
    },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async (ask) => {
      const info = await readInfo(ask, 'memory', 'errorstats', 'replication');
      const used = info.number('used_memory') ?? 0;
      const limit = limitOf(info, conn.config);
      const harm = whenFull(info, conn.config);
      const errors = errorsOf(info, 'OOM');
      const isHeld = mayStillRefuse(conn, ctx.increase('redis.errors.oom', errors), {
        isFull: harm === 'refuses writes' && limit > 0 && used >= limit * eased,
      });
      return {
        ...(isHeld ? { missing: [unwritten] } : {}),
        ...(limit === 0
          ? {}
          : { detail: `${Math.round((100 * used) / limit)} % of ${bytesInWords(limit)}; when full ${harm}` }),
        readings: [
          { metric: 'redis.memory.used', value: used },
          { metric: 'redis.memory.refusing', value: refusesWrites(info) ? 1 : 0 },
          { metric: 'redis.memory.unlimited', value: limit === 0 ? 1 : 0 },
          ...(isHeld ? [] : [{ metric: 'redis.errors.oom', value: errors }]),
          ...limited(used, limit, harm),
          ...resident(info),
        ],
      };
    }),
};

/** Below this share of the limit memory no longer counts as full, as for `redis.set-maxmemory`. */
export const eased = 0.95;
const refusing = new WeakSet<RedisConnection>();

const unwritten: Missing = {
  metrics: ['redis.errors.oom'],
  reason: 'writes were refused, memory is as full as then, and none was tried since: no recovery is seen',
  remedy: 'raise maxmemory, or make room; reading alone tells nothing of writes',
};

/** Writes were refused, and that no more are may only mean that nobody writes. */
function mayStillRefuse(
  conn: RedisConnection,
  more: number | undefined,
  { isFull }: { readonly isFull: boolean },
): boolean {
  if (!isFull) refusing.delete(conn);
  else if (more !== undefined && more > 0) refusing.add(conn);
  return refusing.has(conn) && more === 0;
}

function limited(used: number, limit: number, harm: Harm): Reading[] {
  if (limit === 0) return [];
  return [
    { metric: 'redis.memory.limit', value: limit },
    { metric: 'redis.memory.used_ratio', value: used / limit },
    { metric: 'redis.memory.harmful_ratio', value: harm === 'evicts' ? 0 : used / limit },
  ];
}

function resident(info: Info): Reading[] {
  const rss = info.number('used_memory_rss');
  const total = info.number('total_system_memory');
  const fragmentation = info.number('mem_fragmentation_ratio');
  const readings: Reading[] = [];
  if (rss !== undefined && total !== undefined && total > 0) {
    readings.push({ metric: 'redis.memory.resident_ratio', value: rss / total });
  }
  if (fragmentation !== undefined) {
    readings.push({ metric: 'redis.memory.fragmentation_ratio', value: fragmentation });
  }
  return readings;
}

export function limitOf(info: Info, config: RedisConfig): number {
  return info.number('maxmemory') || config.memoryLimit || 0;
}

/**
 * Whether every command that needs memory gets `OOM` at this moment, also where none came: used memory without the
 * buffers that do not count is over maxmemory (`getMaxmemoryState` of evict.c). A replica takes what its primary sends.
 */
export function refusesWrites(info: Info): boolean {
  const limit = info.number('maxmemory') ?? 0;
  const counted = (info.number('used_memory') ?? 0) - (info.number('mem_not_counted_for_evict') ?? 0);
  const isReplica = info.text('role') === 'slave';
  return limit > 0 && counted > limit && info.text('maxmemory_policy') === 'noeviction' && !isReplica;
}

export type Harm = 'refuses writes' | 'loses data' | 'evicts';

/** What happens when memory is full; only for a cache is eviction harmless. */
export function whenFull(info: Info, config: Pick<RedisConfig, 'role'>): Harm {
  if ((info.text('maxmemory_policy') ?? 'noeviction') === 'noeviction') return 'refuses writes';
  return config.role === 'cache' ? 'evicts' : 'loses data';
}
