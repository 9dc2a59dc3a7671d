/** What Upkeep reads of the management API's answers; statistics are absent until there are some. */
import { z } from 'zod';

const rate = z.object({ rate: z.number().default(0) }).default({ rate: 0 });
const count = z.number().default(0);

export const overview = z.object({
  rabbitmq_version: z.string().default('?'),
  cluster_name: z.string().default('?'),
  node: z.string().default('?'),
  message_stats: z.object({ publish: count, ack: count }).default({ publish: 0, ack: 0 }),
  churn_rates: z
    .object({ connection_created: count, channel_created: count })
    .default({ connection_created: 0, channel_created: 0 }),
  object_totals: z
    .object({ connections: count, channels: count, queues: count, consumers: count })
    .default({ connections: 0, channels: 0, queues: 0, consumers: 0 }),
  listeners: z
    .array(z.object({ node: z.string(), protocol: z.string(), port: z.number(), ip_address: z.string() }))
    .default([]),
});

/** A node that is down has a name and little else. */
export const nodes = z.array(
  z.object({
    name: z.string(),
    running: z.boolean().default(false),
    mem_used: z.number().optional(),
    mem_limit: z.number().optional(),
    mem_alarm: z.boolean().default(false),
    disk_free: z.number().optional(),
    disk_free_limit: z.number().optional(),
    disk_free_alarm: z.boolean().default(false),
    fd_used: z.number().optional(),
    fd_total: z.number().optional(),
    sockets_used: z.number().optional(),
    sockets_total: z.number().optional(),
    proc_used: z.number().optional(),
    proc_total: z.number().optional(),
    partitions: z.array(z.string()).default([]),
    uptime: z.number().optional(),
  }),
);
export type Node = z.output<typeof nodes>[number];

const deadLetterOf = z.record(z.string(), z.unknown()).nullish();

export const queues = z.array(
  z.object({
    name: z.string(),
    vhost: z.string(),
    type: z.string().default('classic'),
    state: z.string().default('running'),
    messages: count,
    messages_ready: count,
    messages_unacknowledged: count,
    consumers: count,
    consumer_utilisation: z.number().nullish(),
    memory: count,
    message_bytes: count,
    arguments: deadLetterOf,
    effective_policy_definition: deadLetterOf.or(z.array(z.unknown())),
    messages_details: rate,
    message_stats: z
      .object({
        publish_details: rate,
        deliver_get_details: rate,
        ack_details: rate,
        redeliver_details: rate,
        publish: count,
        deliver_get: count,
        ack: count,
        redeliver: count,
      })
      .optional(),
  }),
);
export type Queue = z.output<typeof queues>[number];

export const queueColumns = `queues?disable_stats=false&columns=${[
  'name,vhost,type,state,messages,messages_ready,messages_unacknowledged,consumers,consumer_utilisation,memory',
  'message_bytes,arguments,effective_policy_definition,messages_details.rate',
  ...['publish', 'deliver_get', 'ack', 'redeliver'].map((name) => `message_stats.${name}_details.rate`),
  ...['publish', 'deliver_get', 'ack', 'redeliver'].map((name) => `message_stats.${name}`),
].join(',')}`;

export const policies = z.array(
  z.object({
    vhost: z.string(),
    name: z.string(),
    pattern: z.string(),
    'apply-to': z.string().default('all'),
    definition: z.record(z.string(), z.unknown()),
    priority: z.number().default(0),
  }),
);

/** `jobs` in the default virtual host, else `vhost/jobs`. */
export function nameOf({ vhost, name }: Pick<Queue, 'vhost' | 'name'>): string {
  return vhost === '/' ? name : `${vhost}/${name}`;
}

/** Where a queue sends its dead letters; undefined where nowhere. */
export function deadLettersOf(queue: Queue): { exchange: string; key: string | undefined } | undefined {
  const own = queue.arguments ?? {};
  const policy = queue.effective_policy_definition ?? {};
  const from = (name: string): string | undefined => {
    const value = own[`x-${name}`] ?? (Array.isArray(policy) ? undefined : policy[name]);
    return typeof value === 'string' ? value : undefined;
  };
  const exchange = from('dead-letter-exchange');
  return exchange === undefined ? undefined : { exchange, key: from('dead-letter-routing-key') };
}

/** Queues of dead letters: declared, or named by another queue over the default exchange. */
export function deadLetterQueues(all: readonly Queue[], declared: readonly string[]): Set<string> {
  const named = all.flatMap((queue) => {
    const to = deadLettersOf(queue);
    return to?.exchange === '' && to.key !== undefined ? [nameOf({ vhost: queue.vhost, name: to.key })] : [];
  });
  return new Set([...named, ...declared]);
}
