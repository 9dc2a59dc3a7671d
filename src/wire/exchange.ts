/** One HTTP request to a service, and what its answer means for the delivery. Errors never hold what was sent. */
import type { Dispatcher } from 'undici';
import { networkCode, networkWords } from '../core/network-words.ts';
import type { Delivery, NotifierContext } from '../core/notifier.ts';
import { formatDuration } from '../core/time.ts';

export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** At most 64 KiB of it; untrusted. */
  readonly text: string;
  /** `host answered 503`, for details. */
  readonly said: string;
}

export interface Failure {
  readonly kind: 'failure';
  readonly delivery: Delivery;
}

export interface Outgoing {
  readonly url: string;
  readonly method?: Dispatcher.HttpMethod;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as a form. */
  readonly form?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** Below what the delivery as a whole may take, so that the detail names the host. */
const timeoutMs = 8_000;
const mostText = 64 * 1024;

/** A megabyte of code that nobody needs who sends nothing; loaded ahead of the first message where one may come. */
export function loadClient() {
  return import('undici');
}

/** Never throws. */
export async function exchange(
  ctx: Pick<NotifierContext, 'signal' | 'clock'>,
  out: Outgoing,
): Promise<Answer | Failure> {
  const url = new URL(out.url);
  const withinMs = out.timeoutMs ?? timeoutMs;
  const controller = new AbortController();
  const cancel = ctx.clock.after(withinMs, () => controller.abort());
  try {
    const { request } = await loadClient();
    const response = await request(`${url.origin}${url.pathname}${url.search}`, {
      method: out.method ?? 'POST',
      headers: { 'user-agent': 'Upkeep', ...credentialsOf(url), ...bodyType(out), ...out.headers },
      ...bodyOf(out),
      signal: AbortSignal.any([ctx.signal, controller.signal]),
    });
    const status = response.statusCode;
    const headers = Object.fromEntries(
      Object.entries(response.headers).map(([name, value]) => [name, String([value].flat()[0] ?? '')]),
    );
    const text = await readText(response.body);
    return { kind: 'answer', status, headers, text, said: `${url.host} answered ${status}` };
  } catch (error) {
    const why = controller.signal.aborted
      ? `gave no answer within ${formatDuration(withinMs)}`
      : ctx.signal.aborted
        ? 'was not waited for any longer'
        : `could not be reached: ${networkWords(networkCode(error))}`;
    return { kind: 'failure', delivery: { kind: 'retry', detail: `${url.host} ${why}` } };
  } finally {
    cancel();
  }
}

async function readText(body: Dispatcher.ResponseData['body']): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of body) {
    const bytes = Buffer.from(part);
    parts.push(bytes);
    length += bytes.length;
    if (length > mostText) break;
  }
  body.on('error', () => {}).destroy();
  return Buffer.concat(parts).subarray(0, mostText).toString('utf8');
}

function bodyType({ json, form }: Outgoing): Record<string, string> {
  if (json !== undefined) return { 'content-type': 'application/json; charset=utf-8' };
  return form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
}

function bodyOf({ json, form }: Outgoing): { body?: string } {
  if (json !== undefined) return { body: JSON.stringify(json) };
  return form === undefined ? {} : { body: new URLSearchParams({ ...form }).toString() };
}

function credentialsOf({ username, password }: URL): { authorization?: string } {
  if (username === '' && password === '') return {};
  return { authorization: basic(decodeURIComponent(username), decodeURIComponent(password)) };
}

/** RFC 7617 */
export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/**
 * 2xx is delivered; 408, 425, 429 and 5xx may pass and are tried again; anything else will not.
 * @param hint what a refusal most often means there: `is the token right?`
 */
export function judge(answer: Answer, now: number, hint = ''): Delivery {
  const { status, said } = answer;
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  if (isPassing(status)) return retryOf(answer, now);
  return { kind: 'refused', detail: hint === '' ? said : `${said}: ${hint}` };
}

export function isPassing(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/** To be tried again when the service says. */
export function retryOf(answer: Answer, now: number, detail = answer.said): Delivery {
  const afterMs = retryAfterMs(answer.headers['retry-after'], now);
  return { kind: 'retry', detail, ...(afterMs === undefined ? {} : { afterMs }) };
}

const longestWaitMs = 3_600_000;

/** RFC 9110, 10.2.3: seconds or a date. A receiver cannot silence us for more than an hour. */
export function retryAfterMs(value: string | undefined, now: number): number | undefined {
  if (value === undefined || value === '') return undefined;
  const ms = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), longestWaitMs);
}

/** A JSON object, or `{}` for anything else. */
export function jsonOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}

/** A text of a service's answer that is a code (`channel_not_found`); `unknown` for what may quote us. */
export function code(value: unknown): string {
  return typeof value === 'string' && /^[a-z][a-z_]{1,40}$/.test(value) ? value : 'unknown';
}
