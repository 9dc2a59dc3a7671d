/** Heap and circuit breakers: what holds the memory, by fields, by shards, or by the searches that run. */
import { count } from '../../../core/count.ts';
import type { Evidence, Finding } from '../../../core/evidence.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { catFielddata, fielddataStats, nodesStats, tasks } from '../answers.ts';
import { ask, type OpensearchConnection } from '../client.ts';
import { heapAfterCollection, nodesPath } from '../probes/nodes.ts';
import {
  bytesInWords,
  type Looking,
  look,
  numberOf,
  onsetEvidence,
  onsetOf,
  percent,
  type Row,
  rowsOf,
  seenIds,
  tableOf,
  textOf,
  unseenOf,
} from './evidence.ts';

const explains = ['opensearch.breakers', 'opensearch.heap', 'opensearch.cpu'];
const hourMs = 3_600_000;

export const memory: Diagnosis<OpensearchConnection> = {
  id: 'opensearch.memory',
  title: 'the heap is full',
  summary: 'The heap is full or circuit breakers end requests: fielddata by field, or the searches that run',
  explains,
  async gather(conn, target, ctx) {
    const looking = { conn, target, ctx };
    const [fielddata, ...pieces] = await Promise.all([
      lookAtFielddata(looking),
      lookAtNodes(looking),
      lookAtBreakers(looking),
      lookAtSearches(looking),
    ]);
    const holders = await lookAtHolders(looking, fielddata);
    return [fielddata, ...holders, ...pieces, ...onsetEvidence(looking, explains)];
  },
  conclude,
};

function lookAtNodes(looking: Looking): Promise<Evidence> {
  const { conn, ctx } = looking;
  return look(
    looking,
    { id: 'nodes', title: 'Heap and fielddata of the nodes', path: nodesPath },
    async () => {
      const { nodes } = await ask(conn, nodesPath, nodesStats, ctx.signal);
      return {
        table: tableOf(
          Object.values(nodes).map((node) => ({
            node: node.name,
            heapAfterGc: heapAfterCollection(node) ?? null,
            heapLimit: node.jvm?.mem.heap_max_in_bytes ?? null,
            fielddata: node.indices?.fielddata?.memory_size_in_bytes ?? null,
            fielddataLimit: node.breakers.fielddata?.limit_size_in_bytes ?? null,
          })),
        ),
      };
    },
  );
}

/** The server tells totals since its start; only what Upkeep kept says which of them grew now. */
async function lookAtBreakers({ target, ctx }: Looking): Promise<Evidence> {
  const now = ctx.clock.now();
  const metric = 'opensearch.breaker.tripped';
  const series = await ctx.history(target, metric, { from: now - hourMs, to: now });
  const rows = series.map(({ labels, values }) => ({
    node: labels.node ?? '?',
    breaker: labels.breaker ?? '?',
    // A restart begins at nothing again.
    tripped: values.reduce((sum, value, at) => sum + Math.max(0, value - (values[at - 1] ?? value)), 0),
  }));
  return {
    id: `${target}.breakers`,
    target,
    title: 'Requests that circuit breakers ended within the last hour',
    at: now,
    how: `the kept samples of ${metric}`,
    ...(series.length === 0
      ? { unseen: 'nothing was kept yet' }
      : {
          table: tableOf(rows.filter(({ tripped }) => tripped > 0).toSorted((a, b) => b.tripped - a.tripped)),
        }),
  };
}

function lookAtFielddata(looking: Looking): Promise<Evidence> {
  const { conn, ctx } = looking;
  const path = '_cat/fielddata?format=json&bytes=b&h=node,field,size';
  return look(looking, { id: 'fielddata', title: 'Fielddata by field, over all nodes', path }, async () => {
    const bytes = new Map<string, number>();
    for (const { field, size } of await ask(conn, path, catFielddata, ctx.signal))
      bytes.set(field, (bytes.get(field) ?? 0) + Number(size ?? 0));
    const rows = [...bytes].map(([field, size]) => ({ field, bytes: size }));
    return { table: tableOf(rows.sort((a, b) => b.bytes - a.bytes).slice(0, 20)) };
  });
}

/** Which indices hold the field that takes most. */
async function lookAtHolders(looking: Looking, fielddata: Evidence): Promise<Evidence[]> {
  const { conn, target, ctx } = looking;
  const field = textOf(rowsOf([fielddata], target, 'fielddata')[0]?.field);
  if (field === '') return [];
  const path = `_stats/fielddata?level=indices&fields=${encodeURIComponent(field)}`;
  const title = `Indices whose field ${field} is in fielddata`;
  return [
    await look(looking, { id: 'holders', title, path }, async () => {
      const { indices } = await ask(conn, path, fielddataStats, ctx.signal);
      const rows = Object.entries(indices).map(([index, { total }]) => ({
        index,
        bytes: total.fielddata.fields[field]?.memory_size_in_bytes ?? 0,
      }));
      return { table: tableOf(rows.sort((a, b) => b.bytes - a.bytes).slice(0, 20)) };
    }),
  ];
}

export function lookAtSearches(looking: Looking): Promise<Evidence> {
  const { conn, ctx } = looking;
  const path = '_tasks?actions=*data/read/search&detailed=true&group_by=none';
  return look(looking, { id: 'searches', title: 'Searches that run longest now', path }, async () => {
    const { tasks: all } = await ask(conn, path, tasks, ctx.signal);
    const rows = all.map((one) => ({
      node: one.node,
      seconds: Number((one.running_time_in_nanos / 1e9).toFixed(1)),
      search: one.description.slice(0, 300),
    }));
    return { table: tableOf(rows.sort((a, b) => b.seconds - a.seconds).slice(0, 10)) };
  });
}

/** From here on a heap that was just collected is called full. */
const fullHeap = 0.75;
/** Fielddata is called what holds the heap from this share of it or of its own limit. J */
const muchFielddata = { ofHeap: 0.2, ofLimit: 0.8 };
/** A search that runs for so long while memory is short is worth naming. J */
const longSearchSeconds = 10;

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const nodes = rowsOf(evidence, target, 'nodes');
  const tripped = rowsOf(evidence, target, 'breakers');
  const full = nodes.filter((row) => numberOf(row.heapAfterGc) > fullHeap);
  const [breaker] = tripped;
  if (breaker === undefined && full.length === 0) return [];
  const [field] = rowsOf(evidence, target, 'fielddata');
  const heavy = nodes.find(isHeavyWithFielddata);
  const [search] = rowsOf(evidence, target, 'searches');
  const [holder] = rowsOf(evidence, target, 'holders');
  const cause = causeOf({ breaker, field, heavy, search, holder });
  const seen = [
    ...(breaker
      ? [
          `the ${breaker.breaker} breaker of ${breaker.node} ended ${count(numberOf(breaker.tripped), 'request')} in the last hour`,
        ]
      : []),
    ...(full[0]
      ? [`${full[0].node} keeps ${percent(numberOf(full[0].heapAfterGc))} of its heap after collection`]
      : []),
  ].join('; ');
  return [
    {
      id: 'opensearch.memory',
      target,
      summary: `${cause.what}: ${seen}`,
      explanation: `${seen[0]?.toUpperCase()}${seen.slice(1)}. ${cause.why}`,
      confidence: cause.confidence,
      ...(cause.isCapacity ? { nature: 'capacity' as const } : {}),
      ...onsetOf(evidence, target),
      evidence: seenIds(evidence),
      unseen: unseenOf(evidence),
      decides: cause.decides,
      recommendations: [],
    },
  ];
}

function isHeavyWithFielddata(row: Row): boolean {
  const bytes = numberOf(row.fielddata);
  return (
    bytes > muchFielddata.ofHeap * Math.max(1, numberOf(row.heapLimit)) ||
    (numberOf(row.fielddataLimit) > 0 && bytes > muchFielddata.ofLimit * numberOf(row.fielddataLimit))
  );
}

function causeOf(seen: {
  breaker: Row | undefined;
  field: Row | undefined;
  heavy: Row | undefined;
  search: Row | undefined;
  holder: Row | undefined;
}) {
  const { breaker, field, heavy, search, holder } = seen;
  if (field !== undefined && (heavy !== undefined || breaker?.breaker === 'fielddata'))
    return {
      what: `fielddata of the field ${field.field}${holder && numberOf(holder.bytes) > 0 ? ` (most of it in ${holder.index})` : ''} takes ${bytesInWords(numberOf(field.bytes))}`,
      why: `Sorting or aggregating on a text field loads all its values into the heap of every node that holds the index. Use its keyword field instead (${textOf(field.field)}.keyword) and set fielddata to false in the mapping; POST INDEX/_cache/clear?fielddata=true frees it for the moment.`,
      confidence: 0.9,
      isCapacity: false,
      decides: [`which searches sort or aggregate on ${field.field}: the slow log, or who wrote them`],
    };
  if (search !== undefined && numberOf(search.seconds) > longSearchSeconds)
    return {
      what: `a search has run for ${search.seconds} s`,
      why: `It is ${search.search}. An aggregation with many buckets, deep paging or a wildcard at the beginning needs much memory while it runs. Ask whoever sent it; POST _tasks/ID/_cancel ends it.`,
      confidence: breaker?.breaker === 'request' ? 0.8 : 0.6,
      isCapacity: false,
      decides: ['whether memory falls when that search ends'],
    };
  return {
    what: 'memory is short, and neither fielddata nor one long search holds it',
    why: 'What is left are many shards (each takes heap), large bulk requests, or simply more data than the heap was made for. Compare the number of shards by node, then give it more heap, up to half of the memory and 31 GB.',
    confidence: 0.5,
    isCapacity: true,
    decides: [
      'GET _nodes/stats/breaker,indices: which estimate is largest',
      'GET _cat/allocation: shards by node',
    ],
  };
}
