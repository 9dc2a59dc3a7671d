import { discoverServers } from '../../core/discover-servers.ts';
import type { Proposal, Surroundings } from '../../core/system.ts';

export function discover(surroundings: Surroundings): Promise<Proposal[]> {
  return discoverServers(surroundings, {
    system: 'postgres',
    isOurs: ({ protocol }) => protocol === 'postgres:' || protocol === 'postgresql:',
    usualPort: 5432,
    within: ({ pathname }) => pathname,
    mayBe: ({ process, port }) =>
      process === undefined
        ? port >= 5432 && port <= 5439
        : /postgres|postmaster|pgbouncer|docker-proxy/.test(process),
    protocol: 'postgres',
    urlFor: (authority) => `postgres://upkeep@${authority}/postgres`,
  });
}
