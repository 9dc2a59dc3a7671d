/** The Docker API over its socket, without a library: a few reads and four calls need none. */
import { type IncomingMessage, request } from 'node:http';
import { z } from 'zod';
import { amount } from '../../core/rule-words.ts';
import type { Failure, Outcome } from '../../core/sample.ts';
import { type ScalingWatch, watchScaling } from '../../core/scaling/watch.ts';
import type { ProbeContext } from '../../core/system.ts';
import { type Destination, Interrupted } from '../../machine/network/dial.ts';
import { networkFailure } from '../../machine/network/failure.ts';
import type { ContainerConfig } from './config.ts';

export interface ContainerConnection {
  readonly config: ContainerConfig;
  /** When each container was started last, and how often Upkeep has seen it start anew. */
  readonly starts: Map<string, { startedAt: string; restarts: number; count: number }>;
  /** Of each container with copies. */
  readonly watches: ReadonlyMap<string, ScalingWatch>;
}

export function connect(config: ContainerConfig): ContainerConnection {
  const watches = Object.entries(config.scale).map(
    ([name, settings]) => [name, watchScaling(settings)] as const,
  );
  return { config, starts: new Map(), watches: new Map(watches) };
}

/** Undefined for a socket file. */
export function destination({ config }: ContainerConnection): Destination | undefined {
  const [host = '', port] = config.socket.split(':');
  return config.socket.startsWith('/') ? undefined : { host, port: Number(port) };
}

export class EngineRefused extends Error {
  override readonly name = 'EngineRefused';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const mostBytes = 8_000_000;

/** The body as it came. @throws EngineRefused for a status of 400 and more, or the error of the network */
export function call(
  conn: ContainerConnection,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  signal: AbortSignal,
  body?: Readonly<Record<string, unknown>>,
): Promise<Buffer> {
  const to = destination(conn);
  const where = to === undefined ? { socketPath: conn.config.socket } : { host: to.host, port: to.port };
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(signal.aborted ? new Interrupted('first byte') : error);
    if (signal.aborted) return fail(undefined);
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const headers = { host: 'docker', ...(sent === undefined ? {} : { 'content-type': 'application/json' }) };
    const asked = request(
      { ...where, path: `/v1.40${path}`, method, headers, agent: false, signal },
      (response) => {
        read(response).then((body) => {
          const status = response.statusCode ?? 0;
          if (status >= 400) reject(new EngineRefused(status, messageIn(body)));
          else resolve(body);
        }, fail);
      },
    );
    asked.once('error', fail);
    asked.end(sent);
  });
}

async function read(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > mostBytes)
      throw new EngineRefused(200, `the answer is longer than ${amount(mostBytes, 'bytes')}`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function messageIn(body: Buffer): string {
  const text = body.toString('utf8').slice(0, 300);
  return /"message"\s*:\s*"([^"]*)/.exec(text)?.[1] ?? text;
}

/** @throws as `call`, and ZodError */
export async function ask<Shape extends z.ZodType>(
  conn: ContainerConnection,
  path: string,
  shape: Shape,
  signal: AbortSignal,
): Promise<z.output<Shape>> {
  const body = await call(conn, 'GET', path, signal);
  return shape.parse(JSON.parse(body.toString('utf8')));
}

export function failureOf(
  error: unknown,
  conn: ContainerConnection,
  elapsedMs: number,
): { why: Failure; detail: string } {
  const { socket } = conn.config;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (error instanceof EngineRefused)
    return { why: 'refused', detail: `the engine answered ${error.status}: ${error.message}` };
  if (error instanceof z.ZodError || error instanceof SyntaxError)
    return { why: 'broken-probe', detail: `${socket} answers in another form: is it the Docker API?` };
  const to = destination(conn);
  if (to !== undefined || error instanceof Interrupted)
    return networkFailure(error, to ?? { host: socket, port: 0 }, elapsedMs);
  if (code === 'ENOENT')
    return { why: 'refused', detail: `there is no socket ${socket}: the engine does not run` };
  if (code === 'ECONNREFUSED') return { why: 'refused', detail: `nobody listens at ${socket}` };
  if (code === 'EACCES' || code === 'EPERM')
    return { why: 'denied', detail: `${socket} may not be opened: setfacl -m u:upkeep:rw ${socket}` };
  return { why: 'unreachable', detail: `${socket}: ${code || String(error)}` };
}

/** Runs a probe's look and says what a failure means; never throws. */
export async function observe(
  conn: ContainerConnection,
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
