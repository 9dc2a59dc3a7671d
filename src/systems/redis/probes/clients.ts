import type { Probe } from '../../../core/system.ts';
import { observe, type RedisConnection } from '../client.ts';
import { readInfo } from '../info.ts';

export const clients: Probe<RedisConnection> = {
  id: 'redis.clients',
  summary: 'Clients against the limit, and connections turned away (INFO clients, stats)',
  metrics: {
    'redis.clients.connected': { summary: 'Clients', unit: 'count', kind: 'gauge' },
    'redis.clients.used_ratio': { summary: 'Clients as a share of maxclients', unit: 'ratio', kind: 'gauge' },
    'redis.clients.blocked': {
      summary: 'Clients in a blocking call such as BLPOP; normal for workers',
      unit: 'count',
      kind: 'gauge',
    },
    'redis.clients.rejected': {
      summary: 'Connections turned away at maxclients',
      unit: 'count',
      kind: 'counter',
    },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async (ask) => {
      const info = await readInfo(ask, 'clients', 'stats');
      const connected = info.number('connected_clients') ?? 0;
      const limit = info.number('maxclients');
      return {
        ...(limit === undefined ? {} : { detail: `${connected} of ${limit} clients` }),
        readings: [
          { metric: 'redis.clients.connected', value: connected },
          ...(limit ? [{ metric: 'redis.clients.used_ratio', value: connected / limit }] : []),
          { metric: 'redis.clients.blocked', value: info.number('blocked_clients') ?? 0 },
          { metric: 'redis.clients.rejected', value: info.number('rejected_connections') ?? 0 },
        ],
      };
    }),
};
