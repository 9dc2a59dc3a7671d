import { count } from '../../../core/count.ts';
import type { Missing, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { type ClusterSettings, catShards, type Health, health, indexSettings } from '../answers.ts';
import { ask, type OpensearchConnection, observe, tryAsk } from '../client.ts';
import { allocationOf, inForce, readSettings } from '../settings.ts';
import { type Shard, shardsOf, shardsPath, sizesOf, unassignedOf, unplaceable } from '../shards.ts';

export const blockedPath =
  '_all/_settings/index.blocks.read_only_allow_delete?flat_settings=true&expand_wildcards=all';
export const blockName = 'index.blocks.read_only_allow_delete';

export const shards: Probe<OpensearchConnection> = {
  id: 'opensearch.shards',
  summary: 'Every shard: copies without a node, those given up, sizes, the limit of shards, read-only blocks',
  atMostEveryMs: 30_000,
  metrics: {
    'opensearch.yellow': {
      summary: '1 while replicas are missing that some node could hold, and none of them waits for its node',
      unit: 'state',
      kind: 'gauge',
    },
    'opensearch.replicas.unplaceable': {
      summary: 'Replicas for which there are too few nodes, however long one waits',
      unit: 'count',
      kind: 'gauge',
    },
    'opensearch.shards.given_up': {
      summary: 'Shards whose allocation failed so often that it is not tried again',
      unit: 'count',
      kind: 'gauge',
    },
    'opensearch.shards.limit_ratio': {
      summary: 'Shards as a share of cluster.max_shards_per_node times data nodes; at 1 no index is made',
      unit: 'ratio',
      kind: 'gauge',
    },
    'opensearch.shards.primaries': {
      summary: 'Primary shards of indices that are settled',
      unit: 'count',
      kind: 'gauge',
    },
    'opensearch.shards.largest': { summary: 'Size of the largest primary', unit: 'bytes', kind: 'gauge' },
    'opensearch.shards.small_ratio': {
      summary: 'Share of the primaries below 1 GB, without the newest index of each series',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'opensearch.allocation.disabled': {
      summary: '1 while a setting forbids that shards are given to nodes',
      unit: 'state',
      kind: 'gauge',
    },
    'opensearch.indices.blocked': {
      summary: 'Indices that take no writes because a disk was full',
      unit: 'count',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async () => {
      const missing: Missing[] = [];
      const lacking = (names: readonly string[]) => names.map((name) => `opensearch.${name}`);
      const copies = [
        'yellow',
        'replicas.unplaceable',
        'shards.given_up',
        'shards.largest',
        'shards.primaries',
      ];
      const overall = await tryAsk(conn, missing, lacking(['shards.limit_ratio', 'yellow']), () =>
        ask(conn, '_cluster/health', health, ctx.signal),
      );
      const table = await tryAsk(conn, missing, lacking([...copies, 'shards.small_ratio']), async () =>
        shardsOf(await ask(conn, shardsPath, catShards, ctx.signal)),
      );
      const settings = await tryAsk(
        conn,
        missing,
        lacking(['allocation.disabled', 'shards.limit_ratio']),
        () => readSettings(conn, ctx.signal),
      );
      const blocked = await tryAsk(conn, missing, lacking(['indices.blocked']), () =>
        readBlocked(conn, ctx.signal),
      );
      const limit = settings && overall && limitReading(overall, settings);
      if (settings && overall && limit === undefined) missing.push(unshownLimit);
      return {
        missing,
        detail: inOneLine(table, blocked),
        readings: [
          ...(table && overall ? placed(conn, table, overall) : []),
          ...(table ? sized(table) : []),
          ...(settings
            ? [{ metric: 'opensearch.allocation.disabled', value: Number(allocationOf(settings) !== 'all') }]
            : []),
          ...(limit ? [limit] : []),
          ...(blocked ? [{ metric: 'opensearch.indices.blocked', value: blocked.length }] : []),
        ],
      };
    }),
};

function inOneLine(table: readonly Shard[] | undefined, blocked: readonly string[] | undefined): string {
  if (table === undefined) return 'shards cannot be seen';
  const nowhere = unassignedOf(table).length;
  return [
    count(table.length, 'shard'),
    ...(nowhere > 0 ? [`${nowhere} unassigned`] : []),
    ...(blocked !== undefined && blocked.length > 0
      ? [`${count(blocked.length, 'index', 'indices')} read-only: ${blocked.slice(0, 3).join(', ')}`]
      : []),
  ].join(', ');
}

const unshownLimit: Missing = {
  metrics: ['opensearch.shards.limit_ratio'],
  reason: 'the host does not show cluster.max_shards_per_node',
  remedy:
    'set it, so that it is shown: PUT _cluster/settings {"persistent":{"cluster.max_shards_per_node":1000}}',
};

export async function readBlocked(conn: OpensearchConnection, signal: AbortSignal): Promise<string[]> {
  const found = await ask(conn, blockedPath, indexSettings, signal);
  return Object.entries(found)
    .filter(([, { settings }]) => String(settings[blockName]) === 'true')
    .map(([index]) => index)
    .sort();
}

function placed(conn: OpensearchConnection, table: readonly Shard[], overall: Health): Reading[] {
  conn.mostDataNodes = Math.max(conn.mostDataNodes, overall.number_of_data_nodes);
  const nowhere = unassignedOf(table);
  const hopeless = unplaceable(table, { seen: conn.mostDataNodes, declared: conn.config.dataNodes });
  const primaries = nowhere.filter(({ isPrimary }) => isPrimary);
  const wanted = nowhere.length - primaries.length - hopeless.length - overall.delayed_unassigned_shards;
  return [
    { metric: 'opensearch.yellow', value: Number(overall.status === 'yellow' && wanted > 0) },
    { metric: 'opensearch.replicas.unplaceable', value: hopeless.length },
    {
      metric: 'opensearch.shards.given_up',
      value: nowhere.filter(({ reason }) => reason === 'ALLOCATION_FAILED').length,
    },
  ];
}

function sized(table: readonly Shard[]): Reading[] {
  const { primaries, largest, smallShare } = sizesOf(table);
  return [
    { metric: 'opensearch.shards.primaries', value: primaries },
    ...(largest ? [{ metric: 'opensearch.shards.largest', value: largest.bytes }] : []),
    ...(smallShare === undefined ? [] : [{ metric: 'opensearch.shards.small_ratio', value: smallShare }]),
  ];
}

/** Replicas that lie nowhere count as well: the limit speaks of what was asked for. */
export function shardLimit(overall: Health, settings: ClusterSettings) {
  const perNode = Number(inForce(settings, 'cluster.max_shards_per_node') ?? Number.NaN);
  const limit = perNode * overall.number_of_data_nodes;
  const used = overall.active_shards + overall.initializing_shards + overall.unassigned_shards;
  return Number.isFinite(limit) && limit > 0 ? { used, limit, perNode } : undefined;
}

function limitReading(overall: Health, settings: ClusterSettings): Reading | undefined {
  const found = shardLimit(overall, settings);
  return found && { metric: 'opensearch.shards.limit_ratio', value: found.used / found.limit };
}
