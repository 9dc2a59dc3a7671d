import { discoverServers } from '../../core/discover-servers.ts';
import type { Proposal, Surroundings } from '../../core/system.ts';

export function discover(surroundings: Surroundings): Promise<Proposal[]> {
  return discoverServers(surroundings, {
    system: 'redis',
    isOurs: ({ protocol }) => protocol === 'redis:' || protocol === 'rediss:',
    usualPort: 6379,
    mayBe: ({ process, port }) =>
      process === undefined
        ? port >= 6379 && port <= 6389
        : /redis|valkey|keydb|dragonfly|docker-proxy/.test(process),
    protocol: 'redis',
    urlFor: (authority) => `redis://${authority}`,
  });
}
