/** What `upkeep init` and a first start propose to watch. */
import type { Proposal, Surroundings, SystemEntry } from '../core/system.ts';

/** The names that things got when they were first found, by `thingKey`: what was stored of them goes by these. */
export type GivenNames = ReadonlyMap<string, string>;

/**
 * Asks every system; one proposal per thing: what two systems or two places both found is proposed once. The host
 * comes first, then what a variable names, then what merely listens; what listens on a lent port is gone tomorrow, or
 * elsewhere, and no system is shown it. A system that fails to look finds nothing.
 */
export async function discover(
  surroundings: Surroundings,
  systems: readonly SystemEntry[],
  remembered: GivenNames = new Map(),
): Promise<Proposal[]> {
  const lasting = { ...surroundings, listeners: surroundings.listeners.filter(({ isLent }) => !isLent) };
  const found = await Promise.all(
    systems.map(async (system) => (await system.discover?.(lasting).catch(() => [])) ?? []),
  );
  const ranked = found.flat().sort((a, b) => rank(a) - rank(b));
  const byThing = new Map<string, Proposal>();
  for (const proposal of ranked) {
    const key = thingKey(proposal);
    if (!byThing.has(key)) byThing.set(key, proposal);
  }
  const usable = new Set(
    surroundings.urls.filter(isSettable).map((entry) => `${entry.variable} ${entry.url}`),
  );
  const proposals = [...byThing.values()].map((proposal) => {
    const { variable, ...rest } = proposal;
    return variable !== undefined && usable.has(`${variable} ${String(proposal.config.url)}`)
      ? proposal
      : rest;
  });
  return withUniqueNames(proposals, remembered);
}

/**
 * Names of the proposals that nobody named anywhere: something listened there when discovery looked. The machine itself
 * is no guess.
 */
export function guessesAmong(proposals: readonly Proposal[], { urls }: Surroundings): ReadonlySet<string> {
  const named = new Set<unknown>(urls.map(({ url }) => url));
  return new Set(
    proposals
      .filter(({ system, config }) => system !== 'host' && !named.has(config.url))
      .map(({ name }) => name),
  );
}

/** `${NAME}` finds a value there when upkeep.yaml is read; what only a compose file names is set nowhere else. */
function isSettable(entry: Surroundings['urls'][number]): boolean {
  return entry.from === 'the environment' || entry.from === '.env';
}

function rank(proposal: Proposal): number {
  if (proposal.system === 'host') return 0;
  return proposal.variable === undefined ? 2 : 1;
}

const defaultPorts: Record<string, string> = {
  'postgres:': '5432',
  'postgresql:': '5432',
  'redis:': '6379',
  'rediss:': '6379',
  'http:': '80',
  'https:': '443',
};

/** What is proposed, whatever it is called: `postgres localhost:5432`. */
export function thingKey(proposal: Proposal): string {
  return `${proposal.system} ${thing(proposal)}`;
}

/** Host and port, as far as the settings tell; `localhost` and 127.0.0.1 are one. */
function thing(proposal: Proposal): string {
  const { url, host, port } = proposal.config;
  if (typeof url === 'string' && URL.canParse(url)) {
    const parsed = new URL(url);
    const place = `${loopback(parsed.hostname)}:${parsed.port || (defaultPorts[parsed.protocol] ?? '')}`;
    return proposal.system === 'http' ? `${place}${parsed.pathname}` : `${place}`;
  }
  if (typeof host === 'string') return `${loopback(host)}:${typeof port === 'number' ? port : ''}`;
  return JSON.stringify(proposal.config);
}

function loopback(host: string): string {
  return ['localhost', '127.0.0.1', '::1', '[::1]', '0.0.0.0', '::', '[::]'].includes(host)
    ? 'localhost'
    : host;
}

/** One that was found before keeps its name, and nobody else gets it while it is away. */
function withUniqueNames(proposals: readonly Proposal[], remembered: GivenNames): Proposal[] {
  const taken = new Set(remembered.values());
  return proposals.map((proposal) => {
    const given = remembered.get(thingKey(proposal));
    if (given !== undefined) return { ...proposal, name: given };
    const base = niceName(proposal.name) || proposal.system;
    let name = base;
    for (let count = 2; taken.has(name); count++) name = `${base}-${count}`;
    taken.add(name);
    return { ...proposal, name };
  });
}

function niceName(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+|-+$/g, '');
}
