import type { Outcome } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { observe, type RedisConnection } from '../client.ts';
import { isServerFull } from '../failure.ts';
import { type Info, readInfo } from '../info.ts';

export const clients: Probe<RedisConnection> = {
  id: 'redis.clients',
  summary: 'Clients against the limit, and connections turned away (INFO clients, stats)',
  metrics: {
    'redis.clients.connected': { summary: 'Clients', unit: 'count', kind: 'gauge' },
    'redis.clients.left': {
      summary: 'Places for further clients; 0 where Upkeep itself is turned away',
      unit: 'count',
      kind: 'gauge',
    },
    'redis.clients.used_ratio': {
      summary: 'Clients as a share of maxclients',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
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
  async run(conn, ctx) {
    const outcome = await observe(conn, ctx, async (ask) => {
      const info = await readInfo(ask, 'clients', 'stats', 'replication');
      const connected = info.number('connected_clients') ?? 0;
      const limit = info.number('maxclients');
      return {
        ...(limit === undefined ? {} : { detail: `${connected} of ${limit} clients` }),
        readings: [
          { metric: 'redis.clients.connected', value: connected },
          ...(limit
            ? [
                { metric: 'redis.clients.used_ratio', value: connected / limit },
                { metric: 'redis.clients.left', value: Math.max(0, limit - connected - others(info)) },
              ]
            : []),
          { metric: 'redis.clients.blocked', value: info.number('blocked_clients') ?? 0 },
          { metric: 'redis.clients.rejected', value: info.number('rejected_connections') ?? 0 },
        ],
      };
    });
    return whenTurnedAway(outcome);
  },
};

/** Replicas and the cluster's own links take places too, and are not among the connected clients. */
function others(info: Info): number {
  return (info.number('connected_slaves') ?? 0) + (info.number('cluster_connections') ?? 0);
}

/** Being turned away for want of places is itself a measurement. */
function whenTurnedAway(outcome: Outcome): Outcome {
  if (outcome.ok || !isServerFull(outcome.detail)) return outcome;
  const readings = [
    { metric: 'redis.clients.used_ratio', value: 1 },
    { metric: 'redis.clients.left', value: 0 },
  ];
  return { ...outcome, readings };
}
