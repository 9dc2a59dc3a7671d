import { discoverServers } from '../../core/discover-servers.ts';
import type { Proposal, Surroundings } from '../../core/system.ts';

export function discover(surroundings: Surroundings): Promise<Proposal[]> {
  return discoverServers(surroundings, {
    system: 'mysql',
    // TiDB's port: its own system proposes it.
    isOurs: ({ protocol, port }) => (protocol === 'mysql:' || protocol === 'mariadb:') && port !== '4000',
    usualPort: 3306,
    mayBe: ({ process, port }) =>
      process === undefined
        ? port >= 3306 && port <= 3309
        : /mysqld|mariadbd|maxscale|proxysql|docker-proxy/.test(process),
    protocol: 'mysql',
    urlFor: (authority) => `mysql://upkeep@${authority}`,
  });
}
