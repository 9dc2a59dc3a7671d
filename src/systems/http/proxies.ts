/** Who wrote an error answer: the application, or a proxy before it that could not get one. Pure. */

export interface ProxyAnswer {
  /** `HAProxy`, `nginx`, `a proxy` where the status alone tells. */
  readonly proxy: string;
  /** What the proxy says of what is behind it. */
  readonly says: 'no-server' | 'bad-gateway' | 'timeout';
}

interface Signature {
  readonly proxy: string;
  readonly server?: RegExp;
  readonly body?: RegExp;
  readonly statuses: readonly number[];
}

/**
 * The error pages as the proxies ship them. A `Server` header alone proves nothing at 503: a proxy puts its own name
 * on the application's answers too.
 */
const signatures: readonly Signature[] = [
  { proxy: 'HAProxy', body: /No server is available to handle this request/, statuses: [503] },
  { proxy: 'HAProxy', body: /The server returned an invalid or incomplete response/, statuses: [502] },
  { proxy: 'HAProxy', body: /The server didn't respond in time/, statuses: [504] },
  { proxy: 'nginx', body: /<center>(nginx|openresty)/, statuses: [502, 503, 504] },
  { proxy: 'nginx', server: /^(nginx|openresty)/i, statuses: [502, 504] },
  {
    proxy: 'Envoy',
    body: /upstream connect error|no healthy upstream|upstream request timeout/,
    statuses: [502, 503, 504],
  },
  { proxy: 'Envoy', server: /^envoy/i, statuses: [502, 504] },
  { proxy: 'Caddy', server: /^caddy/i, body: /^$/, statuses: [502, 503, 504] },
  { proxy: 'Traefik', body: /^no available server\s*$/, statuses: [503] },
  { proxy: 'Apache', server: /^apache/i, statuses: [502, 504] },
  { proxy: 'Apache', server: /^apache/i, body: /<title>503 Service Unavailable<\/title>/, statuses: [503] },
  { proxy: 'the load balancer', server: /^awselb/i, statuses: [502, 503, 504] },
  { proxy: 'Cloudflare', server: /^cloudflare/i, statuses: [502, 504, 520, 521, 522, 523, 524] },
  // RFC 9110, 15.6.3 and 15.6.5: only a gateway gives these.
  { proxy: 'a proxy', statuses: [502, 504] },
];

export function recogniseProxy(status: number, server: string, body: string): ProxyAnswer | undefined {
  const found = signatures.find(
    (each) =>
      each.statuses.includes(status) &&
      (each.server === undefined || each.server.test(server)) &&
      (each.body === undefined || each.body.test(body)),
  );
  if (found === undefined) return undefined;
  const isTimeout = status === 504 || status === 524;
  return {
    proxy: found.proxy,
    says: isTimeout
      ? 'timeout'
      : status === 503 || status === 521 || status === 523
        ? 'no-server'
        : 'bad-gateway',
  };
}
