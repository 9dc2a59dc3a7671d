/** Where a request comes from, for limits and the journal only: nobody is let in for an address. */
import { isIP, isIPv6 } from 'node:net';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';

/**
 * The address of the other end. Behind a proxy on this machine (`publicUrl` is set and the other end is loopback)
 * it is the last entry of X-Forwarded-For, the one that the proxy itself wrote; entries before it are the client's
 * claims. IPv6 addresses count by their /64, which one household has whole.
 */
export function addressOf(c: Context<{ Bindings: HttpBindings }>, isBehindProxy: boolean): string {
  const peer = plainAddress(c.env?.incoming?.socket.remoteAddress ?? '');
  if (!isBehindProxy || !isLoopback(peer)) return network(peer);
  const forwarded = c.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() ?? '';
  return network(isIP(forwarded) === 0 ? peer : plainAddress(forwarded));
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

/** Without the IPv6 form of an IPv4 address and without a zone. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
}

function network(address: string): string {
  if (address === '') return 'unknown';
  if (!isIPv6(address) || address === '::1') return address;
  const [head = '', tail] = address.toLowerCase().split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - front.length - back.length }, () => '0');
  return `${[...front, ...zeros, ...back].slice(0, 4).join(':')}::/64`;
}

/** We speak no TLS ourselves: a browser that calls us by the name of an https `publicUrl` came through its proxy. */
export function isOverHttps(c: Context, publicUrl: string | null): boolean {
  if (publicUrl === null) return false;
  const { protocol, hostname } = new URL(publicUrl);
  const host = (c.req.header('host') ?? '').toLowerCase().replace(/:\d+$/, '');
  return protocol === 'https:' && host === hostname;
}
