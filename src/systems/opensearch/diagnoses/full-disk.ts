/** Indices that are read-only because a disk was full, and the limit of shards. */
import { count } from '../../../core/count.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { catShards, health } from '../answers.ts';
import { ask, type OpensearchConnection } from '../client.ts';
import { blockedPath, readBlocked, shardLimit } from '../probes/shards.ts';
import { readSettings } from '../settings.ts';
import { shardsOf, shardsPath } from '../shards.ts';
import {
  factsOf,
  look,
  numberOf,
  onsetEvidence,
  onsetOf,
  percent,
  rowsOf,
  seenIds,
  tableOf,
  textOf,
  unseenOf,
} from './evidence.ts';
import { lookAtDisks, lookAtSettings } from './look-at-shards.ts';

const blockAlerts = ['opensearch.blocked', 'opensearch.lifecycle-stuck'];

export const readOnlyBlocks: Diagnosis<OpensearchConnection> = {
  id: 'opensearch.read-only-blocks',
  title: 'indices take no writes',
  summary: 'Indices take no writes since a disk passed the flood stage: whether disks have room again',
  explains: blockAlerts,
  async gather(conn, target, ctx) {
    const looking = { conn, target, ctx };
    const title = 'Indices with index.blocks.read_only_allow_delete';
    const blocked = look(looking, { id: 'blocked', title, path: blockedPath }, async () => ({
      table: tableOf((await readBlocked(conn, ctx.signal)).map((index) => ({ index }))),
    }));
    const pieces = await Promise.all([blocked, lookAtDisks(looking), lookAtSettings(looking)]);
    return [...pieces, ...onsetEvidence(looking, blockAlerts)];
  },
  conclude(evidence, target) {
    const indices = rowsOf(evidence, target, 'blocked').map((row) => textOf(row.index));
    if (indices.length === 0) return [];
    const disks = rowsOf(evidence, target, 'disks');
    const flooded = disks.filter((row) => row.beyond === 'flood');
    const { flood } = factsOf(evidence, target, 'settings');
    const isClear = disks.length > 0 && flooded.length === 0;
    const which = `${count(indices.length, 'index takes', 'indices take')} no writes (${indices.slice(0, 3).join(', ')}${indices.length > 3 ? ', …' : ''})`;
    return [
      {
        id: 'opensearch.read-only-blocks',
        target,
        summary: `${which}: ${
          flooded[0]
            ? `the disk of ${flooded[0].node} is ${percent(numberOf(flooded[0].used))} full, beyond the flood stage ${flood}`
            : isClear
              ? 'the disks have room again and the block was left'
              : 'whether the disks have room cannot be seen'
        }`,
        explanation: `At the flood stage the cluster makes every index with a shard on that disk read-only, so that deleting is all that can be done. ${
          isClear
            ? 'No disk is beyond it now. Since 7.4 the block is taken away when the disk falls below the high watermark; older versions, and blocks set by hand, keep it.'
            : 'Free the disk first: let the policy delete what is old, add disk or nodes. A block that is taken away before comes back within half a minute.'
        }`,
        confidence: disks.length === 0 ? 0.6 : 0.95,
        ...(isClear ? {} : { nature: 'capacity' as const }),
        ...onsetOf(evidence, target),
        evidence: seenIds(evidence),
        unseen: unseenOf(evidence),
        recommendations: isClear
          ? [
              {
                action: 'opensearch.clear-read-only',
                target,
                input: { indices: indices.slice(0, 50) },
                why: 'the disks are below the flood stage; writes go on',
              },
            ]
          : [],
      },
    ];
  },
};

const limitAlerts = ['opensearch.shard-limit', 'opensearch.lifecycle-stuck', 'opensearch.small-shards'];
/** Below this share of the limit it is no cause of anything. */
const nearLimit = 0.8;

export const shardLimitReached: Diagnosis<OpensearchConnection> = {
  id: 'opensearch.shard-limit',
  title: 'the limit of shards is nearly used up',
  summary: 'The limit of shards is nearly used up: which series of indices has them',
  explains: limitAlerts,
  async gather(conn, target, ctx) {
    const looking = { conn, target, ctx };
    const path = '_cluster/settings?include_defaults=true&flat_settings=true';
    const limit = look(looking, { id: 'limit', title: 'Shards against their limit', path }, async () => {
      const overall = await ask(conn, '_cluster/health', health, ctx.signal);
      const found = shardLimit(overall, await readSettings(conn, ctx.signal));
      return { facts: { dataNodes: overall.number_of_data_nodes, ...found } };
    });
    const series = look(
      looking,
      { id: 'series', title: 'Shards by series of indices', path: shardsPath },
      async () => ({
        table: tableOf(seriesOf(shardsOf(await ask(conn, shardsPath, catShards, ctx.signal)))),
      }),
    );
    return [...(await Promise.all([limit, series])), ...onsetEvidence(looking, limitAlerts)];
  },
  conclude(evidence, target) {
    const { used, limit, perNode, dataNodes } = factsOf(evidence, target, 'limit');
    const share = numberOf(used) / Math.max(1, numberOf(limit));
    if (share < nearLimit) return [];
    const [most] = rowsOf(evidence, target, 'series');
    return [
      {
        id: 'opensearch.shard-limit',
        target,
        summary: `${used} of ${limit} shards are used up (${percent(share)})${most ? `; ${most.series} alone has ${most.shards} in ${count(numberOf(most.indices), 'index', 'indices')}` : ''}`,
        explanation: `The limit is cluster.max_shards_per_node (${perNode}) times ${count(numberOf(dataNodes), 'data node')}; replicas count. At the limit no index can be made: daily indices, roll-overs and restores fail, the policy of an index may say so only in info.cause. Delete or shrink what is old by policy, use fewer primaries in the template, or add a node. A higher limit costs heap and puts it off.`,
        confidence: 0.9,
        nature: 'capacity',
        ...onsetOf(evidence, target),
        evidence: seenIds(evidence),
        unseen: unseenOf(evidence),
        decides: ['which of these indices may be deleted, and by whose word'],
        recommendations: [],
      },
    ];
  },
};

/** `logs-2026.11.22` and `logs-2026.11.21` are `logs-*`. */
function seriesOf(shards: ReturnType<typeof shardsOf>) {
  const series = new Map<string, { indices: Set<string>; shards: number; bytes: number }>();
  for (const { index, bytes = 0 } of shards) {
    const name = index.replace(/[-._]?\d[\d.-]*$/, '');
    const key = name === index ? index : `${name}-*`;
    const one = series.get(key) ?? { indices: new Set<string>(), shards: 0, bytes: 0 };
    one.indices.add(index);
    series.set(key, { ...one, shards: one.shards + 1, bytes: one.bytes + bytes });
  }
  return [...series]
    .map(([name, one]) => ({
      series: name,
      shards: one.shards,
      indices: one.indices.size,
      bytesOfAShard: one.shards === 0 ? null : Math.round(one.bytes / one.shards),
    }))
    .sort((a, b) => b.shards - a.shards)
    .slice(0, 20);
}
