import type { Proposal, Surroundings } from '../../core/system.ts';

/** TLS ports of this machine, and the hosts of https addresses found in the environment. */
export async function discover(surroundings: Surroundings): Promise<Proposal[]> {
  const found = [...(await fromListeners(surroundings)), ...fromUrls(surroundings)];
  return found.filter((each, at) => found.findIndex((other) => other.name === each.name) === at);
}

async function fromListeners(surroundings: Surroundings): Promise<Proposal[]> {
  const ports = new Map(surroundings.listeners.map((listener) => [listener.port, listener]));
  const proposals = await Promise.all(
    [...ports.values()].map(async (listener): Promise<Proposal[]> => {
      const host = ['0.0.0.0', '::'].includes(listener.address) ? '127.0.0.1' : listener.address;
      const protocol = await surroundings.sniff(host, listener.port);
      if (protocol !== 'https' && protocol !== 'tls') return [];
      return [
        {
          name: `certificate-${listener.port}`,
          system: 'tls',
          // By its loopback address no certificate matches; the public name is for its people to add.
          config: { host, port: listener.port, verify: false },
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
  return surroundings.urls
    .filter((entry) => entry.url.startsWith('https://') && URL.canParse(entry.url))
    .map((entry) => {
      const { hostname, port } = new URL(entry.url);
      const host = hostname.replace(/^\[|\]$/g, '');
      return {
        name: `certificate-${host.replace(/[^a-z0-9]+/gi, '-')}${port === '' ? '' : `-${port}`}`,
        system: 'tls',
        config: { host, ...(port === '' ? {} : { port: Number(port) }) },
        found: `${entry.variable} in ${entry.from}`,
      };
    });
}
