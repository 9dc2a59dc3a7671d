import { numbered, reachable } from '../../core/discover-servers.ts';
import type { Proposal, Surroundings } from '../../core/system.ts';

/** By `tidb://` URLs and MySQL's on TiDB's port, and by servers of this machine that listen on TiDB's port or run its program. */
export async function discover(surroundings: Surroundings): Promise<Proposal[]> {
  const found: Proposal[] = [];
  for (const { url, variable, from } of surroundings.urls) {
    if (!URL.canParse(url)) continue;
    const { protocol, port } = new URL(url);
    if (protocol !== 'tidb:' && !(protocol === 'mysql:' && port === '4000')) continue;
    found.push({ name: 'tidb', system: 'tidb', config: { url }, found: `${variable} in ${from}`, variable });
  }
  for (const { address, port, process } of surroundings.listeners) {
    if (found.length > 0 || !(process === undefined ? port === 4_000 : /^tidb-server/.test(process)))
      continue;
    const host = reachable(address);
    if ((await surroundings.sniff(host, port)) !== 'mysql') continue;
    const bare = host.includes(':') ? `[${host}]` : host;
    found.push({
      name: 'tidb',
      system: 'tidb',
      config: { url: `mysql://upkeep@${bare}:${port}` },
      found: `listening on ${bare}:${port} (TiDB)`,
    });
  }
  return numbered(found);
}
