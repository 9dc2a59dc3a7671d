/**
 * Answers as OpenSearch 2 and 3 give them, cut to what is read. Each names the document or issue that shows the shape:
 * the pages of opensearch-project/documentation-website, or elastic/elasticsearch's reference, from which both descend.
 */

export interface StandInNode {
  readonly name: string;
  /** In percent, as `os.cpu.percent`. */
  cpu: number;
  /** Share of the heap after the last collection of the old generation, and now. */
  heapAfterGc: number;
  heap: number;
  disk: { total: number; free: number };
  breakers: Record<string, number>;
  rejected: Record<string, number>;
  completed: number;
  fielddata: number;
  queues?: Record<string, number>;
}

export interface StandInShard {
  readonly index: string;
  readonly shard: number;
  readonly primary: boolean;
  state: 'STARTED' | 'UNASSIGNED' | 'INITIALIZING' | 'RELOCATING';
  node?: string | undefined;
  bytes?: number;
  reason?: string | undefined;
  details?: string;
  /** Of the node that left, not yet over. */
  isDelayed?: boolean;
  /** What allocation/explain says of it. */
  explain?: Record<string, unknown>;
}

export interface StandInSnapshot {
  readonly snapshot: string;
  state: 'SUCCESS' | 'PARTIAL' | 'FAILED' | 'IN_PROGRESS';
  startedAt: number;
  failures?: readonly { index: string; shard_id: number; reason: string }[];
}

/** _api-reference/index: `GET /`; Elasticsearch has no distribution. */
export function rootOf(distribution: string, version: string) {
  return {
    name: 'node-1',
    cluster_name: 'search',
    cluster_uuid: 'b5qvF1zvRJmPhRKcGLFDIw',
    version: {
      ...(distribution === 'opensearch' ? { distribution } : { build_flavor: 'default' }),
      number: version,
      build_type: 'tar',
      lucene_version: '9.12.1',
      minimum_wire_compatibility_version: '2.19.0',
    },
    tagline:
      distribution === 'opensearch'
        ? 'The OpenSearch Project: https://opensearch.org/'
        : 'You Know, for Search',
  };
}

/** _api-reference/cluster-api/cluster-health.md */
export function healthOf(
  nodes: readonly StandInNode[],
  shards: readonly StandInShard[],
  pending: { count: number; oldestMs: number },
) {
  const of = (state: StandInShard['state']) => shards.filter((one) => one.state === state);
  const nowhere = of('UNASSIGNED');
  const active = shards.length - nowhere.length - of('INITIALIZING').length;
  return {
    cluster_name: 'search',
    status: nowhere.some(({ primary }) => primary) ? 'red' : nowhere.length > 0 ? 'yellow' : 'green',
    timed_out: false,
    number_of_nodes: nodes.length,
    number_of_data_nodes: nodes.length,
    discovered_master: true,
    discovered_cluster_manager: true,
    active_primary_shards: shards.filter(({ primary, state }) => primary && state !== 'UNASSIGNED').length,
    active_shards: active,
    relocating_shards: of('RELOCATING').length,
    initializing_shards: of('INITIALIZING').length,
    unassigned_shards: nowhere.length,
    delayed_unassigned_shards: nowhere.filter(({ isDelayed }) => isDelayed === true).length,
    number_of_pending_tasks: pending.count,
    number_of_in_flight_fetch: 0,
    task_max_waiting_in_queue_millis: pending.oldestMs,
    active_shards_percent_as_number: shards.length === 0 ? 100 : (100 * active) / shards.length,
  };
}

const heapMax = 536_870_912;

/** _api-reference/nodes-apis/nodes-stats.md, its sample of one node. */
export function nodesStatsOf(nodes: readonly StandInNode[], hasGcStats: boolean) {
  return {
    _nodes: { total: nodes.length, successful: nodes.length, failed: 0 },
    cluster_name: 'search',
    nodes: Object.fromEntries(nodes.map((node) => [`id-of-${node.name}`, nodeStatsOf(node, hasGcStats)])),
  };
}

function nodeStatsOf(node: StandInNode, hasGcStats: boolean) {
  const pool = (name: string) => ({
    threads: 4,
    queue: node.queues?.[name] ?? 0,
    active: 0,
    rejected: node.rejected[name] ?? 0,
    largest: 4,
    completed: node.completed,
  });
  return {
    timestamp: 1_664_484_195_257,
    name: node.name,
    transport_address: '127.0.0.1:9300',
    roles: ['cluster_manager', 'data', 'ingest', 'remote_cluster_client'],
    indices: {
      indexing: { index_total: 1_000, index_failed: 0 },
      search: { query_total: 194, query_time_in_millis: 467 },
      fielddata: { memory_size_in_bytes: node.fielddata, evictions: 0 },
    },
    os: { timestamp: 1_664_484_195_263, cpu: { percent: node.cpu, load_average: { '1m': 0.0 } } },
    jvm: {
      mem: {
        heap_used_in_bytes: heapMax * node.heap,
        heap_used_percent: Math.round(node.heap * 100),
        heap_committed_in_bytes: heapMax,
        heap_max_in_bytes: heapMax,
        pools: {
          old: {
            used_in_bytes: heapMax * node.heap,
            max_in_bytes: heapMax,
            peak_used_in_bytes: heapMax * node.heap,
            peak_max_in_bytes: heapMax,
            ...(hasGcStats
              ? {
                  last_gc_stats: {
                    used_in_bytes: heapMax * node.heapAfterGc,
                    max_in_bytes: heapMax,
                    usage_percent: Math.round(node.heapAfterGc * 100),
                  },
                }
              : {}),
          },
        },
      },
    },
    thread_pool: { search: pool('search'), write: pool('write'), get: pool('get') },
    fs: {
      total: {
        total_in_bytes: node.disk.total,
        free_in_bytes: node.disk.free,
        available_in_bytes: node.disk.free,
      },
    },
    breakers: Object.fromEntries(
      ['request', 'fielddata', 'in_flight_requests', 'parent'].map((name) => [
        name,
        {
          limit_size_in_bytes: name === 'fielddata' ? 214_748_364 : 510_027_366,
          limit_size: '204.7mb',
          estimated_size_in_bytes: name === 'fielddata' ? node.fielddata : 0,
          estimated_size: '356b',
          overhead: 1.0,
          tripped: node.breakers[name] ?? 0,
        },
      ]),
    ),
  };
}

/** _api-reference/cat/cat-shards.md with format=json and h=…: all text, null where there is nothing. */
export function catShardsOf(shards: readonly StandInShard[]) {
  return shards.map((one) => ({
    index: one.index,
    shard: String(one.shard),
    prirep: one.primary ? 'p' : 'r',
    state: one.state,
    store: one.state === 'UNASSIGNED' ? null : String(one.bytes ?? 2_000_000_000),
    node: one.state === 'UNASSIGNED' ? null : (one.node ?? 'node-1'),
    'unassigned.reason': one.reason ?? null,
    'unassigned.details': one.details ?? null,
  }));
}

/** _api-reference/snapshots/get-snapshot.md; failures as SnapshotShardFailure writes them. */
export function snapshotOf(one: StandInSnapshot) {
  const failed = one.failures?.length ?? 0;
  return {
    snapshot: one.snapshot,
    uuid: '3P7Qa-M8RU6l16Od5n7Lxg',
    version_id: 136_217_927,
    version: '2.19.1',
    indices: ['orders'],
    data_streams: [],
    include_global_state: true,
    state: one.state,
    start_time_in_millis: one.startedAt,
    end_time_in_millis: one.state === 'IN_PROGRESS' ? 0 : one.startedAt + 14_452,
    duration_in_millis: 14_452,
    failures: (one.failures ?? []).map((each) => ({
      ...each,
      node_id: 'id-of-node-1',
      status: 'INTERNAL_SERVER_ERROR',
    })),
    shards: { total: 7, failed, successful: 7 - failed },
  };
}

/** elasticsearch docs/reference/cluster/allocation-explain.asciidoc: conflicting settings, retries, copies, delay. */
export function explanationOf(one: StandInShard) {
  return {
    index: one.index,
    shard: one.shard,
    primary: one.primary,
    current_state: 'unassigned',
    unassigned_info: {
      reason: one.reason ?? 'INDEX_CREATED',
      at: '2026-11-22T08:18:03.464Z',
      ...(one.details === undefined ? {} : { details: one.details }),
      last_allocation_status: 'no',
    },
    can_allocate: 'no',
    allocate_explanation: 'cannot allocate because allocation is not permitted to any of the nodes',
    node_allocation_decisions: [],
    ...one.explain,
  };
}

const decided = (decider: string, explanation: string, more: Record<string, unknown> = {}) => ({
  node_allocation_decisions: [
    {
      node_id: 'id-of-node-1',
      node_name: 'node-1',
      transport_address: '127.0.0.1:9300',
      node_decision: 'no',
      weight_ranking: 1,
      deciders: [{ decider, decision: 'NO', explanation }],
      ...more,
    },
  ],
});

/** Words of the deciders as the OpenSearch server writes them (EnableAllocationDecider, DiskThresholdDecider, …). */
export const explains = {
  sameShard: decided(
    'same_shard',
    'a copy of this shard is already allocated to this node [[orders][0], node[id-of-node-1], [P], s[STARTED], a[id=x8w7QxWdQQa188HKGn0iMQ]]',
  ),
  disabled: decided(
    'enable',
    'replica allocations are forbidden due to cluster setting [cluster.routing.allocation.enable=primaries]',
  ),
  disk: decided(
    'disk_threshold',
    'the node is above the low watermark cluster setting [cluster.routing.allocation.disk.watermark.low=85%], using more disk space than the maximum allowed [85.0%], actual free: [9.13%]',
  ),
  retries: decided(
    'max_retry',
    'shard has exceeded the maximum number of retries [5] on failed allocation attempts - manually call [/_cluster/reroute?retry_failed=true] to retry, [unassigned_info[[reason=ALLOCATION_FAILED], at[2026-11-22T08:04:12.166Z], failed_attempts[5], failed_nodes[[id-of-node-1]], delayed=false, details[failed shard on node [id-of-node-1]: failed recovery, failure RecoveryFailedException], allocation_status[deciders_no]]]',
  ),
  corrupt: {
    can_allocate: 'no_valid_shard_copy',
    allocate_explanation: 'cannot allocate because all found copies of the shard are either stale or corrupt',
    node_allocation_decisions: [
      {
        node_id: 'id-of-node-1',
        node_name: 'node-1',
        transport_address: '127.0.0.1:9300',
        node_decision: 'no',
        store: {
          in_sync: true,
          allocation_id: 'x8w7QxWdQQa188HKGn0iMQ',
          store_exception: {
            type: 'corrupt_index_exception',
            reason:
              'failed engine (reason: [corrupt file (source: [index])]) (resource=preexisting_corruption)',
          },
        },
      },
    ],
  },
  nodeLeft: {
    can_allocate: 'no_valid_shard_copy',
    allocate_explanation:
      'cannot allocate because a previous copy of the primary shard existed but can no longer be found on the nodes in the cluster',
  },
  delayed: {
    can_allocate: 'allocation_delayed',
    allocate_explanation:
      'cannot allocate because the cluster is still waiting 59.8s for the departed node holding a replica to rejoin, despite being allowed to allocate the shard to at least one other node',
    configured_delay_in_millis: 60_000,
    remaining_delay_in_millis: 59_824,
  },
} as const;

/** index-management#853: the policy stands still, and `action.failed` says false. */
export function stuckRollover(index: string) {
  return {
    'index.plugins.index_state_management.policy_id': 'logs',
    'index.opendistro.index_state_management.policy_id': 'logs',
    index,
    index_uuid: 'yPHItytKTNO8OI8EBrHnyQ',
    policy_id: 'logs',
    policy_seq_no: -2,
    policy_primary_term: 0,
    rolled_over: false,
    index_creation_date: 1_684_830_592_835,
    state: { name: 'rollover', start_time: 1_684_830_951_513 },
    action: {
      name: 'rollover',
      start_time: null,
      index: 0,
      failed: false,
      consumed_retries: 0,
      last_retry_time: null,
    },
    retry_info: { failed: false, consumed_retries: 0 },
    info: {
      cause:
        'Validation Failed: 1: this action would add [8] total shards, but this cluster currently has [2997]/[3000] maximum shards open;',
      message: 'Pending retry of failed managed index',
    },
    enabled: false,
  };
}

/** index-management#1359: waiting is not being stuck. */
export function waitingRollover(index: string, since: number, current = '10.8m') {
  return {
    'index.plugins.index_state_management.policy_id': 'logs',
    index,
    index_uuid: 'P-cNPkoBTk-UPLDPxhBk8w',
    policy_id: 'logs',
    policy_seq_no: 0,
    policy_primary_term: 1,
    state: { name: 'hot', start_time: since },
    action: { name: 'rollover', start_time: since, index: 0, failed: false, consumed_retries: 0 },
    step: { name: 'attempt_rollover', start_time: since, step_status: 'condition_not_met' },
    retry_info: { failed: false, consumed_retries: 0 },
    info: {
      message: `Rollover conditions not met [index=${index}]`,
      conditions: {
        min_index_age: { condition: '1d', current, creationDate: since },
        min_size: { condition: '200mb', current: '74.7mb' },
      },
    },
    enabled: true,
  };
}

/** _api-reference/nodes-apis/nodes-hot-threads.md: text, a section for each node. */
export function hotThreadsOf(
  node: string,
  threads: readonly (readonly [percent: number, name: string])[],
): string {
  return [
    `::: {${node}}{uFPbKLDOTlOmdnwUlKW8sw}{OAM8OT5CQAyasWuIDeVyUA}{127.0.0.1}{127.0.0.1:9300}{dimr}{shard_indexing_pressure_enabled=true}`,
    '   Hot threads at 2026-11-22T15:15:27.658Z, interval=500ms, busiestThreads=3, ignoreIdleThreads=true:',
    '   ',
    ...threads.flatMap(([share, name]) => [
      `   ${share}% (${share * 5}ms out of 500ms) cpu usage by thread 'opensearch[${node}]${name}'`,
      '     2/10 snapshots sharing following 2 elements',
      '       java.base@21.0.1/java.lang.Thread.run(Thread.java:1583)',
    ]),
    '',
  ].join('\n');
}
