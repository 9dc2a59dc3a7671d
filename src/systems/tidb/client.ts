import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Clock } from '../../core/time.ts';
import type { Destination } from '../../machine/network/dial.ts';
import { networkFailure } from '../../machine/network/failure.ts';
import { AnswerTooLong, fetchText, portOf } from '../../machine/network/fetch-text.ts';
import { addressOf, destinationOf, optionsOf, placeOf } from '../../protocols/mysql/login.ts';
import type { TidbConfig } from './config.ts';
import { type Memory, remember } from './memory.ts';
import { openSession, type Session } from './session.ts';

/** Two sessions at most: liveness is never queued behind a slow look at the whole cluster. */
export interface TidbConnection {
  readonly config: TidbConfig;
  readonly quick: Session;
  readonly work: Session;
  readonly memory: Memory;
  readonly ca: () => string | undefined;
}

const defaultPort = 4_000;
/** TiKV alone exposes some megabytes; the rest of an answer is not read. */
const longestAnswer = 48 * 1_024 * 1_024;

export function connect(config: TidbConfig, folder: string): TidbConnection {
  const url = new URL(config.url);
  const place = placeOf(url, defaultPort);
  const session = () => openSession(optionsOf(url, place), place);
  let authority: string | undefined;
  return {
    config,
    quick: session(),
    work: session(),
    memory: remember(),
    ca() {
      if (config.ca !== undefined) authority ??= readFileSync(resolve(folder, config.ca), 'utf8');
      return authority;
    },
  };
}

export async function close(conn: TidbConnection): Promise<void> {
  await Promise.all([conn.quick.close(), conn.work.close()]);
}

export function address(config: TidbConfig): string {
  return addressOf(new URL(config.url), defaultPort);
}

export function destination(config: TidbConfig): Destination | undefined {
  return destinationOf(new URL(config.url), defaultPort);
}

export type Asked =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly detail: string };

/** Asks one of the cluster's HTTP addresses; never rejects. */
export async function ask(
  conn: TidbConnection,
  base: string,
  path: string,
  ctx: { readonly signal: AbortSignal; readonly clock: Clock },
): Promise<Asked> {
  const url = new URL(base);
  const [pathname = '', search = ''] = path.split('?');
  url.pathname = `${url.pathname.replace(/\/$/, '')}${pathname}`;
  if (search !== '') url.search = search;
  const began = ctx.clock.monotonic();
  try {
    const ca = conn.ca();
    const { status, statusText, text } = await fetchText({
      ...{ url, signal: ctx.signal, maxBytes: longestAnswer },
      ...(ca === undefined ? {} : { ca }),
    });
    if (status === 200) return { ok: true, text };
    return { ok: false, detail: `${pathname} answered ${status} ${statusText}` };
  } catch (error) {
    if (error instanceof AnswerTooLong) return { ok: false, detail: error.message };
    if (error instanceof Error && 'syscall' in error && error.syscall === 'open')
      return { ok: false, detail: `ca: ${error.message}` };
    const to = { host: url.hostname, port: portOf(url) };
    return { ok: false, detail: networkFailure(error, to, ctx.clock.monotonic() - began).detail };
  }
}

/** The parsed answer of the first address that gives one, or why none did. */
export async function askAny(
  conn: TidbConnection,
  bases: readonly string[],
  path: string,
  ctx: { readonly signal: AbortSignal; readonly clock: Clock },
): Promise<{ readonly value: unknown } | { readonly detail: string }> {
  const details: string[] = [];
  for (const base of bases) {
    const asked = await ask(conn, base, path, ctx);
    if (!asked.ok) details.push(asked.detail);
    else {
      try {
        return { value: JSON.parse(asked.text) };
      } catch {
        details.push(`${path} is no JSON`);
      }
    }
  }
  return { detail: details.join('; ') };
}
