import type { Fault } from '../fault.ts';
import type { DemoRedis } from '../redis.ts';

const prefix = 'export:page:';
const pageBytes = 64 * 1024;
const lastBytes = 1024 * 1024;
/** Far more pages than 8 MB has room for. */
const atMostPages = 1_000;

export function redisFull(redis: DemoRedis): Fault {
  const isPresent = () => redis.use((client) => isRefused(client.set(`${prefix}probe`, '1', 'EX', 1)));
  return {
    name: 'redis-full',
    key: 'r',
    title: 'Redis full',
    does: `SET ${prefix}<n> <64 KiB> until Redis (maxmemory 8mb, noeviction) answers OOM; DEL the last two; SETRANGE ${prefix}last ${lastBytes - 1} x`,
    expect: { target: 'cache', rule: 'redis.memory', diagnosis: 'redis.memory-full' },
    healedByUpkeep: false,
    inject: () =>
      redis.use(async (client) => {
        const page = 'x'.repeat(pageBytes);
        let n = 0;
        while (n < atMostPages && !(await isRefused(client.set(`${prefix}${n}`, page)))) n += 1;
        // Buffers of connections count as memory and come and go: without a margin there is room again at once.
        // Only a write that is small on the wire and large in memory gets beyond the limit.
        await client.del(`${prefix}${n - 1}`, `${prefix}${n - 2}`);
        await client.setrange(`${prefix}last`, lastBytes - 1, 'x');
      }),
    heal: () =>
      redis.use(async (client) => {
        for (let cursor = '0'; ; ) {
          const [next, keys] = await client.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', 1_000);
          if (keys.length > 0) await client.unlink(...keys);
          if (next === '0') return;
          cursor = next;
        }
      }),
    isPresent,
  };
}

async function isRefused(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return false;
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('OOM')) return true;
    throw error;
  }
}
