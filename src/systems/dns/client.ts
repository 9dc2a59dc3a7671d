/** Asks a resolver directly: no hosts file, no search domains, no cache of this process. */
import { promises as dns } from 'node:dns';
import type { Outcome } from '../../core/sample.ts';
import { Interrupted } from '../../machine/network/dial.ts';
import type { DnsConfig } from './config.ts';

export interface DnsClient {
  readonly config: DnsConfig;
  /** The list of registries as fetched last. */
  bootstrap?: { readonly at: number; readonly text: string };
  /** What the registry said last, judged anew at each moment until it is asked again. */
  registration?: { readonly until: number; readonly judge: (now: number) => Outcome };
}

export interface Resolution {
  /** As they compare with `expect`: names in lower case without a final dot. */
  readonly answers: readonly string[];
  /** The smallest, in seconds; undefined where the resolver library does not tell. */
  readonly ttlSeconds: number | undefined;
}

/** Rejects with Interrupted or with the resolver's error (`code` ENOTFOUND, ENODATA, ESERVFAIL, ETIMEOUT, …). */
export async function resolveRecords(
  { config }: DnsClient,
  ctx: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<Resolution> {
  if (ctx.signal.aborted) throw new Interrupted('name lookup');
  // Two tries within the check's time: one lost datagram is no outage.
  const resolver = new dns.Resolver({ timeout: Math.max(100, Math.floor(ctx.timeoutMs / 3)), tries: 2 });
  if (config.resolver !== undefined) resolver.setServers([config.resolver].flat());
  const cancel = () => resolver.cancel();
  ctx.signal.addEventListener('abort', cancel, { once: true });
  try {
    return await query(resolver, config);
  } catch (error) {
    if (ctx.signal.aborted) throw new Interrupted('name lookup');
    throw error;
  } finally {
    ctx.signal.removeEventListener('abort', cancel);
  }
}

async function query(resolver: dns.Resolver, { name, type }: DnsConfig): Promise<Resolution> {
  switch (type) {
    case 'A':
      return withTtl(await resolver.resolve4(name, { ttl: true }));
    case 'AAAA':
      return withTtl(await resolver.resolve6(name, { ttl: true }));
    case 'CNAME':
      return { answers: (await resolver.resolveCname(name)).map(comparable), ttlSeconds: undefined };
    case 'MX': {
      const records = await resolver.resolveMx(name);
      return {
        answers: records.map(({ priority, exchange }) => comparable(`${priority} ${exchange}`)),
        ttlSeconds: undefined,
      };
    }
    case 'TXT':
      // A long text comes in pieces that belong together (RFC 7208, 3.3).
      return {
        answers: (await resolver.resolveTxt(name)).map((parts) => parts.join('')),
        ttlSeconds: undefined,
      };
  }
}

function withTtl(records: readonly { address: string; ttl: number }[]): Resolution {
  return {
    answers: records.map((record) => comparable(record.address)),
    ttlSeconds: records.length === 0 ? undefined : Math.min(...records.map((record) => record.ttl)),
  };
}

/** Names are the same whatever their case and with or without the final dot; IPv6 has one canonical form. */
export function comparable(answer: string): string {
  const text = answer.toLowerCase().replace(/\.$/, '');
  return text.includes(':') && URL.canParse(`http://[${text}]`)
    ? new URL(`http://[${text}]`).hostname.slice(1, -1)
    : text;
}
