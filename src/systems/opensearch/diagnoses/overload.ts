/** Nodes without CPU, and what they refuse: what their threads do, by the samples that each node takes of itself. */
import { count } from '../../../core/count.ts';
import type { Evidence } from '../../../core/evidence.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { nodesStats } from '../answers.ts';
import { ask, exchange, type OpensearchConnection } from '../client.ts';
import { NotAnswered } from '../refusals.ts';
import {
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
import { lookAtSearches } from './memory.ts';

const explains = ['opensearch.cpu', 'opensearch.rejected', 'opensearch.rejected-ratio'];

export const overload: Diagnosis<OpensearchConnection> = {
  id: 'opensearch.overload',
  title: 'a node has more work than it can do',
  summary: 'A node has no CPU left or refuses work: what its threads do',
  explains,
  async gather(conn, target, ctx) {
    const looking = { conn, target, ctx };
    const pieces = await Promise.all([lookAtLoad(looking), lookAtThreads(looking), lookAtSearches(looking)]);
    return [...pieces, ...onsetEvidence(looking, explains)];
  },
  conclude(evidence, target) {
    const busy = rowsOf(evidence, target, 'load').find(
      (row) =>
        numberOf(row.cpu) > fullCpu || numberOf(row.searchQueue) + numberOf(row.writeQueue) >= longQueue,
    );
    if (busy === undefined) return [];
    const threads = rowsOf(evidence, target, 'threads').filter((row) => row.node === busy.node);
    const work = mostOf(threads);
    const [search] = rowsOf(evidence, target, 'searches');
    const isLong = work?.kind === 'search' && search !== undefined && numberOf(search.seconds) > 1;
    const queues = `queues: ${numberOf(busy.searchQueue)} searches, ${numberOf(busy.writeQueue)} writes`;
    return [
      {
        id: 'opensearch.overload',
        target,
        summary: `${busy.node} is busy ${work ? words[work.kind] : 'with what cannot be seen'}: CPU ${percent(numberOf(busy.cpu))}, ${queues}`,
        explanation: [
          work
            ? `Of its busiest threads, ${count(work.threads, 'is', 'are')} ${words[work.kind]} and ${work.threads === 1 ? 'takes' : 'take'} ${Math.round(work.share)} % of a processor.`
            : '',
          isLong ? `The longest search has run for ${search.seconds} s: ${search.search}.` : '',
          work ? advice[work.kind] : 'GET _nodes/hot_threads says what the threads do.',
        ]
          .filter(Boolean)
          .join(' '),
        confidence: work === undefined ? 0.4 : isLong ? 0.85 : 0.75,
        nature: 'capacity',
        ...onsetOf(evidence, target),
        evidence: seenIds(evidence),
        unseen: unseenOf(evidence),
        decides: [
          'whether the rate of searches and of documents has changed: opensearch.searches, opensearch.indexed',
        ],
        recommendations: [],
      },
    ];
  },
};

/** As the rule opensearch.cpu has it. */
const fullCpu = 0.9;
/** The queue of searches holds 1,000 by default; a tenth says that they wait. J */
const longQueue = 100;

function lookAtLoad(looking: Looking): Promise<Evidence> {
  const { conn, ctx } = looking;
  const path = '_nodes/stats/os,thread_pool';
  return look(looking, { id: 'load', title: 'CPU and queues of the nodes', path }, async () => {
    const { nodes } = await ask(conn, path, nodesStats, ctx.signal);
    const rows = Object.values(nodes).map((node) => ({
      node: node.name,
      cpu: (node.os?.cpu?.percent ?? -1) < 0 ? null : (node.os?.cpu?.percent ?? 0) / 100,
      searchQueue: node.thread_pool.search?.queue ?? null,
      writeQueue: node.thread_pool.write?.queue ?? null,
    }));
    return { table: tableOf(rows.sort((a, b) => (b.cpu ?? 0) - (a.cpu ?? 0))) };
  });
}

function lookAtThreads(looking: Looking): Promise<Evidence> {
  const { conn, ctx } = looking;
  const path = '_nodes/hot_threads?threads=5';
  return look(looking, { id: 'threads', title: 'Busiest threads of each node', path }, async () => {
    const { status, text } = await exchange(conn, { method: 'GET', path }, ctx.signal);
    if (status !== 200) throw new NotAnswered(status, '_nodes/hot_threads', text);
    return { table: tableOf(threadsIn(text)) };
  });
}

const kinds = [
  ['merge', /Lucene Merge/],
  ['search', /\[search(_worker|_throttled|_coordination)?\]|\[index_searcher\]/],
  ['write', /\[(write|bulk|system_write)\]/],
  ['refresh', /\[(refresh|flush|warmer)\]/],
  ['snapshot', /\[snapshot\w*\]/],
  ['cluster', /\[(clusterApplierService|masterService|clusterManagerService|management|generic)/],
] as const;
type Kind = (typeof kinds)[number][0] | 'other';

const words: Readonly<Record<Kind, string>> = {
  merge: 'merging segments',
  search: 'searching',
  write: 'indexing',
  refresh: 'refreshing and flushing',
  snapshot: 'taking a snapshot',
  cluster: 'with the state of the cluster',
  other: 'with other work',
};

const advice: Readonly<Record<Kind, string>> = {
  merge: 'Merges follow indexing; a force merge may be under way. Let it end, or slow the bulk load down.',
  search:
    'Look at wildcards at the beginning of a word, deep paging and wide aggregations; ask whoever sends them. More replicas on more nodes share searches.',
  write:
    'Slow the bulk load down, with larger and fewer requests at a time; a longer refresh_interval helps.',
  refresh:
    'Many indices with a refresh_interval of 1 s: make it longer where nobody waits for the newest document.',
  snapshot: 'It ends by itself; take snapshots in quiet hours, or lower max_snapshot_bytes_per_sec.',
  cluster: 'Too many shards or fields: the state of the cluster is large or changes all the time.',
  other: 'See the threads in the evidence.',
};

/** `92.3% (461.4ms out of 500ms) cpu usage by thread 'opensearch[node-1][search][T#3]'`, below `::: {node-1}{…`. */
export function threadsIn(text: string): Row[] {
  const rows: Row[] = [];
  let node = '?';
  for (const line of text.split('\n')) {
    node = /^::: \{([^}]*)\}/.exec(line)?.[1] ?? node;
    const [, share, thread] = /^\s*([\d.]+)% .*cpu usage by thread '(.*)'/.exec(line) ?? [];
    if (share === undefined || thread === undefined) continue;
    const kind = kinds.find(([, pattern]) => pattern.test(thread))?.[0] ?? 'other';
    rows.push({ node, percent: Number(share), kind, thread: thread.slice(0, 120) });
  }
  return rows;
}

function mostOf(rows: readonly Row[]): { kind: Kind; share: number; threads: number } | undefined {
  const sums = new Map<Kind, { share: number; threads: number }>();
  for (const row of rows) {
    const kind = kinds.find(([name]) => name === textOf(row.kind))?.[0] ?? 'other';
    const { share, threads } = sums.get(kind) ?? { share: 0, threads: 0 };
    sums.set(kind, { share: share + numberOf(row.percent), threads: threads + 1 });
  }
  const [most] = [...sums].sort(([, a], [, b]) => b.share - a.share);
  return most && most[1].share > 0 ? { kind: most[0], ...most[1] } : undefined;
}
