/** What the table of shards says: which copies lie nowhere, which could, and how large the others are. */
import type { z } from 'zod';
import type { catShards } from './answers.ts';

export interface Shard {
  readonly index: string;
  readonly shard: number;
  readonly isPrimary: boolean;
  readonly state: string;
  readonly node: string | undefined;
  readonly bytes: number | undefined;
  /** `NODE_LEFT`, `ALLOCATION_FAILED`, …; undefined for a shard that lies somewhere. */
  readonly reason: string | undefined;
  readonly details: string | undefined;
}

export const shardsPath =
  '_cat/shards?format=json&bytes=b&h=index,shard,prirep,state,store,node,unassigned.reason,unassigned.details';

export function shardsOf(rows: z.output<typeof catShards>): Shard[] {
  return rows.map((row) => ({
    index: row.index,
    shard: Number(row.shard),
    isPrimary: row.prirep === 'p',
    state: row.state,
    node: row.node ?? undefined,
    bytes: row.store == null || row.store === '' ? undefined : Number(row.store),
    reason: row['unassigned.reason'] ?? undefined,
    details: row['unassigned.details'] ?? undefined,
  }));
}

export function unassignedOf(shards: readonly Shard[]): Shard[] {
  return shards.filter(({ state }) => state === 'UNASSIGNED');
}

/**
 * Replicas for which there is no node, as no node holds two copies of a shard: with one node and `number_of_replicas` 1
 * a cluster is yellow for ever, and nobody can do anything at night. A copy whose node left is no such replica, unless
 * the configuration says how many nodes are meant.
 */
export function unplaceable(
  shards: readonly Shard[],
  nodes: { readonly seen: number; readonly declared: number | undefined },
): Shard[] {
  const copies = new Map<string, number>();
  for (const one of shards) copies.set(keyOf(one), (copies.get(keyOf(one)) ?? 0) + 1);
  const meant = nodes.declared ?? nodes.seen;
  const found: Shard[] = [];
  for (const one of unassignedOf(shards)) {
    if (one.isPrimary || (nodes.declared === undefined && one.reason === 'NODE_LEFT')) continue;
    const key = keyOf(one);
    const left = copies.get(key) ?? 0;
    if (left <= Math.max(1, meant)) continue;
    copies.set(key, left - 1);
    found.push(one);
  }
  return found;
}

function keyOf({ index, shard }: Shard): string {
  return `${index} ${shard}`;
}

export interface Sizes {
  readonly primaries: number;
  readonly largest: { readonly index: string; readonly bytes: number } | undefined;
  /** Share of the primaries below 1 GB; the newest index of each series still grows and is left out. */
  readonly smallShare: number | undefined;
}

/** Below this a shard costs more than it holds: knowledge O12. */
const smallBytes = 1_000_000_000;

export function sizesOf(shards: readonly Shard[]): Sizes {
  const primaries = shards.filter(({ isPrimary, bytes }) => isPrimary && bytes !== undefined);
  const largest = primaries.reduce<Shard | undefined>(
    (most, one) => ((one.bytes ?? 0) > (most?.bytes ?? -1) ? one : most),
    undefined,
  );
  const newest = newestOfSeries(primaries.map(({ index }) => index));
  const settled = primaries.filter(({ index }) => !index.startsWith('.') && !newest.has(index));
  const small = settled.filter(({ bytes }) => (bytes ?? 0) < smallBytes);
  return {
    primaries: settled.length,
    largest: largest && { index: largest.index, bytes: largest.bytes ?? 0 },
    smallShare: settled.length === 0 ? undefined : small.length / settled.length,
  };
}

/** `logs-2026.11.22` of `logs-2026.11.21`, `logs-2026.11.22`; an index without siblings is no series. */
function newestOfSeries(indices: readonly string[]): Set<string> {
  const series = new Map<string, Set<string>>();
  for (const index of indices) {
    const name = index.replace(/[-._]?\d[\d.-]*$/, '');
    if (name !== index) series.set(name, (series.get(name) ?? new Set()).add(index));
  }
  const last = [...series.values()].map((members) => [...members].sort().at(-1) ?? '');
  return new Set(last);
}
