import { z } from 'zod';
import { inputProblems } from '../../core/input-words.ts';
import type { Failure, Outcome } from '../../core/sample.ts';
import type { ProbeContext } from '../../core/system.ts';
import type { Destination } from '../../machine/network/dial.ts';
import { networkFailure } from '../../machine/network/failure.ts';
import { fetchText, portOf } from '../../machine/network/fetch-text.ts';
import type { RabbitmqConfig } from './config.ts';
import type { Look } from './rates.ts';

export interface RabbitmqConnection {
  readonly config: RabbitmqConfig;
  readonly url: URL;
  /** Dead letters seen to arrive since Upkeep began to look, and how many lay there last, by queue. */
  readonly deadLetters: Map<string, { arrived: number; last: number }>;
  /** Counters of the last looks at the queues, oldest first. */
  readonly looks: Look[];
}

export function connect(config: RabbitmqConfig): RabbitmqConnection {
  return { config, url: new URL(config.url), deadLetters: new Map(), looks: [] };
}

export function address({ url }: RabbitmqConfig): string {
  return new URL(url).host;
}

export function destination(conn: RabbitmqConnection): Destination {
  return { host: conn.url.hostname.replace(/^\[(.*)\]$/, '$1'), port: portOf(conn.url) };
}

/** The management API gave another answer than was asked for. */
export class NotAnswered extends Error {
  override readonly name = 'NotAnswered';
  readonly why: Failure;
  readonly status: number;
  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
    this.why = status === 401 || status === 403 ? 'denied' : status >= 500 ? 'refused' : 'broken-probe';
  }
}

const mostBytes = 20_000_000;

/** @throws NotAnswered, ZodError, or the error of the network */
export async function ask<Shape extends z.ZodType>(
  conn: RabbitmqConnection,
  path: string,
  shape: Shape,
  signal: AbortSignal,
): Promise<z.output<Shape>> {
  const url = new URL(conn.url);
  const [pathname = '', query = ''] = path.split('?');
  url.pathname = `${conn.url.pathname.replace(/\/$/, '')}/api/${pathname}`;
  url.search = query;
  const answer = await fetchText({ url, signal, maxBytes: mostBytes });
  if (answer.status !== 200) throw new NotAnswered(answer.status, inWords(answer.status, pathname));
  return shape.parse(parsed(answer.text, pathname));
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new NotAnswered(200, `/api/${path} is no JSON: is this the management API of RabbitMQ?`);
  }
}

function inWords(status: number, path: string): string {
  if (status === 401)
    return 'the login was not accepted, or the user lacks the tag: rabbitmqctl set_user_tags upkeep monitoring';
  if (status === 403) return `/api/${path} is not permitted: rabbitmqctl set_user_tags upkeep monitoring`;
  if (status === 404)
    return `/api/${path} is not there: enable the plugin with rabbitmq-plugins enable rabbitmq_management`;
  return `/api/${path} answered ${status}`;
}

export interface ServerFailure {
  readonly why: Failure;
  readonly detail: string;
}

export function failureOf(error: unknown, conn: RabbitmqConnection, elapsedMs: number): ServerFailure {
  if (error instanceof NotAnswered) return { why: error.why, detail: error.message };
  if (error instanceof z.ZodError)
    return {
      why: 'broken-probe',
      detail: `an answer of another form: ${inputProblems(error).slice(0, 3).join('; ')}`,
    };
  return networkFailure(error, destination(conn), elapsedMs);
}

/** Runs a probe's look and says what a failure means; never throws. */
export async function observe(
  conn: RabbitmqConnection,
  ctx: ProbeContext,
  look: () => Promise<Omit<Extract<Outcome, { ok: true }>, 'ok'>>,
): Promise<Outcome> {
  const began = ctx.clock.monotonic();
  try {
    return { ok: true, ...(await look()) };
  } catch (error) {
    return { ok: false, ...failureOf(error, conn, ctx.clock.monotonic() - began) };
  }
}
