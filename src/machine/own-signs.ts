/** What this machine can tell of its own way to the outside: default route, gateway, resolver, canaries. */
import { Resolver } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { afterAwake } from '../core/awake.ts';
import type { OwnSigns, ResolverSign, Sign } from '../core/incident/own-trouble.ts';
import type { Clock } from '../core/time.ts';
import { dial, hostAndPort } from './network/dial.ts';
import { createPeers, type Peers } from './network/peers.ts';

const unknown = (detail: string): Sign => ({ state: 'unknown', detail });
const good = (detail: string): Sign => ({ state: 'good', detail });
const bad = (detail: string): Sign => ({ state: 'bad', detail });

export interface Route {
  readonly device: string;
  readonly gateway: string | null;
}

/** `/proc/net/route`: the default route with the lowest metric that is up; addresses stand there as little-endian hex. */
export function parseDefaultRoute(text: string): Route | null {
  const rows = text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, destination, , flags, , , , mask]) => {
      const isUp = (Number.parseInt(flags ?? '0', 16) & 1) === 1;
      return isUp && destination === '00000000' && mask === '00000000';
    })
    .sort((a, b) => Number(a[6]) - Number(b[6]));
  const [device, , gateway] = rows[0] ?? [];
  if (device === undefined || gateway === undefined) return null;
  const bytes = (gateway.match(/../g) ?? []).reverse().map((hex) => Number.parseInt(hex, 16));
  return { device, gateway: gateway === '00000000' ? null : bytes.join('.') };
}

/** `/proc/net/arp`: whether the neighbour answered; flag 0x2 is a complete entry, 0x0 one that failed. */
export function parseNeighbour(text: string, address: string): boolean | null {
  const row = text.split('\n').find((line) => line.startsWith(`${address} `));
  const flags = row?.trim().split(/\s+/)[2];
  return flags === undefined ? null : (Number.parseInt(flags, 16) & 2) === 2;
}

async function readRoutes(): Promise<{ route: Sign; gateway: Sign }> {
  try {
    const found = parseDefaultRoute(await readFile('/proc/net/route', 'utf8'));
    if (!found) {
      const only6 = /^0{32} 00 .* (?!lo$)\S+$/m.test(
        await readFile('/proc/net/ipv6_route', 'utf8').catch(() => ''),
      );
      const route = only6 ? good('default route over IPv6') : bad('no default route');
      return { route, gateway: unknown('no gateway') };
    }
    const via = found.gateway === null ? `on ${found.device}` : `by ${found.gateway} on ${found.device}`;
    const route = good(`default route ${via}`);
    if (found.gateway === null) return { route, gateway: unknown('the default route has no gateway') };
    const answers = parseNeighbour(await readFile('/proc/net/arp', 'utf8'), found.gateway);
    const gateway =
      answers === null
        ? unknown(`nothing is known of the gateway ${found.gateway}`)
        : answers
          ? good(`the gateway ${found.gateway} answers`)
          : bad(`the gateway ${found.gateway} does not answer`);
    return { route, gateway };
  } catch {
    return { route: unknown('routes cannot be read here'), gateway: unknown('routes cannot be read here') };
  }
}

const isLoopback = (host: string) =>
  host === 'localhost' || host === '::1' || host.startsWith('127.') || host === '0.0.0.0';

/** `nameserver` lines of a resolv.conf that do not lead back to this machine. */
export function parseNameservers(text: string): string[] {
  const found = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, server]) => server ?? '');
  return found.filter((server) => server !== '' && !isLoopback(server) && !server.includes('%'));
}

/** A stub on this machine answers from what it has kept; those behind it are what tells of the way. */
async function resolversBehindStub(): Promise<readonly string[]> {
  return parseNameservers(await readFile('/run/systemd/resolve/resolv.conf', 'utf8').catch(() => ''));
}

/** Any answer will do, also that there is no such name. */
async function askResolver(timeoutMs: number): Promise<Sign & { readonly isElsewhere: boolean }> {
  const usual = new Resolver({ timeout: timeoutMs, tries: 1 });
  const isStub = usual.getServers().every((server) => isLoopback(server.replace(/^\[/, '')));
  const behind = isStub ? await resolversBehindStub() : [];
  if (behind.length === 0) return { ...(await resolverSign(usual)), isElsewhere: !isStub };
  const further = new Resolver({ timeout: timeoutMs, tries: 1 });
  further.setServers(behind);
  const [stub, beyond] = await Promise.all([resolverSign(usual), resolverSign(further)]);
  return beyond.state === 'bad' ? { ...beyond, isElsewhere: true } : { ...stub, isElsewhere: false };
}

async function resolverSign(resolver: Resolver): Promise<Sign> {
  const servers = resolver.getServers();
  if (servers.length === 0) return bad('no resolver is configured');
  try {
    await resolver.resolveNs('.');
    return good(`${servers[0]} answers`);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const isAnswer = ['ENOTFOUND', 'ENODATA', 'ESERVFAIL', 'EREFUSED', 'ENOTIMP', 'EFORMERR'].includes(code);
    return isAnswer
      ? good(`${servers[0]} answers`)
      : bad(`no resolver answers (${servers.join(', ')}: ${code})`);
  }
}

export interface Canary {
  readonly host: string;
  readonly port: number;
}

/** Good with the first that takes a connection or refuses it: either is an answer. */
async function askCanaries(canaries: readonly Canary[], clock: Clock, timeoutMs: number): Promise<Sign> {
  if (canaries.length === 0) return unknown('no canary is configured');
  const stop = new AbortController();
  const limit = afterAwake(clock, timeoutMs, () => stop.abort(new Error('too late')));
  const named = canaries.map(({ host, port }) => hostAndPort(host, port)).join(', ');
  try {
    const answered = await Promise.any(
      canaries.map(async (canary) => {
        try {
          const { socket } = await dial(canary, { signal: stop.signal, clock, timeoutMs });
          socket.destroy();
        } catch (error) {
          const isRefused = error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
          if (!isRefused) throw error;
        }
        return hostAndPort(canary.host, canary.port);
      }),
    );
    return good(`canary ${answered} answers`);
  } catch {
    return bad(
      canaries.length === 1 ? `canary ${named} does not answer` : `none of the canaries ${named} answers`,
    );
  } finally {
    limit.cancel();
    stop.abort(new Error('over'));
  }
}

/** Timers of a process that has time for them are a few milliseconds late. */
const overloadedFromMs = 1_000;

const everyMs = 1_000;
const ticksBetweenRoutes = 30;
const ticksBetweenNames = 600;

export interface OwnSignReader extends Peers {
  /** Ends within `timeoutMs`, mostly at once: the resolver is asked only where names are in question. */
  read(timeoutMs: number, wants: { readonly names: boolean }): Promise<OwnSigns>;
  isOwnAddress(host: string): boolean;
  stop(): void;
}

export function ownSignReader(clock: Clock, canaries: () => readonly Canary[]): OwnSignReader {
  let latest: readonly number[] = [];
  let cancel = () => {};
  const wasGood = { route: false, gateway: false, resolver: false };
  const peers = createPeers(clock);
  let ticks = 0;
  const watch = () => {
    const began = clock.monotonic();
    cancel = clock.after(everyMs, () => {
      latest = [...latest, clock.monotonic() - began - everyMs].slice(-10);
      if (++ticks % ticksBetweenRoutes === 0) void routes();
      if (ticks % ticksBetweenNames === 0) void names(everyMs);
      watch();
    });
  };

  /** A machine that never had a way out, and watches its own network alone, lacks nothing now. */
  async function routes() {
    const now = await readRoutes();
    for (const name of ['route', 'gateway'] as const) {
      if (now[name].state === 'good') wasGood[name] = true;
    }
    const known = (name: 'route' | 'gateway') =>
      now[name].state === 'bad' && !wasGood[name] ? unknown(`${now[name].detail}, as ever`) : now[name];
    return { route: known('route'), gateway: known('gateway') };
  }

  async function names(timeoutMs: number): Promise<ResolverSign> {
    const { isElsewhere, ...sign } = await askResolver(timeoutMs);
    if (sign.state === 'good') wasGood.resolver = true;
    return { ...sign, tellsOfTheWay: isElsewhere && wasGood.resolver };
  }

  void routes();
  void names(everyMs);
  watch();

  return {
    ...peers,
    async read(timeoutMs, wants) {
      const worst = Math.max(0, ...latest);
      const late = `own timers come ${Math.round(worst)} ms late`;
      const load = worst >= overloadedFromMs ? bad(late) : good(late);
      const asked = askCanaries(canaries(), clock, timeoutMs);
      const [ways, resolver, out] = await Promise.all([
        routes(),
        wants.names ? names(timeoutMs) : unknown('no name is in question'),
        asked,
      ]);
      return { ...ways, resolver, canaries: out, load };
    },
    isOwnAddress(host) {
      if (isLoopback(host)) return true;
      const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
      return own.some(({ address }) => address === host);
    },
    stop: () => cancel(),
  };
}
