import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import { resolve as resolvePath } from 'node:path';
import type { Missing, Outcome, Reading } from '../../../core/sample.ts';
import type { Probe, ProbeContext } from '../../../core/system.ts';
import { printable } from '../../../machine/network/certificate.ts';
import { readConfigured, type TlsClient } from '../client.ts';

export const webProbe: Probe<TlsClient> = {
  id: 'tls.web',
  summary: 'Whether a web site tells browsers to stay with TLS (HSTS), and leads there from plain HTTP',
  atMostEveryMs: 600_000,
  metrics: {
    'tls.web.hsts': {
      summary: 'For how long browsers are told to stay with TLS; 0 where they are not told',
      unit: 'seconds',
      kind: 'gauge',
    },
    'tls.web.leads-to-tls': {
      summary: 'Plain HTTP leads to https or is not there (1), or it serves something (0)',
      unit: 'state',
      kind: 'gauge',
    },
  },
  async run(client, ctx): Promise<Outcome> {
    const { web } = client.config;
    if (web === undefined) return { ok: true, readings: [] };
    const parts = await Promise.all([secured(client, web.path, ctx), plain(client, web, ctx)]);
    return {
      ok: true,
      readings: parts.flatMap(({ readings }) => readings ?? []),
      missing: parts.flatMap(({ missing }) => missing ?? []),
      detail: parts.map(({ detail }) => detail).join('; '),
    };
  },
};

interface Part {
  readonly readings?: readonly Reading[];
  readonly missing?: readonly Missing[];
  readonly detail: string;
}

async function secured(client: TlsClient, path: string, ctx: ProbeContext): Promise<Part> {
  const metric = 'tls.web.hsts';
  try {
    const { headers } = await ask(client, 'https:', client.to.port, path, ctx);
    const told = String(headers['strict-transport-security'] ?? '');
    const value = maxAgeOf(told);
    return { readings: [{ metric, value }], detail: told === '' ? 'no HSTS' : printable(told, 100) };
  } catch (error) {
    return unasked(
      metric,
      error,
      'see what tls.handshake says: a page is asked for over a trusted connection only',
    );
  }
}

/** `max-age=31536000; includeSubDomains`; names and the number may be quoted (RFC 6797, 6.1). */
export function maxAgeOf(header: string): number {
  const found = /(?:^|;)\s*max-age\s*=\s*"?(\d{1,12})"?\s*(?:;|$)/i.exec(header)?.[1];
  return found === undefined ? 0 : Number(found);
}

async function plain(
  client: TlsClient,
  web: { readonly plainPort: number; readonly path: string },
  ctx: ProbeContext,
): Promise<Part> {
  const metric = 'tls.web.leads-to-tls';
  try {
    const { statusCode = 0, headers } = await ask(client, 'http:', web.plainPort, web.path, ctx);
    const location = URL.parse(headers.location ?? '', `http://${client.serverName}`);
    const leads = statusCode >= 300 && statusCode < 400 && location?.protocol === 'https:';
    const shown = leads
      ? 'plain HTTP leads to https'
      : `plain HTTP answers ${statusCode}${location ? ` ${printable(location.href, 100)}` : ''}`;
    return { readings: [{ metric, value: leads ? 1 : 0 }], detail: shown };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    // Where nothing listens nothing is said in the clear.
    if (code === 'ECONNREFUSED') return { readings: [{ metric, value: 1 }], detail: 'no plain HTTP' };
    return unasked(metric, error, 'let Upkeep reach the plain port, or set `plainPort`');
  }
}

function unasked(metric: string, error: unknown, remedy: string): Part {
  const reason = error instanceof Error ? error.message || error.name : String(error);
  return { missing: [{ metrics: [metric], reason: printable(reason), remedy }], detail: printable(reason) };
}

function ask(
  client: TlsClient,
  protocol: 'http:' | 'https:',
  port: number,
  path: string,
  ctx: ProbeContext,
): Promise<IncomingMessage> {
  const { config, folder, serverName, to } = client;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const shared = {
    host: to.host,
    port,
    path,
    method: 'GET',
    headers: { host: serverName },
    agent: false,
    signal: ctx.signal,
    ...(to.family === undefined ? {} : { family: to.family }),
  } as const;
  const answered = (response: IncomingMessage) => {
    // Only its head is of interest.
    response.destroy();
    resolve(response);
  };
  const ca = config.ca === undefined ? undefined : readConfigured('ca', resolvePath(folder, config.ca));
  const sent =
    protocol === 'http:'
      ? requestHttp(shared, answered)
      : requestHttps(
          {
            ...shared,
            ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
            ...(ca === undefined ? {} : { ca }),
            rejectUnauthorized: config.verify,
          },
          answered,
        );
  sent.on('error', reject);
  sent.end();
  return promise;
}
