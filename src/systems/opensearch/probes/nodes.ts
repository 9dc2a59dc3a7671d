import { count } from '../../../core/count.ts';
import type { Reading } from '../../../core/sample.ts';
import type { Probe, ProbeContext } from '../../../core/system.ts';
import { type NodeStats, nodesStats } from '../answers.ts';
import { ask, type OpensearchConnection, observe } from '../client.ts';

export const nodesPath = '_nodes/stats/jvm,os,fs,breaker,thread_pool,indices/search,indexing,fielddata';

/** Pools whose refusals a user feels; `bulk` is what Elasticsearch 6 called `write`. */
const pools = ['search', 'write', 'bulk'];

export const nodes: Probe<OpensearchConnection> = {
  id: 'opensearch.nodes',
  summary: 'Every node: heap after collection, CPU, disk, circuit breakers, refused searches and writes',
  metrics: {
    'opensearch.node.heap_ratio': {
      summary: 'Heap in use as a share of what there is; rises and falls with every collection',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'opensearch.node.heap_after_gc_ratio': {
      summary: 'What is left of the old generation after its last collection, as a share of its limit',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'opensearch.node.cpu': { summary: 'CPU of the machine in use', unit: 'ratio', atMost: 1, kind: 'gauge' },
    'opensearch.node.disk_ratio': { summary: 'Disk in use', unit: 'ratio', atMost: 1, kind: 'gauge' },
    'opensearch.node.fielddata': {
      summary: 'Memory that fielddata takes: sorting and aggregating on text',
      unit: 'bytes',
      kind: 'gauge',
    },
    'opensearch.breaker.tripped': {
      summary: 'Requests that a circuit breaker ended for want of memory',
      unit: 'count',
      kind: 'counter',
    },
    'opensearch.thread_pool.rejected': {
      summary: 'Searches or writes refused because their queue was full',
      unit: 'count',
      kind: 'counter',
    },
    'opensearch.thread_pool.rejected_ratio': {
      summary: 'Share of the searches or writes refused since the last check',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'opensearch.searches': { summary: 'Searches of shards', unit: 'count', kind: 'counter', isTraffic: true },
    'opensearch.indexed': { summary: 'Documents indexed', unit: 'count', kind: 'counter' },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async () => {
      const seen = Object.entries((await ask(conn, nodesPath, nodesStats, ctx.signal)).nodes);
      return {
        detail: count(seen.length, 'node'),
        readings: seen.flatMap(([id, node]) => readingsOf(id, node, ctx)),
      };
    }),
};

function readingsOf(id: string, node: NodeStats, ctx: ProbeContext): Reading[] {
  const labels = { node: node.name };
  const one = (name: string, value: number | undefined, more = {}): Reading[] =>
    value === undefined || !Number.isFinite(value)
      ? []
      : [{ metric: `opensearch.${name}`, value, labels: { ...labels, ...more } }];
  const { mem } = node.jvm ?? {};
  const percent = node.os?.cpu?.percent;
  const disk = node.fs?.total;
  return [
    ...one('node.heap_ratio', mem && share(mem.heap_used_in_bytes, mem.heap_max_in_bytes)),
    ...one('node.heap_after_gc_ratio', heapAfterCollection(node)),
    // -1 where the machine does not tell.
    ...one('node.cpu', percent === undefined || percent < 0 ? undefined : percent / 100),
    ...one('node.disk_ratio', disk && diskRatio(disk)),
    ...one('node.fielddata', node.indices?.fielddata?.memory_size_in_bytes),
    ...one('searches', node.indices?.search?.query_total),
    ...one('indexed', node.indices?.indexing?.index_total),
    ...Object.entries(node.breakers).flatMap(([breaker, { tripped }]) =>
      one('breaker.tripped', tripped, { breaker }),
    ),
    ...pools.flatMap((pool) => {
      const stats = node.thread_pool[pool];
      if (stats === undefined) return [];
      const rejected = ctx.increase(`${id} ${pool} rejected`, stats.rejected);
      const completed = ctx.increase(`${id} ${pool} completed`, stats.completed);
      const all = rejected === undefined || completed === undefined ? undefined : rejected + completed;
      const ratio = all === undefined ? undefined : all === 0 ? 0 : (rejected ?? 0) / all;
      return [
        ...one('thread_pool.rejected', stats.rejected, { pool }),
        ...one('thread_pool.rejected_ratio', ratio, { pool }),
      ];
    }),
  ];
}

/**
 * The heap fills and is collected all day; only what a collection leaves behind says whether it is too small. The old
 * generation stands in where no collection was, or none is told (Elasticsearch).
 */
export function heapAfterCollection(node: NodeStats): number | undefined {
  const mem = node.jvm?.mem;
  const old = mem?.pools?.old;
  if (mem === undefined || old === undefined) return undefined;
  const last = old.last_gc_stats;
  return last !== undefined && last.used_in_bytes > 0 && last.max_in_bytes > 0
    ? share(last.used_in_bytes, last.max_in_bytes)
    : share(old.used_in_bytes, old.max_in_bytes > 0 ? old.max_in_bytes : mem.heap_max_in_bytes);
}

function diskRatio(disk: { total_in_bytes: number; available_in_bytes: number }): number | undefined {
  const free = share(disk.available_in_bytes, disk.total_in_bytes);
  return free === undefined ? undefined : 1 - free;
}

function share(part: number, whole: number): number | undefined {
  return whole > 0 ? part / whole : undefined;
}
