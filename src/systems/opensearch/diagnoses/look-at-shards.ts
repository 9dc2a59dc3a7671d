/** Evidence of why shards lie nowhere: the shards, what the cluster explains of them, settings and disks. */
import type { Evidence } from '../../../core/evidence.ts';
import { catShards, type Explanation, explanation, health, nodesStats } from '../answers.ts';
import { ask, send } from '../client.ts';
import { allocation, allocationOf, isBeyond, readSettings, watermarksOf } from '../settings.ts';
import { type Shard, shardsOf, shardsPath, unassignedOf, unplaceable } from '../shards.ts';
import { type Looking, look, type Row, tableOf } from './evidence.ts';

/** Shards that the cluster is asked about one by one; the others of an index mostly have its reason. */
const mostExplained = 5;
const mostRows = 50;

export async function lookAtAllocation(looking: Looking): Promise<Evidence[]> {
  const [overall, nowhere, inForce, disks] = await Promise.all([
    lookAtHealth(looking),
    lookAtUnassigned(looking),
    lookAtSettings(looking),
    lookAtDisks(looking),
  ]);
  return [overall, nowhere.evidence, ...(await explained(looking, nowhere.shards)), inForce, disks];
}

function lookAtHealth(looking: Looking): Promise<Evidence> {
  const { conn, ctx } = looking;
  const path = '_cluster/health';
  return look(looking, { id: 'health', title: 'Health of the cluster', path }, async () => {
    const seen = await ask(conn, path, health, ctx.signal);
    return {
      facts: {
        status: seen.status,
        nodes: seen.number_of_nodes,
        dataNodes: seen.number_of_data_nodes,
        unassigned: seen.unassigned_shards,
        delayed: seen.delayed_unassigned_shards,
        activeShards: seen.active_shards,
      },
    };
  });
}

async function lookAtUnassigned(looking: Looking): Promise<{ evidence: Evidence; shards: Shard[] }> {
  const { conn, ctx } = looking;
  let shards: Shard[] = [];
  const title = 'Shards that lie nowhere';
  const evidence = await look(looking, { id: 'unassigned', title, path: shardsPath }, async () => {
    const overall = await ask(conn, '_cluster/health', health, ctx.signal);
    conn.mostDataNodes = Math.max(conn.mostDataNodes, overall.number_of_data_nodes);
    const table = shardsOf(await ask(conn, shardsPath, catShards, ctx.signal));
    const hopeless = new Set(
      unplaceable(table, { seen: conn.mostDataNodes, declared: conn.config.dataNodes }),
    );
    shards = unassignedOf(table).toSorted((a, b) => Number(b.isPrimary) - Number(a.isPrimary));
    return {
      table: tableOf(
        shards.slice(0, mostRows).map((one) => ({
          index: one.index,
          shard: one.shard,
          isPrimary: one.isPrimary,
          reason: one.reason ?? null,
          details: one.details?.slice(0, 300) ?? null,
          isUnplaceable: hopeless.has(one),
        })),
      ),
    };
  });
  return { evidence, shards };
}

async function explained(looking: Looking, shards: readonly Shard[]): Promise<Evidence[]> {
  if (shards.length === 0) return [];
  const { conn, ctx } = looking;
  const path = '_cluster/allocation/explain';
  const title = 'What the cluster says of them, shard by shard';
  return [
    await look(looking, { id: 'explained', title, path }, async () => {
      const rows: Row[] = [];
      for (const { index, shard, isPrimary: primary } of oneOfEach(shards)) {
        const answer = await send(
          conn,
          { method: 'POST', path, body: { index, shard, primary } },
          ctx.signal,
        );
        rows.push(rowOf(explanation.parse(answer)));
      }
      return { table: tableOf(rows) };
    }),
  ];
}

/** Primaries first, one of each index and reason. */
function oneOfEach(shards: readonly Shard[]): Shard[] {
  const seen = new Map<string, Shard>();
  for (const one of shards) {
    const key = `${one.index} ${one.isPrimary} ${one.reason}`;
    if (!seen.has(key)) seen.set(key, one);
  }
  return [...seen.values()].slice(0, mostExplained);
}

function rowOf(said: Explanation): Row {
  const decisions = said.node_allocation_decisions;
  // That a node has the other copy is true of every replica and no cause.
  const refusals = decisions
    .flatMap(({ node_name, deciders }) => deciders.map((one) => ({ ...one, node_name })))
    .filter(({ decision }) => decision !== 'YES');
  const cause = refusals.find(({ decider }) => decider !== 'same_shard') ?? refusals[0];
  const broken = decisions.find(({ store }) => store?.store_exception !== undefined);
  const exception = broken?.store?.store_exception;
  const details = said.unassigned_info?.details ?? '';
  return {
    index: said.index,
    shard: said.shard,
    isPrimary: said.primary,
    reason: said.unassigned_info?.reason ?? null,
    details: details.slice(0, 300),
    verdict: said.can_allocate ?? null,
    says: said.allocate_explanation?.slice(0, 300) ?? null,
    decider: cause?.decider ?? null,
    node: cause?.node_name ?? broken?.node_name ?? null,
    explanation: cause?.explanation.slice(0, 300) ?? null,
    damage: exception
      ? `${exception.type}: ${exception.reason}`.slice(0, 300)
      : (/\w*corrupt\w*[^\]]*/i.exec(details)?.[0].slice(0, 300) ?? null),
    delaySeconds:
      said.remaining_delay_in_millis === undefined ? null : said.remaining_delay_in_millis / 1_000,
  };
}

export function lookAtSettings(looking: Looking): Promise<Evidence> {
  const { conn, ctx } = looking;
  const path = '_cluster/settings?include_defaults=true&flat_settings=true';
  return look(looking, { id: 'settings', title: 'Settings of allocation', path }, async () => {
    const settings = await readSettings(conn, ctx.signal);
    const change = ctx.changes.find(
      ({ source, differences }) =>
        source === 'opensearch.settings' && differences.some(({ name }) => name.endsWith(allocation)),
    );
    const { low, high, flood, isAssumed } = watermarksOf(settings);
    return {
      facts: {
        allocation: allocationOf(settings),
        layer:
          allocation in settings.transient
            ? 'transient'
            : allocation in settings.persistent
              ? 'persistent'
              : 'default',
        ...(change ? { change: change.id, changedAt: change.at } : {}),
        ...{ low, high, flood, areWatermarksAssumed: isAssumed },
      },
    };
  });
}

/** Every node with the watermark that its disk is beyond. */
export function lookAtDisks(looking: Looking): Promise<Evidence> {
  const { conn, ctx } = looking;
  const path = '_nodes/stats/fs';
  return look(looking, { id: 'disks', title: 'Disks against their watermarks', path }, async () => {
    const marks = watermarksOf(await readSettings(conn, ctx.signal));
    const { nodes } = await ask(conn, path, nodesStats, ctx.signal);
    return {
      table: tableOf(
        Object.values(nodes).flatMap(({ name, fs }) => {
          if (fs === undefined) return [];
          const disk = { total: fs.total.total_in_bytes, free: fs.total.available_in_bytes };
          const beyond = (['flood', 'high', 'low'] as const).find((mark) => isBeyond(marks[mark], disk));
          const used = disk.total > 0 ? 1 - disk.free / disk.total : null;
          return [{ node: name, total: disk.total, free: disk.free, used, beyond: beyond ?? null }];
        }),
      ),
    };
  });
}
