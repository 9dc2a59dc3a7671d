import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { inputProblems } from '../../core/input-words.ts';
import type { Failure, Missing, Outcome } from '../../core/sample.ts';
import type { ConnectContext, ProbeContext } from '../../core/system.ts';
import type { Destination } from '../../machine/network/dial.ts';
import { networkFailure } from '../../machine/network/failure.ts';
import { fetchText, portOf } from '../../machine/network/fetch-text.ts';
import type { OpensearchConfig } from './config.ts';
import { missingFor, NotAnswered, Unreadable } from './refusals.ts';

export interface OpensearchConnection {
  readonly config: OpensearchConfig;
  readonly url: URL;
  readonly folder: string;
  /** PEM of `ca`, read at first use. */
  authorities: string | undefined;
  /** Most data nodes that were ever seen together: fewer are a loss, not a small cluster. */
  mostDataNodes: number;
}

export function connect(config: OpensearchConfig, { folder }: ConnectContext): OpensearchConnection {
  return { config, url: new URL(config.url), folder, authorities: undefined, mostDataNodes: 0 };
}

export function address({ url }: Pick<OpensearchConfig, 'url'>): string {
  return new URL(url).host;
}

export function destination(conn: OpensearchConnection): Destination {
  return { host: conn.url.hostname.replace(/^\[(.*)\]$/, '$1'), port: portOf(conn.url) };
}

const mostBytes = 50_000_000;

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Path with query, without a slash before it: `_cluster/health?level=indices`. */
  readonly path: string;
  readonly body?: unknown;
  /** Without the login. */
  readonly isAnonymous?: boolean;
  /** In place of the configured one: `user:password`. */
  readonly login?: string;
}

/** @throws NotAnswered, ZodError, or the error of the network */
export async function ask<Shape extends z.ZodType>(
  conn: OpensearchConnection,
  path: string,
  shape: Shape,
  signal: AbortSignal,
): Promise<z.output<Shape>> {
  return shape.parse(await send(conn, { method: 'GET', path }, signal));
}

/** The parsed answer; also changes things, so only an action with a permit sends anything but questions. */
export async function send(
  conn: OpensearchConnection,
  request: Request,
  signal: AbortSignal,
): Promise<unknown> {
  const [pathname = '', query = ''] = request.path.split('?');
  const { status, text } = await exchange(conn, request, signal);
  if (status < 200 || status > 299) throw new NotAnswered(status, pathname, text);
  try {
    return JSON.parse(text);
  } catch {
    throw new NotAnswered(status, pathname, `no JSON${query === '' ? '' : ' comes back'}`);
  }
}

/** The bare answer, whatever its status. */
export async function exchange(
  conn: OpensearchConnection,
  request: Request,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly text: string }> {
  const url = new URL(conn.url);
  const [pathname = '', query = ''] = request.path.split('?');
  url.pathname = `${conn.url.pathname.replace(/\/$/, '')}/${pathname}`;
  url.search = query;
  if (request.isAnonymous === true || request.login !== undefined) [url.username, url.password] = ['', ''];
  const ca = authoritiesOf(conn);
  return fetchText({
    url,
    method: request.method,
    signal,
    maxBytes: mostBytes,
    headers: headersOf(conn, request),
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    ...(ca === undefined ? {} : { ca }),
  });
}

function headersOf({ config }: OpensearchConnection, request: Request): Record<string, string> {
  const login =
    request.login === undefined
      ? {}
      : { authorization: `Basic ${Buffer.from(request.login).toString('base64')}` };
  const isKeyed = config.apiKey !== undefined && request.isAnonymous !== true && request.login === undefined;
  return {
    accept: 'application/json',
    ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(isKeyed ? { authorization: `ApiKey ${config.apiKey}` } : {}),
    ...login,
  };
}

function authoritiesOf(conn: OpensearchConnection): string | undefined {
  const { ca } = conn.config;
  if (ca === undefined) return undefined;
  try {
    conn.authorities ??= readFileSync(resolve(conn.folder, ca), 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no such file';
    throw new Unreadable(`\`ca\` cannot be read: ${ca} (${code})`);
  }
  return conn.authorities;
}

export interface ServerFailure {
  readonly why: Failure;
  readonly detail: string;
}

export function failureOf(error: unknown, conn: OpensearchConnection, elapsedMs: number): ServerFailure {
  if (error instanceof NotAnswered) return { why: error.why, detail: error.message };
  if (error instanceof Unreadable) return { why: 'broken-probe', detail: error.message };
  if (error instanceof z.ZodError)
    return {
      why: 'broken-probe',
      detail: `an answer of another form: ${inputProblems(error).slice(0, 3).join('; ')}`,
    };
  const failure = networkFailure(error, destination(conn), elapsedMs);
  return untrusted.test(failure.detail)
    ? {
        why: 'refused',
        detail: `${failure.detail}: its certificate is not trusted; name its authority as \`ca\``,
      }
    : failure;
}

/** What Node calls a certificate that leads to no authority it knows. */
const untrusted = /UNABLE_TO_(VERIFY|GET)|SELF_SIGNED|CERT_UNTRUSTED/;

type Good = Omit<Extract<Outcome, { ok: true }>, 'ok'>;

/**
 * Runs a probe's look; never throws. What the login may not ask, or this server does not have, is `missing` with the
 * privilege that is lacking: the cluster itself is as well as it was.
 */
export async function observe(
  conn: OpensearchConnection,
  ctx: ProbeContext,
  look: () => Promise<Good>,
): Promise<Outcome> {
  const began = ctx.clock.monotonic();
  try {
    return { ok: true, ...(await look()) };
  } catch (error) {
    const missing = missingFor(error, conn.url.hostname, ['*']);
    if (missing !== undefined) return { ok: true, readings: [], missing: [missing] };
    return { ok: false, ...failureOf(error, conn, ctx.clock.monotonic() - began) };
  }
}

/** The answer to one of several questions; what is not permitted goes to `missing` and the others are still asked. */
export async function tryAsk<T>(
  conn: OpensearchConnection,
  missing: Missing[],
  metrics: readonly string[],
  question: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await question();
  } catch (error) {
    const lacking = missingFor(error, conn.url.hostname, metrics);
    if (lacking === undefined) throw error;
    missing.push(lacking);
    return undefined;
  }
}
