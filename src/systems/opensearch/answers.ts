/** What Upkeep reads of the answers of OpenSearch 1 to 3 and Elasticsearch 7 to 9; the rest is passed over. */
import { z } from 'zod';

const count = z.number().default(0);
const named = z.record(z.string(), z.unknown());

export const root = z.object({
  name: z.string().default('?'),
  cluster_name: z.string().default('?'),
  version: z.object({ distribution: z.string().default('elasticsearch'), number: z.string().default('?') }),
});
export type Root = z.output<typeof root>;

export const health = z.object({
  cluster_name: z.string().default('?'),
  status: z.enum(['green', 'yellow', 'red']),
  number_of_nodes: count,
  number_of_data_nodes: count,
  active_primary_shards: count,
  active_shards: count,
  relocating_shards: count,
  initializing_shards: count,
  unassigned_shards: count,
  delayed_unassigned_shards: count,
  number_of_pending_tasks: count,
  task_max_waiting_in_queue_millis: count,
});
export type Health = z.output<typeof health>;

const usage = z.object({ used_in_bytes: count, max_in_bytes: count });

export const nodesStats = z.object({
  nodes: z.record(
    z.string(),
    z.object({
      name: z.string().default('?'),
      roles: z.array(z.string()).optional(),
      os: z.object({ cpu: z.object({ percent: z.number().optional() }).optional() }).optional(),
      jvm: z
        .object({
          mem: z.object({
            heap_used_in_bytes: count,
            heap_max_in_bytes: count,
            pools: z.object({ old: usage.extend({ last_gc_stats: usage.optional() }).optional() }).optional(),
          }),
        })
        .optional(),
      fs: z.object({ total: z.object({ total_in_bytes: count, available_in_bytes: count }) }).optional(),
      breakers: z
        .record(
          z.string(),
          z.object({ limit_size_in_bytes: count, estimated_size_in_bytes: count, tripped: count }),
        )
        .default({}),
      thread_pool: z
        .record(z.string(), z.object({ queue: count, active: count, rejected: count, completed: count }))
        .default({}),
      indices: z
        .object({
          search: z.object({ query_total: count }).optional(),
          indexing: z.object({ index_total: count }).optional(),
          fielddata: z.object({ memory_size_in_bytes: count }).optional(),
        })
        .optional(),
    }),
  ),
});
export type NodeStats = z.output<typeof nodesStats>['nodes'][string];

/** `bound_address`: `127.0.0.1:9200`, `[::]:9200`. */
export const nodesHttp = z.object({
  nodes: z
    .record(
      z.string(),
      z.object({ http: z.object({ bound_address: z.array(z.string()).default([]) }).optional() }),
    )
    .default({}),
});

/** Everything in a table of _cat is text, or null where there is nothing. */
const cell = z.string().nullish();

export const catShards = z.array(
  z.object({
    index: z.string(),
    shard: z.string(),
    prirep: z.string(),
    state: z.string(),
    store: cell,
    node: cell,
    'unassigned.reason': cell,
    'unassigned.details': cell,
  }),
);

export const catFielddata = z.array(
  z.object({ node: cell, field: z.string().default('?'), size: cell.default('0') }),
);

/** By index, with the fields that were asked for. */
export const fielddataStats = z.object({
  indices: z
    .record(
      z.string(),
      z.object({
        total: z.object({
          fielddata: z.object({
            fields: z.record(z.string(), z.object({ memory_size_in_bytes: count })).default({}),
          }),
        }),
      }),
    )
    .default({}),
});

/** With flat_settings: `cluster.routing.allocation.enable`. Defaults are left out by some hosts. */
export const clusterSettings = z.object({
  persistent: named.default({}),
  transient: named.default({}),
  defaults: named.optional(),
});
export type ClusterSettings = z.output<typeof clusterSettings>;

export const indexSettings = z.record(z.string(), z.object({ settings: named.default({}) }));

export const indexTemplates = z.object({
  index_templates: z.array(z.object({ name: z.string(), index_template: named })).default([]),
});

const decision = z.object({
  decider: z.string(),
  decision: z.string().default(''),
  explanation: z.string().default(''),
});

export const explanation = z.object({
  index: z.string(),
  shard: z.number(),
  primary: z.boolean(),
  current_state: z.string().default('?'),
  unassigned_info: z
    .object({
      reason: z.string().default('?'),
      at: z.string().optional(),
      details: z.string().optional(),
      failed_allocation_attempts: z.number().optional(),
      last_allocation_status: z.string().optional(),
    })
    .optional(),
  can_allocate: z.string().optional(),
  allocate_explanation: z.string().optional(),
  remaining_delay_in_millis: z.number().optional(),
  node_allocation_decisions: z
    .array(
      z.object({
        node_name: z.string().default('?'),
        node_decision: z.string().default('?'),
        store: z
          .object({
            in_sync: z.boolean().optional(),
            store_exception: z
              .object({ type: z.string().default('?'), reason: z.string().default('') })
              .optional(),
          })
          .optional(),
        deciders: z.array(decision).default([]),
      }),
    )
    .default([]),
});
export type Explanation = z.output<typeof explanation>;

export const repositories = z.record(z.string(), z.object({ type: z.string().default('?') }));

export const snapshots = z.object({
  snapshots: z
    .array(
      z.object({
        snapshot: z.string(),
        state: z.string().default('SUCCESS'),
        start_time_in_millis: count,
        end_time_in_millis: count,
        indices: z.array(z.string()).default([]),
        reason: z.string().optional(),
        failures: z
          .array(
            z.object({
              index: z.string().default('?'),
              shard_id: z.number().optional(),
              reason: z.string().default('?'),
            }),
          )
          .default([]),
        shards: z.object({ total: count, failed: count, successful: count }).optional(),
      }),
    )
    .default([]),
});
export type SnapshotInfo = z.output<typeof snapshots>['snapshots'][number];

export const tasks = z.object({
  tasks: z
    .array(
      z.object({
        node: z.string().default('?'),
        action: z.string().default('?'),
        description: z.string().default(''),
        running_time_in_nanos: count,
      }),
    )
    .default([]),
});
