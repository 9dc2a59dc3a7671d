/**
 * Values of some keys as sums, read before and after a snapshot: what is the same both times was so in the snapshot, too,
 * and must be found in what is restored from it.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { isNotPermitted } from '../failure.ts';
import { keyspaceOf, readInfo } from '../info.ts';
import type { Ask } from '../session.ts';

export const sampledKeys = z.array(
  z.object({
    database: z.number(),
    key: z.string(),
    sum: z.string(),
    /** When it expires, epoch milliseconds; null where it stays. */
    until: z.number().nullable(),
  }),
);
export type SampledKey = z.output<typeof sampledKeys>[number];

const mostKeys = 200;
const mostTries = 400;
/** Larger values cost their server time. */
const mostParts = 1_000;
const mostBytes = 100_000;

type Reader = readonly [
  size: string,
  most: number,
  read: readonly [string, ...(string | number)[]],
  sorted: 0 | 1 | 2,
];

/** How a value is read, and by how many parts its answer has to be sorted: what has no order comes in any. */
const readers: Readonly<Record<string, Reader>> = {
  string: ['STRLEN', mostBytes, ['GET'], 0],
  list: ['LLEN', mostParts, ['LRANGE', 0, -1], 0],
  set: ['SCARD', mostParts, ['SMEMBERS'], 1],
  zset: ['ZCARD', mostParts, ['ZRANGE', 0, -1, 'WITHSCORES'], 0],
  hash: ['HLEN', mostParts, ['HGETALL'], 2],
  stream: ['XLEN', mostParts, ['XRANGE', '-', '+'], 0],
};

/** Random keys of all databases; null where we may not read them. */
export async function sampleKeys(ask: Ask, now: () => number): Promise<SampledKey[] | null> {
  const databases = keyspaceOf(await readInfo(ask, 'keyspace')).map(({ database }) =>
    Number(database.slice(2)),
  );
  const share = Math.ceil(mostKeys / Math.max(1, databases.length));
  try {
    const sampled: SampledKey[] = [];
    for (const database of databases) {
      await ask('SELECT', database);
      for (const key of await randomKeys(ask, share)) {
        const ttl = Number(await ask('PTTL', key));
        const sum = await sumOf(ask, key);
        if (sum !== null) sampled.push({ database, key, sum, until: ttl < 0 ? null : now() + ttl });
      }
    }
    return sampled;
  } catch (error) {
    if (isNotPermitted(error)) return null;
    throw error;
  }
}

async function randomKeys(ask: Ask, most: number): Promise<string[]> {
  const keys = new Set<string>();
  for (let tries = 0; tries < mostTries && keys.size < most; tries++) {
    const key = await ask('RANDOMKEY');
    if (typeof key !== 'string') break;
    // Not text: it could not be asked for again.
    if (!key.includes('\ufffd')) keys.add(key);
  }
  return [...keys];
}

/** Those that are still the same. */
export async function stillSame(ask: Ask, sampled: readonly SampledKey[]): Promise<SampledKey[]> {
  const same: SampledKey[] = [];
  for (const one of sampled) if ((await sumThere(ask, one)) === one.sum) same.push(one);
  return same;
}

/** What of the sample is not as it was, in words; what has expired by now is not missed. */
export async function sampleDifferences(
  ask: Ask,
  sampled: readonly SampledKey[],
  now: number,
): Promise<string[]> {
  const different: string[] = [];
  for (const one of sampled.filter(({ until }) => until === null || until > now + 1_000)) {
    const sum = await sumThere(ask, one);
    if (sum !== one.sum)
      different.push(
        `a ${sum === null ? 'key that was sampled is not there' : 'sampled key has another value'} (database ${one.database})`,
      );
  }
  return different;
}

async function sumThere(ask: Ask, { database, key }: SampledKey): Promise<string | null> {
  await ask('SELECT', database);
  return sumOf(ask, key);
}

/** Null where it is not there, of a type of a module, or larger than may be asked for. */
async function sumOf(ask: Ask, key: string): Promise<string | null> {
  const type = String(await ask('TYPE', key));
  const reader = readers[type];
  if (!reader) return null;
  const [size, most, [command, ...words], sorted] = reader;
  if (Number(await ask(size, key)) > most) return null;
  const value = await ask(command, key, ...words);
  const parts = Array.isArray(value) && sorted > 0 ? grouped(value, sorted).sort() : value;
  return createHash('sha256')
    .update(`${type}\n${JSON.stringify(parts)}`)
    .digest('hex');
}

function grouped(values: readonly unknown[], by: number): string[] {
  const groups: string[] = [];
  for (let at = 0; at < values.length; at += by) groups.push(JSON.stringify(values.slice(at, at + by)));
  return groups;
}
