/** Queues with rates of our own making. */
import type { Clock } from '../../core/time.ts';
import { nameOf, type Queue, queueColumns, queues } from './answers.ts';
import { ask, type RabbitmqConnection } from './client.ts';

/**
 * The management API makes its rates of its last two samples, 5 s apart, while nodes report their counters in a rhythm
 * of their own (collect_statistics_interval): unless both agree, it says 0 most of the time. Over a window of several
 * reports the counters themselves tell the truth.
 */
const windowMs = 20_000;
/** Below this the counters may not have been reported twice. */
const leastMs = 5_000;
const counted = ['publish', 'deliver_get', 'ack', 'redeliver'] as const;

type Counters = Readonly<Record<(typeof counted)[number], number>>;

export interface Look {
  /** Monotonic milliseconds. */
  readonly at: number;
  readonly counters: ReadonlyMap<string, Counters>;
}

/** @throws what `ask` throws */
export async function askQueues(
  conn: RabbitmqConnection,
  signal: AbortSignal,
  clock: Clock,
): Promise<Queue[]> {
  const all = await ask(conn, queueColumns, queues, signal);
  const now: Look = {
    at: clock.monotonic(),
    counters: new Map(all.map((one) => [nameOf(one), countersOf(one)])),
  };
  const { looks } = conn;
  looks.push(now);
  // The newest of those that are a window old stays: rates are made from there.
  const first = looks.findLastIndex(({ at }) => at <= now.at - windowMs);
  if (first > 0) looks.splice(0, first);
  const then = looks[0];
  return then === undefined ? all : all.map((queue) => withRates(queue, then, now));
}

function countersOf({ message_stats: stats }: Queue): Counters {
  const { publish = 0, deliver_get = 0, ack = 0, redeliver = 0 } = stats ?? {};
  return { publish, deliver_get, ack, redeliver };
}

/** Rates per second since then; those of the API where that is not long enough ago, or the counters began anew. */
export function withRates(queue: Queue, then: Look, now: Look): Queue {
  const ms = now.at - then.at;
  const [before, after] = [then, now].map(({ counters }) => counters.get(nameOf(queue)));
  if (ms < leastMs || before === undefined || after === undefined || queue.message_stats === undefined)
    return queue;
  if (counted.some((name) => after[name] < before[name])) return queue;
  const rate = (name: (typeof counted)[number]) => ({ rate: ((after[name] - before[name]) * 1_000) / ms });
  return {
    ...queue,
    message_stats: {
      ...queue.message_stats,
      publish_details: rate('publish'),
      deliver_get_details: rate('deliver_get'),
      ack_details: rate('ack'),
      redeliver_details: rate('redeliver'),
    },
  };
}
