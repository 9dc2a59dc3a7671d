/** A visit: the request, its redirects, and what they cost together. */
import { readFileSync } from 'node:fs';
import { resolve as resolvePath } from 'node:path';
import type { SecureContext } from 'node:tls';
import { certificateFacts, explainDistrust } from '../../machine/network/certificate.ts';
import { type Destination, type DialContext, dial } from '../../machine/network/dial.ts';
import { chainOf, handshake, type Secured, trustContext } from '../../machine/network/handshake.ts';
import type { HttpConfig } from './config.ts';
import { type Answer, exchange } from './exchange.ts';
import { type Hop, hopDestination, nextHop } from './redirects.ts';

export interface HttpClient {
  readonly config: HttpConfig;
  readonly first: Hop;
  /** Throws an Error that names the file when the authorities cannot be read. */
  readonly trust: () => SecureContext;
}

export interface Visit extends Answer {
  /** Where the last answer came from. */
  readonly url: URL;
  readonly redirects: number;
  /** Why a redirect was not followed; undefined when there was none or all were. */
  readonly strayed: string | undefined;
  /** Seconds of each phase, summed over the hops; undefined where none had it. */
  readonly phases: {
    readonly dns: number | undefined;
    readonly connect: number;
    readonly tls: number | undefined;
    readonly firstByte: number;
    readonly transfer: number;
  };
}

/** Something went wrong on the network at this hop; `cause` says what. */
export class VisitFailed extends Error {
  override readonly name = 'VisitFailed';
  readonly to: Destination;
  constructor(to: Destination, cause: unknown) {
    super(`no answer from ${to.host}`, { cause });
    this.to = to;
  }
}

/** The certificate was not accepted, so nothing was sent. */
export class CertificateRefused extends Error {
  override readonly name = 'CertificateRefused';
}

/** The authorities to trust could not be read: says nothing of the target. */
export class TrustUnreadable extends Error {
  override readonly name = 'TrustUnreadable';
}

export function createClient(config: HttpConfig, folder: string): HttpClient {
  let context: SecureContext | undefined;
  return {
    config,
    first: firstHop(config),
    trust() {
      const { ca } = config.tls;
      context ??= trustContext(ca === undefined ? undefined : readAuthorities(resolvePath(folder, ca)));
      return context;
    },
  };
}

function readAuthorities(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new TrustUnreadable(`tls.ca: cannot read ${file} (${code}); name a PEM file that Upkeep may read`);
  }
}

function firstHop(config: HttpConfig): Hop {
  const url = new URL(config.url);
  const username = config.basicAuth?.username ?? decodeURIComponent(url.username);
  const password = config.basicAuth?.password ?? decodeURIComponent(url.password);
  const credentials = Buffer.from(`${username}:${password}`).toString('base64');
  return {
    url,
    method: config.method,
    body: config.body,
    headers: {
      'user-agent': 'Upkeep',
      accept: '*/*',
      ...(username === '' && password === '' ? {} : { authorization: `Basic ${credentials}` }),
      ...lowerNames(config.headers),
    },
    isFirstOrigin: true,
  };
}

function lowerNames(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** Rejects with CertificateRefused, TrustUnreadable or VisitFailed. */
export async function visit(client: HttpClient, ctx: DialContext, keepBody: boolean): Promise<Visit> {
  let hop = client.first;
  let sum: Visit['phases'] = { dns: undefined, connect: 0, tls: undefined, firstByte: 0, transfer: 0 };
  for (let redirects = 0; ; redirects++) {
    const { answer, phases } = await ask(client, hop, ctx, keepBody).catch((error: unknown) => {
      if (error instanceof CertificateRefused || error instanceof TrustUnreadable) throw error;
      throw new VisitFailed(hopDestination(hop.url), error);
    });
    sum = {
      dns: plus(sum.dns, phases.dns),
      connect: sum.connect + phases.connect,
      tls: plus(sum.tls, phases.tls),
      firstByte: sum.firstByte + answer.firstByteSeconds,
      transfer: sum.transfer + answer.transferSeconds,
    };
    const next = client.config.followRedirects ? nextHop(hop, answer, redirects) : undefined;
    if (next === undefined || 'strayed' in next) {
      return { ...answer, url: hop.url, redirects, strayed: next?.strayed, phases: sum };
    }
    hop = next;
  }
}

function plus(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : a + (b ?? 0);
}

async function ask(client: HttpClient, hop: Hop, ctx: DialContext, keepBody: boolean) {
  const { family } = client.config;
  const isSecure = hop.url.protocol === 'https:';
  // Before the connection, so that an unreadable file costs none.
  const trust = isSecure ? client.trust() : undefined;
  const to = { ...hopDestination(hop.url), family: family === 'any' ? undefined : family };
  const { socket, dnsSeconds, connectSeconds } = await dial(to, ctx);
  const secured = trust ? await secure(client, hop, { socket, host: to.host, trust }, ctx) : undefined;
  const answer = await exchange(
    secured?.socket ?? socket,
    {
      method: hop.method,
      path: `${hop.url.pathname}${hop.url.search}`,
      headers: {
        host: hop.url.host,
        connection: 'close',
        ...hop.headers,
        ...(hop.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(hop.body)) }),
      },
      body: hop.body,
      maxBytes: client.config.maxBytes,
      keepBody,
    },
    ctx,
  );
  return { answer, phases: { dns: dnsSeconds, connect: connectSeconds, tls: secured?.seconds } };
}

async function secure(
  client: HttpClient,
  hop: Hop,
  over: {
    readonly socket: Parameters<typeof handshake>[0];
    readonly host: string;
    readonly trust: SecureContext;
  },
  ctx: DialContext,
): Promise<Secured> {
  const settings = client.config.tls;
  const serverName = (hop.isFirstOrigin ? settings.serverName : undefined) ?? over.host;
  const secured = await handshake(over.socket, {
    serverName,
    context: over.trust,
    signal: ctx.signal,
    clock: ctx.clock,
  });
  if (secured.distrust === undefined || !settings.verify) return secured;
  const chain = chainOf(secured.socket);
  secured.socket.destroy();
  const leaf = chain[0];
  const why = leaf
    ? explainDistrust(secured.distrust, certificateFacts(leaf), {
        name: serverName,
        now: ctx.clock.now(),
        sent: chain.length,
      })
    : `was not accepted (${secured.distrust})`;
  throw new CertificateRefused(`the certificate of ${serverName} ${why} (${secured.distrust})`);
}
