import type { Proposal, Surroundings } from '../../core/system.ts';

const loopbackFor: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '127.0.0.1' };

/** Endpoints of this machine that answer HTTP, and addresses found in the environment. */
export async function discover(surroundings: Surroundings): Promise<Proposal[]> {
  const found = [...(await fromListeners(surroundings)), ...fromUrls(surroundings)];
  const seen = new Set<unknown>();
  const names = new Set<string>();
  const proposals: Proposal[] = [];
  for (const proposal of found) {
    const key = new URL(String(proposal.config.url)).href;
    if (seen.has(key)) continue;
    seen.add(key);
    proposals.push({ ...proposal, name: freeName(proposal.name, names) });
  }
  return proposals;
}

async function fromListeners(surroundings: Surroundings): Promise<Proposal[]> {
  const ports = new Map(surroundings.listeners.map((listener) => [listener.port, listener]));
  const proposals = await Promise.all(
    [...ports.values()].map(async (listener): Promise<Proposal[]> => {
      const host = loopbackFor[listener.address] ?? listener.address;
      const protocol = await surroundings.sniff(host, listener.port);
      if (protocol !== 'http' && protocol !== 'https') return [];
      const url = `${protocol}://${host.includes(':') ? `[${host}]` : host}:${listener.port}/`;
      return [
        {
          name: `${listener.process === undefined ? 'web' : slug(listener.process)}-${listener.port}`,
          system: 'http',
          // Any answer proves life; which status is right only its people know.
          config: {
            url,
            expect: { status: ['2xx', '3xx', '4xx'] },
            ...(protocol === 'https' ? { tls: { verify: false } } : {}),
          },
          found: `listening on ${listener.address}:${listener.port}${by(listener)}`,
          ...(listener.isInTerminal ? { isPassing: true as const } : {}),
        },
      ];
    }),
  );
  return proposals.flat();
}

function by({ process, isInTerminal }: Surroundings['listeners'][number]): string {
  const words = [process, isInTerminal ? 'in a terminal' : undefined].filter((word) => word !== undefined);
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

function fromUrls(surroundings: Surroundings): Proposal[] {
  return (
    surroundings.urls
      // How the command line reaches a running Upkeep.
      .filter((entry) => entry.variable !== 'UPKEEP_URL')
      .filter((entry) => /^https?:\/\//.test(entry.url) && URL.canParse(entry.url))
      .map((entry) => ({
        name: slug(entry.variable.replace(/_?(URL|URI|ENDPOINT|ADDRESS)$/i, '')) || 'web',
        system: 'http',
        config: { url: entry.url, expect: { status: ['2xx', '3xx', '4xx'] } },
        found: `${entry.variable} in ${entry.from}`,
        variable: entry.variable,
      }))
  );
}

function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

function freeName(name: string, taken: Set<string>): string {
  let free = name;
  for (let count = 2; taken.has(free); count++) free = `${name}-${count}`;
  taken.add(free);
  return free;
}
