import type { Probe } from '../../../core/system.ts';
import { notPermitted, observe, type RedisConnection } from '../client.ts';
import { allSlots, parseNodes } from '../cluster-nodes.ts';
import { isNotPermitted } from '../failure.ts';
import { parseInfo, readInfo } from '../info.ts';

const metrics = ['redis.cluster.ok', 'redis.cluster.slots_unserved', 'redis.cluster.nodes_failing'] as const;

export const cluster: Probe<RedisConnection> = {
  id: 'redis.cluster',
  summary:
    'Redis Cluster as this node sees it; nothing where it is not clustered (CLUSTER INFO, CLUSTER NODES)',
  metrics: {
    [metrics[0]]: {
      summary: '1 while the cluster serves, 0 while it refuses commands',
      unit: 'state',
      kind: 'gauge',
    },
    [metrics[1]]: {
      summary: 'Of 16,384 slots, those that no node serves: assigned to none, or to one that failed',
      unit: 'count',
      kind: 'gauge',
    },
    [metrics[2]]: {
      summary: 'Nodes that failed or are not heard of',
      unit: 'count',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async (ask) => {
      if ((await readInfo(ask, 'cluster')).number('cluster_enabled') !== 1) return { readings: [] };
      try {
        const info = parseInfo(String(await ask('CLUSTER', 'INFO')));
        const nodes = parseNodes(String(await ask('CLUSTER', 'NODES')));
        const failing = nodes.filter(({ health }) => health !== 'ok');
        const unserved =
          allSlots - (info.number('cluster_slots_assigned') ?? 0) + (info.number('cluster_slots_fail') ?? 0);
        const isOk = info.text('cluster_state') === 'ok';
        const detail = [
          `cluster_state ${info.text('cluster_state') ?? 'unknown'}`,
          `${nodes.length} nodes`,
          ...failing.map(({ place, health }) => `${place} ${health}`),
        ].join(', ');
        return {
          detail,
          readings: [
            { metric: metrics[0], value: isOk ? 1 : 0, about: { detail } },
            { metric: metrics[1], value: unserved, about: { detail } },
            { metric: metrics[2], value: failing.length, about: { detail } },
          ],
        };
      } catch (error) {
        if (!isNotPermitted(error)) throw error;
        return { readings: [], missing: [notPermitted(error, conn, metrics)] };
      }
    }),
};
