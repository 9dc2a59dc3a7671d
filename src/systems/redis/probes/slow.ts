import type { Missing, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import { notPermitted, observe, type RedisConnection } from '../client.ts';
import { isNotPermitted, isUnknownCommand } from '../failure.ts';
import type { Ask } from '../session.ts';
import { clientInWords, readSlowlog, readStalls } from '../slowlog.ts';

/** The default of slowlog-max-len. */
const most = 128;
const stall = 'redis.slow.stall';

export const slow: Probe<RedisConnection> = {
  id: 'redis.slow',
  summary: 'Commands that keep all others waiting (SLOWLOG GET, LATENCY LATEST)',
  atMostEveryMs: 15_000,
  metrics: {
    'redis.slow.worst_time': {
      summary: 'Longest command since the last run, of those that the server logs as slow; 0 without one',
      unit: 'seconds',
      kind: 'gauge',
    },
    'redis.slow.busy_ratio': {
      summary: 'Share of the time since the last run that went into commands logged as slow',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    [stall]: {
      summary:
        'Longest stall by kind since the last run (fork, fsync, expiry), where latency-monitor-threshold is set',
      unit: 'seconds',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async (ask) => {
      const entries = await readSlowlog(ask, most);
      const stalls = await stallsOf(ask, conn);
      const since = seen.get(conn);
      const now = ctx.clock.monotonic();
      const newest = entries[0]?.id ?? since?.id ?? -1;
      seen.set(conn, { id: newest, at: now });
      // At first nothing is known of when they were: what is old is no news.
      if (since === undefined) return stalls;
      // Ids begin anew with the server.
      const fresh = entries.filter(({ id }) => id > since.id || newest < since.id);
      const [worst] = fresh.toSorted((a, b) => b.seconds - a.seconds);
      const spent = fresh.reduce((sum, { seconds }) => sum + seconds, 0);
      const detail =
        worst === undefined
          ? undefined
          : `${worst.shape} took ${formatDuration(worst.seconds * 1_000)}, asked by ${clientInWords(worst)}`;
      const about = detail === undefined ? {} : { about: { detail } };
      return {
        ...(detail === undefined ? {} : { detail }),
        readings: [
          { metric: 'redis.slow.worst_time', value: worst?.seconds ?? 0, ...about },
          {
            metric: 'redis.slow.busy_ratio',
            value: Math.min(1, (spent * 1_000) / Math.max(1, now - since.at)),
            ...about,
          },
          ...stalls.readings,
        ],
        missing: stalls.missing,
      };
    }),
};

const seen = new WeakMap<RedisConnection, { readonly id: number; readonly at: number }>();
const seenStalls = new WeakMap<RedisConnection, ReadonlyMap<string, number>>();

/** A command among them is in the slow log, too, with more said of it. */
async function stallsOf(
  ask: Ask,
  conn: RedisConnection,
): Promise<{ readings: Reading[]; missing: Missing[] }> {
  try {
    const stalls = (await readStalls(ask)).filter(({ event }) => !/^(fast-)?command/.test(event));
    const before = seenStalls.get(conn);
    seenStalls.set(conn, new Map(stalls.map(({ event, at }) => [event, at])));
    if (before === undefined) return { readings: [], missing: [] };
    return {
      readings: stalls.map(({ event, at, seconds }) => ({
        metric: stall,
        value: at > (before.get(event) ?? 0) ? seconds : 0,
        labels: { event },
      })),
      missing: [],
    };
  } catch (error) {
    if (isUnknownCommand(error)) return { readings: [], missing: [] };
    if (!isNotPermitted(error)) throw error;
    return { readings: [], missing: [notPermitted(error, conn, [stall])] };
  }
}
