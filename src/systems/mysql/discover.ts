import type { Proposal, Surroundings } from '../../core/system.ts';

/** Connection strings first; a listening server that one of them names is not proposed twice. */
export async function discover(surroundings: Surroundings): Promise<Proposal[]> {
  const proposals: Proposal[] = [];
  const known = new Set<string>();
  for (const { url, variable, from } of surroundings.urls) {
    if (!URL.canParse(url)) continue;
    const parsed = new URL(url);
    // TiDB's port: its own system proposes it.
    if ((parsed.protocol !== 'mysql:' && parsed.protocol !== 'mariadb:') || parsed.port === '4000') continue;
    const place = placeOf(parsed.hostname, parsed.port === '' ? 3306 : Number(parsed.port));
    // One server is watched once, whatever database an application uses.
    if (known.has(place)) continue;
    known.add(place);
    proposals.push({
      name: 'mysql',
      system: 'mysql',
      config: { url },
      found: `${variable} in ${from}`,
      variable,
    });
  }
  for (const listener of surroundings.listeners) {
    const host = reachable(listener.address);
    const place = placeOf(host, listener.port);
    if (known.has(place) || !mayBeMysql(listener)) continue;
    if ((await surroundings.sniff(host, listener.port)) !== 'mysql') continue;
    known.add(place);
    proposals.push({
      name: 'mysql',
      system: 'mysql',
      config: { url: `mysql://upkeep@${bracketed(host)}:${listener.port}` },
      found: `listening on ${bracketed(host)}:${listener.port} (mysql)`,
    });
  }
  return proposals.map((proposal, index) =>
    index === 0 ? proposal : { ...proposal, name: `${proposal.name}-${index + 1}` },
  );
}

/** Other processes are not bothered with a greeting they do not speak. */
function mayBeMysql(listener: Surroundings['listeners'][number]): boolean {
  return listener.process === undefined
    ? listener.port >= 3306 && listener.port <= 3309
    : /mysqld|mariadbd|maxscale|proxysql|docker-proxy/.test(listener.process);
}

function reachable(address: string): string {
  if (address === '0.0.0.0' || address === '*' || address === '') return '127.0.0.1';
  return address === '::' ? '::1' : address;
}

/** One place for the names and addresses of this machine, as a server listens on both families. */
function placeOf(host: string, port: number): string {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  return `${/^(localhost|127\..*|::1|)$/.test(bare) ? 'here' : bare}:${port}`;
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
