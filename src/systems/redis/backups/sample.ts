/**
 * Values of some keys as sums, read before and after a snapshot: what is the same both times was so in the snapshot, too,
 * and must be found in what is restored from it.
 */
import { createHash } from 'node:crypto';
import pMap from 'p-map';
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
/** Asked for without waiting for the one before: two megabytes at most are under way. */
const valuesAtOnce = 20;

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
      const seen = await pMap(
        await randomKeys(ask, share),
        async (key) => {
          const ttl = Number(await ask('PTTL', key));
          return { database, key, sum: await sumOf(ask, key), until: ttl < 0 ? null : now() + ttl };
        },
        { concurrency: valuesAtOnce },
      );
      sampled.push(...seen.flatMap((one) => (one.sum === null ? [] : [{ ...one, sum: one.sum }])));
    }
    return sampled;
  } catch (error) {
    if (isNotPermitted(error)) return null;
    throw error;
  }
}

async function randomKeys(ask: Ask, most: number): Promise<string[]> {
  const keys = new Set<string>();
  // What an ACL refuses is refused once, not as often as there are keys to draw.
  await ask('RANDOMKEY');
  for (let tries = 0; tries < mostTries && keys.size < most; tries += most) {
    const drawn = await Promise.all(Array.from({ length: most }, () => ask('RANDOMKEY')));
    // Not text: it could not be asked for again.
    for (const key of drawn) if (typeof key === 'string' && !key.includes('\ufffd')) keys.add(key);
    if (drawn.includes(null)) break;
  }
  return [...keys].slice(0, most);
}

/** Those that are still the same. */
export async function stillSame(ask: Ask, sampled: readonly SampledKey[]): Promise<SampledKey[]> {
  const sums = await sumsNow(ask, sampled);
  return sampled.filter((one, index) => sums[index] === one.sum);
}

/** What of the sample is not as it was, in words; what has expired by now is not missed. */
export async function sampleDifferences(
  ask: Ask,
  sampled: readonly SampledKey[],
  now: number,
): Promise<string[]> {
  const expected = sampled.filter(({ until }) => until === null || until > now + 1_000);
  const sums = await sumsNow(ask, expected);
  return expected.flatMap(({ sum, database }, index) => {
    if (sums[index] === sum) return [];
    const what = sums[index] === null ? 'key that was sampled is not there' : 'sampled key has another value';
    return [`a ${what} (database ${database})`];
  });
}

/** Of each key, in their order. Keys of one database stand together: each change of it is waited for. */
async function sumsNow(ask: Ask, sampled: readonly SampledKey[]): Promise<(string | null)[]> {
  const sums: (string | null)[] = [];
  for (let at = 0; at < sampled.length; ) {
    const database = sampled[at]?.database ?? 0;
    const end = sampled.findIndex((one, index) => index > at && one.database !== database);
    const group = sampled.slice(at, end === -1 ? undefined : end);
    await ask('SELECT', database);
    sums.push(...(await pMap(group, ({ key }) => sumOf(ask, key), { concurrency: valuesAtOnce })));
    at += group.length;
  }
  return sums;
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
