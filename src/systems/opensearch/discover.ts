import { numbered, reachable } from '../../core/discover-servers.ts';
import type { Proposal, Surroundings } from '../../core/system.ts';

const usualPort = 9_200;

/** Addresses that the environment names, then what listens on port 9200 of this machine and speaks HTTP. */
export async function discover(surroundings: Surroundings): Promise<Proposal[]> {
  const named = surroundings.urls.filter(
    ({ url, variable }) =>
      /(OPENSEARCH|ELASTIC(SEARCH)?)(_|$)/i.test(variable) &&
      URL.canParse(url) &&
      /^https?:$/.test(new URL(url).protocol),
  );
  const proposals: Proposal[] = named.map(({ url, variable, from }) => ({
    name: 'opensearch',
    system: 'opensearch',
    config: { url },
    found: `${variable} in ${from}`,
    variable,
  }));
  const isNamed = named.some(({ url }) => isPlaceHere(new URL(url)));
  const listener = surroundings.listeners.find(
    ({ port, process }) =>
      port === usualPort && /^(java|opensearch|elasticsearch|docker-proxy|$)/.test(process ?? ''),
  );
  if (listener !== undefined && !isNamed) {
    const host = reachable(listener.address);
    const protocol = await surroundings.sniff(host, usualPort);
    if (protocol === 'http' || protocol === 'https')
      proposals.push({
        name: 'opensearch',
        system: 'opensearch',
        config: { url: `${protocol}://${host.includes(':') ? `[${host}]` : host}:${usualPort}` },
        found: `listening on port ${usualPort} (${protocol})`,
      });
  }
  return numbered(proposals);
}

function isPlaceHere({ hostname, port }: URL): boolean {
  return /^(localhost|127\..*|\[::1\])$/.test(hostname) && port === String(usualPort);
}
