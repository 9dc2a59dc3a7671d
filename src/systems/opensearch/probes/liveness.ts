import { count } from '../../../core/count.ts';
import type { Missing, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { noteListener } from '../../../machine/last-listener.ts';
import { Interrupted } from '../../../machine/network/dial.ts';
import { type Health, health, type Root, root } from '../answers.ts';
import { ask, destination, type OpensearchConnection, observe, tryAsk } from '../client.ts';
import { NotAnswered } from '../refusals.ts';

const colours = { green: 0, yellow: 1, red: 2 } as const;

export const liveness: Probe<OpensearchConnection> = {
  id: 'opensearch.liveness',
  summary: 'Asks a node who it is and the cluster for its health: colour, nodes, shards, pending tasks',
  liveness: true,
  metrics: {
    'opensearch.up': { summary: '1 while the cluster answers', unit: 'state', kind: 'gauge' },
    'opensearch.response_time': {
      summary: 'Time to the health of the cluster',
      unit: 'seconds',
      kind: 'gauge',
      latencyOf: 'check',
    },
    'opensearch.status': { summary: '0 green, 1 yellow, 2 red', unit: 'state', kind: 'gauge' },
    'opensearch.red': { summary: '1 while a primary shard lies nowhere', unit: 'state', kind: 'gauge' },
    'opensearch.nodes': { summary: 'Nodes in the cluster', unit: 'count', kind: 'gauge' },
    'opensearch.data_nodes': { summary: 'Nodes that hold data', unit: 'count', kind: 'gauge' },
    'opensearch.data_nodes.missing': {
      summary: 'Data nodes fewer than declared',
      unit: 'count',
      kind: 'gauge',
    },
    'opensearch.shards.active': { summary: 'Shards that serve', unit: 'count', kind: 'gauge' },
    'opensearch.shards.unassigned': { summary: 'Shards that lie nowhere', unit: 'count', kind: 'gauge' },
    'opensearch.shards.delayed': {
      summary: 'Of those, the ones that wait for their node to come back',
      unit: 'count',
      kind: 'gauge',
    },
    'opensearch.shards.relocating': { summary: 'Shards on the move', unit: 'count', kind: 'gauge' },
    'opensearch.shards.initializing': { summary: 'Shards that are built', unit: 'count', kind: 'gauge' },
    'opensearch.pending_tasks': {
      summary: 'Changes of the cluster that wait for its manager',
      unit: 'count',
      kind: 'gauge',
    },
    'opensearch.pending_tasks.oldest': {
      summary: 'How long the first of them has waited',
      unit: 'seconds',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async () => {
      const missing: Missing[] = [];
      const began = ctx.clock.monotonic();
      const who = await tryAsk(conn, [], [], () => ask(conn, '', root, ctx.signal));
      const asked = ctx.clock.monotonic();
      const read = () => ask(conn, '_cluster/health', health, ctx.signal);
      const seen = await tryAsk(conn, missing, ['opensearch.status', 'opensearch.red'], read).catch(
        (error: unknown) => withoutManager(error, who),
      );
      const now = ctx.clock.monotonic();
      noteListener(destination(conn), ctx.clock);
      if (seen === 'no manager')
        return {
          detail: `the node ${who?.name} answers, the cluster does not: no cluster manager is elected, or it is overloaded`,
          readings: [{ metric: 'opensearch.up', value: 0 }],
        };
      if (seen !== undefined) conn.mostDataNodes = Math.max(conn.mostDataNodes, seen.number_of_data_nodes);
      return {
        detail: `${nameOf(who)}${seen ? `, ${seen.status}, ${count(seen.number_of_nodes, 'node')}` : ''}`,
        missing,
        readings: [
          { metric: 'opensearch.up', value: 1 },
          { metric: 'opensearch.response_time', value: (now - (seen ? asked : began)) / 1_000 },
          ...(seen ? readingsOf(seen, conn.config.dataNodes) : []),
        ],
      };
    }),
};

/** A node answers for itself at once; only who is cut off from the manager leaves the health open. */
function withoutManager(error: unknown, who: Root | undefined): 'no manager' {
  const isSilent = error instanceof Interrupted || (error instanceof NotAnswered && error.status === 503);
  if (who !== undefined && isSilent) return 'no manager';
  throw error;
}

function nameOf(who: Root | undefined): string {
  if (who === undefined) return 'OpenSearch';
  const product = who.version.distribution === 'opensearch' ? 'OpenSearch' : 'Elasticsearch';
  return `${product} ${who.version.number}`;
}

function readingsOf(seen: Health, declared: number | undefined): Reading[] {
  const one = (name: string, value: number): Reading => ({ metric: `opensearch.${name}`, value });
  return [
    one('status', colours[seen.status]),
    one('red', Number(seen.status === 'red')),
    one('nodes', seen.number_of_nodes),
    one('data_nodes', seen.number_of_data_nodes),
    ...(declared === undefined
      ? []
      : [one('data_nodes.missing', Math.max(0, declared - seen.number_of_data_nodes))]),
    one('shards.active', seen.active_shards),
    one('shards.unassigned', seen.unassigned_shards),
    one('shards.delayed', seen.delayed_unassigned_shards),
    one('shards.relocating', seen.relocating_shards),
    one('shards.initializing', seen.initializing_shards),
    one('pending_tasks', seen.number_of_pending_tasks),
    one('pending_tasks.oldest', seen.task_max_waiting_in_queue_millis / 1_000),
  ];
}
