/** Takes single messages from a queue over AMQP, which alone can hold one while deciding about it. */
import { createHash } from 'node:crypto';
import type { Channel, ConsumeMessage } from 'amqplib';
import type { ActionContext } from '../../core/action.ts';
import { overview } from './answers.ts';
import { ask, type RabbitmqConnection } from './client.ts';

/** The same content with the same id: one message, however often it is delivered. */
export function printOf({ content, properties, fields }: ConsumeMessage): string {
  const { messageId, correlationId, timestamp } = properties;
  return createHash('sha256')
    .update(JSON.stringify([messageId ?? null, correlationId ?? null, timestamp ?? null, fields.routingKey]))
    .update(content)
    .digest('hex')
    .slice(0, 32);
}

/** Its consumer holds a message that goes round most of the time. */
export const catchWithinMs = 5_000;
const mostHeld = 20;

/**
 * The first message that is meant, still held; undefined where none came in time. The others that came before it are
 * held meanwhile and go back with the channel. Goes before all other consumers, else it would never see a message that
 * a waiting consumer gets at once.
 */
export async function catchMessage(
  channel: Channel,
  queue: string,
  isMeant: (message: ConsumeMessage) => boolean,
  ctx: ActionContext,
): Promise<ConsumeMessage | undefined> {
  const found = Promise.withResolvers<ConsumeMessage | undefined>();
  const late = new AbortController();
  const end = AbortSignal.any([ctx.signal, late.signal]);
  ctx.clock.sleep(catchWithinMs, end).then(
    () => found.resolve(undefined),
    () => found.resolve(undefined),
  );
  await channel.prefetch(mostHeld);
  const { consumerTag } = await channel.consume(
    queue,
    (message) => {
      if (message !== null && isMeant(message)) found.resolve(message);
    },
    { arguments: { 'x-priority': 1_000 } },
  );
  const message = await found.promise;
  late.abort();
  await channel.cancel(consumerTag);
  return message;
}

/** Runs `job` on a channel of its own; what it holds unanswered goes back to the queue when it ends. */
export async function onChannel<T>(
  conn: RabbitmqConnection,
  vhost: string,
  signal: AbortSignal,
  job: (channel: Channel) => Promise<T>,
): Promise<T> {
  const url = await amqpUrl(conn, vhost, signal);
  const { connect } = await import('amqplib');
  const connection = await connect(url, { timeout: 5_000, clientProperties: { connection_name: 'upkeep' } });
  const abort = () => void connection.close().catch(() => {});
  signal.addEventListener('abort', abort, { once: true });
  connection.on('error', () => {});
  try {
    const channel = await connection.createChannel();
    channel.on('error', () => {});
    const done = await job(channel);
    // The answer to a close comes after everything before it was done.
    await channel.close();
    return done;
  } finally {
    signal.removeEventListener('abort', abort);
    await connection.close().catch(() => {});
  }
}

async function amqpUrl(conn: RabbitmqConnection, vhost: string, signal: AbortSignal): Promise<string> {
  const withHost = (url: URL) => {
    url.pathname = `/${encodeURIComponent(vhost)}`;
    return url.href;
  };
  if (conn.config.amqp !== undefined) return withHost(new URL(conn.config.amqp));
  const { listeners } = await ask(conn, 'overview', overview, signal);
  const listener =
    listeners.find(({ protocol }) => protocol === 'amqp') ??
    listeners.find(({ protocol }) => protocol === 'amqp/ssl');
  if (listener === undefined) throw new Error('it listens on no AMQP port: declare `amqp`');
  const login = `${conn.url.username}:${conn.url.password}@${conn.url.hostname}:${listener.port}`;
  return withHost(new URL(`${listener.protocol === 'amqp' ? 'amqp' : 'amqps'}://${login}/`));
}
