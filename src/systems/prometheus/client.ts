/** Asks the endpoint or the server, and says in one line why there was no answer. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createMemory, type Memory } from '../../core/app-series.ts';
import type { Failure } from '../../core/sample.ts';
import type { ProbeContext } from '../../core/system.ts';
import { networkFailure } from '../../machine/network/failure.ts';
import { AnswerTooLong, fetchText, portOf, type TextAnswer } from '../../machine/network/fetch-text.ts';
import type { PrometheusConfig } from './config.ts';

export interface PrometheusClient {
  readonly config: PrometheusConfig;
  readonly url: URL;
  readonly memory: Memory;
  readonly ca: () => string | undefined;
}

export type Asked =
  | { readonly ok: true; readonly answer: TextAnswer }
  | { readonly ok: false; readonly why: Failure; readonly detail: string };

export function createClient(config: PrometheusConfig, folder: string): PrometheusClient {
  const { ca } = config;
  let authority: string | undefined;
  return {
    config,
    url: new URL(config.url),
    memory: createMemory(),
    ca() {
      if (ca !== undefined) authority ??= readFileSync(resolve(folder, ca), 'utf8');
      return authority;
    },
  };
}

/** Never rejects. */
export async function ask(
  client: PrometheusClient,
  url: URL,
  headers: Readonly<Record<string, string>>,
  ctx: ProbeContext,
): Promise<Asked> {
  const { token, maxBytes } = client.config;
  const began = ctx.clock.monotonic();
  try {
    const ca = client.ca();
    const answer = await fetchText({
      url,
      headers: {
        ...headers,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...client.config.headers,
      },
      signal: ctx.signal,
      maxBytes,
      ...(ca === undefined ? {} : { ca }),
    });
    if (answer.status === 401 || answer.status === 403)
      return { ok: false, why: 'denied', detail: `${answer.status} ${answer.statusText}` };
    return { ok: true, answer };
  } catch (error) {
    if (error instanceof AnswerTooLong)
      return { ok: false, why: 'broken-probe', detail: `${error.message}; raise maxBytes or expose less` };
    if (error instanceof Error && 'syscall' in error && error.syscall === 'open')
      return { ok: false, why: 'broken-probe', detail: `ca: ${error.message}` };
    const to = { host: url.hostname, port: portOf(url) };
    return { ok: false, ...networkFailure(error, to, ctx.clock.monotonic() - began) };
  }
}
