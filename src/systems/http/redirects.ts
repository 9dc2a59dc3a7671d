/** Which redirects are followed, and what of the request goes along. */
import type { Destination } from '../../machine/network/dial.ts';

export interface Hop {
  readonly url: URL;
  readonly method: string;
  readonly body: string | undefined;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Still at the scheme, host and port that the configuration names. */
  readonly isFirstOrigin: boolean;
}

const mostRedirects = 5;
/** All that may reach another host; any other header may hold a secret. */
const harmless = new Set(['user-agent', 'accept', 'accept-language']);

/** The hop that an answer asks for, why it is not taken, or undefined when the answer is no redirect. */
export function nextHop(
  from: Hop,
  answer: { readonly status: number; readonly headers: { readonly location?: string | undefined } },
  followed: number,
): Hop | { readonly strayed: string } | undefined {
  const { location } = answer.headers;
  if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return undefined;
  if (!URL.canParse(location, from.url.href)) return { strayed: 'it redirects to what is no address' };
  const url = new URL(location, from.url);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return { strayed: `it redirects to ${url.protocol.slice(0, 20)} and not to HTTP` };
  }
  if (followed >= mostRedirects) return { strayed: `more than ${mostRedirects} redirects` };
  const isSameOrigin = url.origin === from.url.origin;
  const becomesGet =
    (answer.status === 303 && from.method !== 'HEAD') || (answer.status <= 302 && from.method === 'POST');
  if (!isSameOrigin && !becomesGet && from.body !== undefined) {
    return { strayed: `it redirects to ${url.host}, and the body is sent to no other host` };
  }
  return {
    url,
    method: becomesGet ? 'GET' : from.method,
    body: becomesGet ? undefined : from.body,
    headers: isSameOrigin ? from.headers : keepHarmless(from.headers),
    isFirstOrigin: from.isFirstOrigin && isSameOrigin,
  };
}

function keepHarmless(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => harmless.has(name)));
}

export function hopDestination(url: URL): Destination {
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
  };
}
