import type { Evidence } from '../../../core/evidence.ts';
import { tableOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import type { RedisConnection } from '../client.ts';
import { errorsOf, keyspaceOf, readInfo } from '../info.ts';
import { limitOf, refusesWrites, whenFull } from '../probes/memory.ts';
import type { Ask } from '../session.ts';
import { changesOf, look } from './evidence.ts';
import { conclude } from './memory-full-findings.ts';

/** Keys looked at, by RANDOMKEY, to see which prefixes hold the memory. */
const sampleSize = 60;

export const memoryFull: Diagnosis<RedisConnection> = {
  id: 'redis.memory-full',
  title: 'memory is full',
  summary: 'Memory is full: what it does to writes, who fills it, what to do for this role',
  explains: ['redis.memory', 'redis.memory-full', 'redis.out-of-memory', 'redis.data-evicted'],
  async gather(conn, target, ctx) {
    const state = await look(
      conn,
      target,
      ctx,
      {
        id: 'memory',
        title: 'Memory and its limit',
        how: 'INFO memory; INFO stats; INFO errorstats; INFO replication; INFO server',
      },
      (ask) => readState(ask, conn, target, ctx),
    );
    const parts = await look(
      conn,
      target,
      ctx,
      { id: 'memory-parts', title: 'What the memory is used for', how: 'MEMORY STATS' },
      readParts,
    );
    const databases = await look(
      conn,
      target,
      ctx,
      { id: 'keyspace', title: 'Keys by database', how: 'INFO keyspace' },
      async (ask) => ({
        table: tableOf(
          ['database', 'keys', 'expires', 'avgTtlMs'],
          keyspaceOf(await readInfo(ask, 'keyspace')),
        ),
      }),
    );
    const prefixes = await look(
      conn,
      target,
      ctx,
      {
        id: 'prefixes',
        title: `Memory by key prefix, from ${sampleSize} keys taken at random`,
        how: 'RANDOMKEY; MEMORY USAGE key',
      },
      samplePrefixes,
    );
    return [state, parts, databases, prefixes, ...changesOf(target, ctx, /^maxmemory/)] satisfies Evidence[];
  },
  conclude,
};

async function readState(ask: Ask, conn: RedisConnection, target: string, ctx: DiagnosisContext) {
  const info = await readInfo(ask, 'memory', 'stats', 'errorstats', 'replication', 'server');
  const earlier = ctx.latest(target, 'redis.memory.used').at(0);
  const earlierErrors = ctx.latest(target, 'redis.errors.oom').at(0);
  const used = info.number('used_memory') ?? 0;
  const refused = errorsOf(info, 'OOM');
  return {
    facts: {
      used,
      limit: limitOf(info, conn.config),
      policy: info.text('maxmemory_policy') ?? null,
      role: conn.config.role,
      whenFull: whenFull(info, conn.config),
      refusesNow: refusesWrites(info),
      peak: info.number('used_memory_peak') ?? null,
      dataset: info.number('used_memory_dataset') ?? null,
      resident: info.number('used_memory_rss') ?? null,
      machine: info.number('total_system_memory') ?? null,
      writesRefused: refused,
      writesRefusedSinceLastSample: earlierErrors ? Math.max(0, refused - earlierErrors.value) : null,
      evicted: info.number('evicted_keys') ?? 0,
      grownSinceLastSample: earlier ? used - earlier.value : null,
      lastSampleAgeMs: earlier ? ctx.clock.now() - earlier.at : null,
    },
  };
}

const interestingParts = [
  'dataset.bytes',
  'overhead.total',
  'clients.normal',
  'clients.slaves',
  'replication.backlog',
  'aof.buffer',
  'lua.caches',
  'startup.allocated',
];

async function readParts(ask: Ask) {
  const reply = await ask('MEMORY', 'STATS');
  const pairs = Array.isArray(reply) ? reply : [];
  const values = new Map<string, number>();
  for (let i = 0; i + 1 < pairs.length; i += 2) {
    if (typeof pairs[i + 1] === 'number') values.set(String(pairs[i]), Number(pairs[i + 1]));
  }
  const rows = interestingParts.flatMap((part) => {
    const bytes = values.get(part);
    return bytes === undefined ? [] : [{ part, bytes }];
  });
  return {
    table: tableOf(
      ['part', 'bytes'],
      rows.toSorted((a, b) => b.bytes - a.bytes),
    ),
  };
}

/** Names of keys may be personal; only their first part is kept. */
async function samplePrefixes(ask: Ask) {
  // One alone first: what an ACL refuses once is not asked sixty times, each counted by the server as a refusal.
  const first = await ask('RANDOMKEY');
  const others = await Promise.all(Array.from({ length: sampleSize - 1 }, () => ask('RANDOMKEY')));
  const sampled = new Set([first, ...others].filter((key) => key !== null).map(String));
  const sizeOf = async (key: string) => ({
    prefix: prefixOf(key),
    bytes: Number((await ask('MEMORY', 'USAGE', key)) ?? 0),
  });
  const [one, ...rest] = sampled;
  const sizes = one === undefined ? [] : [await sizeOf(one), ...(await Promise.all(rest.map(sizeOf)))];
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  const rows = [...Map.groupBy(sizes, ({ prefix }) => prefix)].map(([prefix, members]) => {
    const bytes = members.reduce((sum, member) => sum + member.bytes, 0);
    return {
      prefix,
      keys: members.length,
      bytes,
      share: total === 0 ? 0 : Math.round((100 * bytes) / total) / 100,
    };
  });
  return {
    facts: { keysSampled: sampled.size },
    table: tableOf(
      ['prefix', 'keys', 'bytes', 'share'],
      rows.toSorted((a, b) => b.bytes - a.bytes).slice(0, 10),
    ),
  };
}

function prefixOf(key: string): string {
  const [first = ''] = key.split(/[:/|]/);
  const name = first === key ? '(no prefix)' : first;
  return name.replace(/\d{2,}/g, '#').slice(0, 40);
}
