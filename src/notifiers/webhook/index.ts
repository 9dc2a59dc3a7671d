import type { z } from 'zod';
import { networkCode, networkWords } from '../../core/network-words.ts';
import { type Delivery, defineNotifier, type NotifierContext } from '../../core/notifier.ts';
import { formatDuration, parseDuration } from '../../core/time.ts';
import { isPassing, loadClient, retryAfterMs } from '../../wire/exchange.ts';
import { webhookConfig } from './config.ts';
import { signature } from './signature.ts';

export const webhook = defineNotifier({
  kind: 'webhook',
  load: loadClient,
  summary: 'Posts every message as JSON to an address, signed and with an idempotency key',
  config: webhookConfig,
  hasLinks: false,
  tracksIncidents: ({ storms }) => storms === 'each',
  send: (config, message, ctx) => deliver(config, JSON.stringify(message), message.key, ctx),
});

type Config = z.output<typeof webhookConfig>;
interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly location: string | undefined;
}

const mostRedirects = 3;

async function deliver(config: Config, body: string, key: string, ctx: NotifierContext): Promise<Delivery> {
  const timeoutMs = parseDuration(config.timeout) ?? 10_000;
  const controller = new AbortController();
  const cancel = ctx.clock.after(timeoutMs, () => controller.abort());
  const signal = AbortSignal.any([ctx.signal, controller.signal]);
  let url = new URL(config.url);
  try {
    for (let redirects = 0; ; redirects++) {
      const answer = await post(url, headersOf(config, body, key, ctx.clock.now()), body, signal);
      const next = redirects < mostRedirects ? sameOriginRedirect(url, answer) : undefined;
      if (next === undefined) return judge(url, answer, ctx.clock.now());
      url = next;
    }
  } catch (error) {
    const why = controller.signal.aborted
      ? `gave no answer within ${formatDuration(timeoutMs)}`
      : ctx.signal.aborted
        ? 'was not waited for: Upkeep stops'
        : `could not be reached: ${networkWords(networkCode(error))}`;
    return { kind: 'retry', detail: `${url.host} ${why}` };
  } finally {
    cancel();
  }
}

function headersOf(config: Config, body: string, key: string, now: number): Record<string, string> {
  const seconds = Math.floor(now / 1_000);
  const own = Object.entries(config.headers).map(([name, value]) => [name.toLowerCase(), value]);
  return {
    ...Object.fromEntries(own),
    ...credentialsOf(config.url),
    'content-type': 'application/json; charset=utf-8',
    'user-agent': 'Upkeep',
    'idempotency-key': key,
    ...(config.secret === undefined ? {} : { 'x-upkeep-signature': signature(config.secret, seconds, body) }),
  };
}

function credentialsOf(address: string): { authorization?: string } {
  const { username, password } = new URL(address);
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

async function post(
  url: URL,
  headers: Record<string, string>,
  body: string,
  signal: AbortSignal,
): Promise<Answer> {
  const { origin, pathname, search } = url;
  const { request } = await loadClient();
  const response = await request(`${origin}${pathname}${search}`, { method: 'POST', headers, body, signal });
  // What a receiver says is nobody's business and may hold what we sent.
  response.body.on('error', () => {}).destroy();
  return {
    status: response.statusCode,
    retryAfter: single(response.headers['retry-after']),
    location: single(response.headers.location),
  };
}

function single(value: string | string[] | undefined): string | undefined {
  return [value].flat()[0];
}

/** Headers and signature are for this receiver alone; 301 and 302 would turn the message into a GET. */
function sameOriginRedirect(from: URL, { status, location }: Answer): URL | undefined {
  if ((status !== 307 && status !== 308) || location === undefined) return undefined;
  if (!URL.canParse(location, from.href)) return undefined;
  const next = new URL(location, from);
  return next.origin === from.origin ? next : undefined;
}

function judge(url: URL, { status, retryAfter }: Answer, now: number): Delivery {
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  const detail = `${url.host} answered ${status}`;
  if (isPassing(status)) {
    const afterMs = retryAfterMs(retryAfter, now);
    return { kind: 'retry', detail, ...(afterMs === undefined ? {} : { afterMs }) };
  }
  if (status >= 300 && status < 400) {
    return {
      kind: 'refused',
      detail: `${detail}, a redirect that is not followed; configure the final address`,
    };
  }
  return { kind: 'refused', detail };
}
