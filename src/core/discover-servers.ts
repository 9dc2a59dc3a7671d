/** How a system finds its servers: by connection strings, then by what listens on this machine and speaks its protocol. */
import type { Proposal, Surroundings } from './system.ts';

type Listener = Surroundings['listeners'][number];

export interface ServerKind {
  readonly system: string;
  /** Whether a connection string is one of this system. */
  readonly isOurs: (url: URL) => boolean;
  readonly usualPort: number;
  /** What tells two targets of one server apart, such as the database; nothing: one server is watched once. */
  readonly within?: (url: URL) => string;
  /** Only these are sniffed: other processes are not bothered with a greeting they do not speak. */
  readonly mayBe: (listener: Listener) => boolean;
  /** As `Surroundings.sniff` names it. */
  readonly protocol: string;
  /** The connection string for one that listens; `authority` is host and port. */
  readonly urlFor: (authority: string) => string;
}

/** Connection strings first; a listening server that one of them names is not proposed twice. */
export async function discoverServers(surroundings: Surroundings, kind: ServerKind): Promise<Proposal[]> {
  const { system } = kind;
  const proposals: Proposal[] = [];
  const known = new Set<string>();
  for (const { url, variable, from } of surroundings.urls) {
    const parsed = URL.parse(url);
    if (parsed === null || !kind.isOurs(parsed)) continue;
    const port = parsed.port === '' ? kind.usualPort : Number(parsed.port);
    const place = placeOf(parsed.hostname, port);
    const whole = `${place}${kind.within?.(parsed) ?? ''}`;
    if (known.has(whole)) continue;
    known.add(whole).add(place);
    proposals.push({ name: system, system, config: { url }, found: `${variable} in ${from}`, variable });
  }
  for (const listener of surroundings.listeners) {
    const host = reachable(listener.address);
    const place = placeOf(host, listener.port);
    if (known.has(place) || !kind.mayBe(listener)) continue;
    if ((await surroundings.sniff(host, listener.port)) !== kind.protocol) continue;
    known.add(place);
    const authority = `${host.includes(':') ? `[${host}]` : host}:${listener.port}`;
    const found = `listening on ${authority} (${system})`;
    proposals.push({ name: system, system, config: { url: kind.urlFor(authority) }, found });
  }
  return numbered(proposals);
}

/** The second of a name is `redis-2`. */
export function numbered(proposals: readonly Proposal[]): Proposal[] {
  return proposals.map((proposal, index) =>
    index === 0 ? proposal : { ...proposal, name: `${proposal.name}-${index + 1}` },
  );
}

/** Where one that listens at this address is reached. */
export function reachable(address: string): string {
  if (address === '0.0.0.0' || address === '*' || address === '') return '127.0.0.1';
  return address === '::' ? '::1' : address;
}

/** One place for the names and addresses of this machine, as a server listens on both families. */
function placeOf(host: string, port: number): string {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  return `${/^(localhost|127\..*|::1|)$/.test(bare) ? 'here' : bare}:${port}`;
}
