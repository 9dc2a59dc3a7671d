import { count } from '../../../core/count.ts';
import type { Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import {
  deadLetterQueues,
  deadLettersOf,
  nameOf,
  policies as policiesShape,
  type Queue,
} from '../answers.ts';
import { ask, observe, type RabbitmqConnection } from '../client.ts';
import { askQueues } from '../rates.ts';

/** Series are kept for the fullest and busiest queues; short-lived ones would fill the store. */
const mostQueues = 200;

export const queues: Probe<RabbitmqConnection> = {
  id: 'rabbitmq.queues',
  summary: 'Every queue: depth, consumers, unacknowledged and redelivered messages, dead letters',
  metrics: {
    'rabbitmq.queue.messages': { summary: 'Messages in the queue', unit: 'count', kind: 'gauge' },
    'rabbitmq.queue.ready': { summary: 'Messages that wait for a consumer', unit: 'count', kind: 'gauge' },
    'rabbitmq.queue.unacked': {
      summary: 'Messages that consumers hold and have not acknowledged',
      unit: 'count',
      kind: 'gauge',
    },
    'rabbitmq.queue.consumers': { summary: 'Consumers', unit: 'count', kind: 'gauge' },
    'rabbitmq.queue.unconsumed': {
      summary: 'Messages that wait in a queue without any consumer; dead letters are left out',
      unit: 'count',
      kind: 'gauge',
    },
    'rabbitmq.queue.publish_rate': { summary: 'Published', unit: 'per-second', kind: 'gauge' },
    'rabbitmq.queue.ack_rate': { summary: 'Acknowledged', unit: 'per-second', kind: 'gauge' },
    'rabbitmq.queue.redeliver_rate': {
      summary: 'Delivered again because somebody had refused them or gone away',
      unit: 'per-second',
      kind: 'gauge',
    },
    'rabbitmq.queue.fruitless_rate': {
      summary: 'Redelivered where more is redelivered than acknowledged, else 0',
      unit: 'per-second',
      kind: 'gauge',
    },
    'rabbitmq.queue.unavailable': {
      summary: '1 for a queue whose state is neither running nor idle',
      unit: 'state',
      kind: 'gauge',
    },
    'rabbitmq.dead_letters': { summary: 'Messages in a queue of dead letters', unit: 'count', kind: 'gauge' },
    'rabbitmq.dead_letters.arrived': {
      summary: 'Dead letters that came since Upkeep looks',
      unit: 'count',
      kind: 'counter',
    },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async () => {
      const all = await askQueues(conn, ctx.signal, ctx.clock);
      const dead = deadLetterQueues(all, conn.config.deadLetterQueues);
      const told = all.toSorted((a, b) => busy(b) - busy(a)).slice(0, mostQueues);
      const messages = all.reduce((sum, queue) => sum + queue.messages, 0);
      return {
        detail: `${count(all.length, 'queue')}, ${count(messages, 'message')}`,
        readings: told.flatMap((queue) =>
          dead.has(nameOf(queue)) ? deadLetterReadings(conn, queue) : readingsOf(queue),
        ),
      };
    }),
};

export const policies: Probe<RabbitmqConnection> = {
  id: 'rabbitmq.policies',
  summary: 'Policies and the arguments of queues, for the ledger of changes',
  atMostEveryMs: 30_000,
  metrics: {
    'rabbitmq.policies': { summary: 'Policies in force', unit: 'count', kind: 'gauge' },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async () => {
      const seen = await ask(conn, 'policies', policiesShape, ctx.signal);
      const values = seen.map((one): [string, string] => [
        `policy ${nameOf(one)}`,
        `${one.pattern} (${one['apply-to']}, priority ${one.priority}): ${JSON.stringify(one.definition)}`,
      ]);
      return {
        readings: [{ metric: 'rabbitmq.policies', value: seen.length }],
        snapshots: [
          { document: 'rabbitmq.policies', kind: 'configuration', values: Object.fromEntries(values) },
        ],
      };
    }),
};

function busy(queue: Queue): number {
  return queue.messages + queue.consumers + (queue.message_stats?.redeliver_details.rate ?? 0);
}

function readingsOf(queue: Queue): Reading[] {
  const labels = { queue: nameOf(queue) };
  const one = (name: string, value: number): Reading => ({ metric: `rabbitmq.queue.${name}`, value, labels });
  const rates = queue.message_stats;
  const redelivered = rates?.redeliver_details.rate ?? 0;
  const acknowledged = rates?.ack_details.rate ?? 0;
  return [
    one('messages', queue.messages),
    one('ready', queue.messages_ready),
    one('unacked', queue.messages_unacknowledged),
    one('consumers', queue.consumers),
    one('unconsumed', queue.consumers === 0 ? queue.messages_ready : 0),
    one('publish_rate', rates?.publish_details.rate ?? 0),
    one('ack_rate', acknowledged),
    one('redeliver_rate', redelivered),
    one('fruitless_rate', redelivered > acknowledged ? redelivered : 0),
    one('unavailable', ['running', 'idle', 'flow'].includes(queue.state) ? 0 : 1),
  ];
}

function deadLetterReadings(conn: RabbitmqConnection, queue: Queue): Reading[] {
  const name = nameOf(queue);
  const known = conn.deadLetters.get(name) ?? { arrived: 0, last: queue.messages };
  const arrived = known.arrived + Math.max(0, queue.messages - known.last);
  conn.deadLetters.set(name, { arrived, last: queue.messages });
  const labels = { queue: name };
  return [
    { metric: 'rabbitmq.dead_letters', value: queue.messages, labels },
    { metric: 'rabbitmq.dead_letters.arrived', value: arrived, labels },
    // A chain of dead letters may have one that is consumed.
    ...(deadLettersOf(queue) === undefined
      ? []
      : [{ metric: 'rabbitmq.queue.messages', value: queue.messages, labels }]),
  ];
}
