import type { Probe, ProbeContext } from '../../../core/system.ts';
import { observe, onReplica, type RedisConnection } from '../client.ts';
import { keyPattern } from '../command-shape.ts';
import { isNotPermitted, messageOf } from '../failure.ts';
import { bytesInWords } from '../in-words.ts';
import type { Ask } from '../session.ts';

const largest = 'redis.keys.largest_bytes';
/** So much work each time, with a pause after each turn in which others are answered. */
const keysATurn = 100;
const mostTurns = 50;
const pauseMs = 10;
/** Of the time the check has. */
const shareOfTimeout = 0.4;

interface Big {
  readonly pattern: string;
  readonly bytes: number;
}

interface Pass {
  readonly cursor: string;
  /** Largest found in this pass so far, and in the whole one before it. */
  readonly now: Big | undefined;
  readonly before: Big | undefined;
  readonly place: string;
}

const passes = new WeakMap<RedisConnection, Pass>();

export const bigKeys: Probe<RedisConnection> = {
  id: 'redis.big-keys',
  summary: `Largest key, by SCAN and MEMORY USAGE: ${keysATurn * mostTurns} keys a run, on a replica where there is one`,
  atMostEveryMs: 600_000,
  metrics: {
    [largest]: {
      summary:
        'Largest key met in the last pass over the keys of this database; collections by a sample of their elements',
      unit: 'bytes',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async (ask) => {
      try {
        const { found, place } = await onReplica(conn, ctx, ask, async (readFrom, from) => ({
          found: await look(readFrom, conn, from, ctx),
          place: from,
        }));
        const detail =
          found === undefined
            ? undefined
            : `${found.pattern} holds ${bytesInWords(found.bytes)}, seen ${place}`;
        return {
          ...(detail === undefined ? {} : { detail }),
          readings: [
            {
              metric: largest,
              value: found?.bytes ?? 0,
              ...(detail === undefined ? {} : { about: { detail } }),
            },
          ],
        };
      } catch (error) {
        if (!isNotPermitted(error)) throw error;
        const remedy = `ACL SETUSER ${conn.user} +scan +memory|usage %R~*`;
        return { readings: [], missing: [{ metrics: [largest], reason: messageOf(error), remedy }] };
      }
    }),
};

/** Goes on where the last run ended; a cursor of one server means nothing to another. */
async function look(
  ask: Ask,
  conn: RedisConnection,
  place: string,
  ctx: ProbeContext,
): Promise<Big | undefined> {
  const known = passes.get(conn);
  let pass: Pass = known?.place === place ? known : { cursor: '0', now: undefined, before: undefined, place };
  const until = ctx.clock.monotonic() + ctx.timeoutMs * shareOfTimeout;
  for (let turn = 0; turn < mostTurns && ctx.clock.monotonic() < until; turn++) {
    const reply = await ask('SCAN', pass.cursor, 'COUNT', keysATurn);
    const [cursor, keys]: unknown[] = Array.isArray(reply) ? reply : [];
    const found = await largestOf(ask, Array.isArray(keys) ? keys.map(String) : []);
    const now = larger(pass.now, found);
    const isOver = cursor === '0' || cursor === undefined;
    pass = isOver
      ? { cursor: '0', now: undefined, before: now, place }
      : { ...pass, cursor: String(cursor), now };
    if (isOver) break;
    await ctx.clock.sleep(pauseMs, ctx.signal);
  }
  passes.set(conn, pass);
  return larger(pass.now, pass.before);
}

async function largestOf(ask: Ask, keys: readonly string[]): Promise<Big | undefined> {
  const sizes = await Promise.all(
    keys.map(async (key) => ({
      pattern: keyPattern(key),
      bytes: Number((await ask('MEMORY', 'USAGE', key, 'SAMPLES', 5)) ?? 0),
    })),
  );
  return sizes.reduce<Big | undefined>(larger, undefined);
}

function larger(one: Big | undefined, other: Big | undefined): Big | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return other.bytes > one.bytes ? other : one;
}
