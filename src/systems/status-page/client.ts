import type { Failure } from '../../core/sample.ts';
import type { ProbeContext } from '../../core/system.ts';
import { networkFailure } from '../../machine/network/failure.ts';
import { AnswerTooLong, fetchText, portOf, type TextAnswer } from '../../machine/network/fetch-text.ts';
import type { StatusPageConfig } from './config.ts';

export interface StatusPageClient {
  readonly config: StatusPageConfig;
  readonly url: URL;
}

const largestAnswer = 4 * 1024 * 1024;
const mostRedirects = 3;

export function createClient(config: StatusPageConfig): StatusPageClient {
  const url = new URL(config.url);
  if (config.format === 'statuspage' && !url.pathname.endsWith('.json'))
    url.pathname = `${url.pathname.replace(/\/$/, '')}/api/v2/summary.json`;
  return { config, url };
}

/** Never rejects. */
export async function visit(
  { url: first }: StatusPageClient,
  ctx: ProbeContext,
): Promise<
  | { readonly ok: true; readonly answer: TextAnswer }
  | { readonly ok: false; readonly why: Failure; readonly detail: string }
> {
  const began = ctx.clock.monotonic();
  let url = first;
  try {
    for (let redirects = 0; ; redirects++) {
      const answer = await fetchText({ url, signal: ctx.signal, maxBytes: largestAnswer });
      const isRedirect = answer.status >= 300 && answer.status < 400 && answer.location !== undefined;
      if (!isRedirect || redirects === mostRedirects) return { ok: true, answer };
      const next = new URL(answer.location ?? '', url);
      // Credentials are for the place they were given for.
      if (next.origin === url.origin) [next.username, next.password] = [url.username, url.password];
      if (!/^https?:$/.test(next.protocol) || (url.protocol === 'https:' && next.protocol === 'http:'))
        return { ok: true, answer };
      url = next;
    }
  } catch (error) {
    if (error instanceof AnswerTooLong) return { ok: false, why: 'broken-probe', detail: error.message };
    return {
      ok: false,
      ...networkFailure(error, { host: url.hostname, port: portOf(url) }, ctx.clock.monotonic() - began),
    };
  }
}
