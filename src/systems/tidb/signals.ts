/**
 * What is read of the metrics that TiDB, TiKV and PD expose. Names and quantiles after pingcap/docs `alert-rules.md`;
 * the thresholds are in rules.yaml.
 */
import type { Metric, Unit } from '../../core/sample.ts';
import type { Component } from './exposed.ts';

export interface Signal {
  readonly metric: string;
  readonly summary: string;
  readonly component: Component;
  readonly family: string;
  /** Only series whose labels fit. */
  readonly where?: Readonly<Record<string, RegExp>>;
  readonly unit: Unit;
  /** `increase`: a counter. `sum` and `most`: a gauge of all series of an instance. A number: the quantile of a histogram. */
  readonly as: 'increase' | 'sum' | 'most' | number;
}

function counter(
  metric: string,
  component: Component,
  family: string,
  summary: string,
  where?: Signal['where'],
): Signal {
  return { metric, component, family, summary, unit: 'count', as: 'increase', ...(where ? { where } : {}) };
}

function quantile(
  of: number,
  metric: string,
  component: Component,
  family: string,
  summary: string,
  extra: Partial<Pick<Signal, 'where' | 'unit'>> = {},
): Signal {
  return { metric, component, family, summary, unit: 'seconds', as: of, ...extra };
}

const asyncRequest = 'tikv_storage_engine_async_request_duration_seconds';

export const signals: readonly Signal[] = [
  counter(
    'tidb.schema.lease_errors',
    'tidb',
    'tidb_session_schema_lease_error_total',
    'Sessions refused because the schema was not loaded within a lease',
    { type: /^outdated$/ },
  ),
  counter(
    'tidb.schema.load_failures',
    'tidb',
    'tidb_domain_load_schema_total',
    'Failed reloads of the schema',
    { type: /^failed$/ },
  ),
  counter(
    'tidb.keep_alive',
    'tidb',
    'tidb_monitor_keep_alive_total',
    'Signs of life of a TiDB server, one a few seconds',
  ),
  counter('tidb.panics', 'tidb', 'tidb_server_panic_total', 'Panics of a TiDB server'),
  counter(
    'tidb.clock.jumps_back',
    'tidb',
    'tidb_monitor_time_jump_back_total',
    'Times that the clock of a TiDB server went back',
  ),
  {
    metric: 'tidb.heap',
    component: 'tidb',
    family: 'go_memstats_heap_inuse_bytes',
    summary: 'Heap in use of a TiDB server',
    unit: 'bytes',
    as: 'sum',
  },
  quantile(
    0.99,
    'tidb.query.p99',
    'tidb',
    'tidb_server_handle_query_duration_seconds',
    'Duration of 99 of 100 statements since the last look; 100 statements or more',
  ),
  quantile(
    0.99,
    'tidb.tso.p99',
    'tidb',
    'pd_client_request_handle_requests_duration_seconds',
    'Time that PD takes to hand out timestamps',
    { where: { type: /^tso$/ } },
  ),
  quantile(
    0.99,
    'tidb.pd.fsync_p99',
    'pd',
    'etcd_disk_wal_fsync_duration_seconds',
    'Time that PD takes to write its log to disk',
  ),
  counter(
    'tidb.pd.clock_slow',
    'pd',
    'pd_tso_events',
    'Times that the clock of PD fell behind its timestamps',
    { type: /^system_time_slow$/ },
  ),
  {
    metric: 'tidb.tikv.write_stall',
    component: 'tikv',
    family: 'tikv_engine_write_stall',
    summary: 'Write stalls of a store; 0 while it takes every write',
    unit: 'count',
    as: 'most',
    where: { type: /average|^$/ },
  },
  counter(
    'tidb.tikv.channel_full',
    'tikv',
    'tikv_channel_full_total',
    'Times that the work of a store could not be queued',
  ),
  quantile(
    0.99,
    'tidb.tikv.log_lag_p99',
    'tikv',
    'tikv_raftstore_log_lag',
    'Log entries that followers lag behind their leader',
    { unit: 'count' },
  ),
  quantile(
    0.99,
    'tidb.tikv.append_p99',
    'tikv',
    'tikv_raftstore_append_log_duration_seconds',
    'Time to append to the Raft log',
  ),
  quantile(
    0.99,
    'tidb.tikv.apply_p99',
    'tikv',
    'tikv_raftstore_apply_log_duration_seconds',
    'Time to apply the Raft log',
  ),
  quantile(0.99, 'tidb.tikv.write_p99', 'tikv', asyncRequest, 'Time of a Raft write', {
    where: { type: /^write$/ },
  }),
  quantile(
    0.99,
    'tidb.tikv.latch_p99',
    'tikv',
    'tikv_scheduler_latch_wait_duration_seconds',
    'Time that writes wait for one another in a store',
  ),
  quantile(
    0.9999,
    'tidb.tikv.coprocessor_p9999',
    'tikv',
    'tikv_coprocessor_request_wait_seconds',
    'Time that reads wait in a store before their turn',
  ),
];

/** Counted apart: it is scaled to the size of the cluster. */
export const regionErrors: Signal = counter(
  'tidb.region_errors',
  'tidb',
  'tidb_tikvclient_region_err_total',
  'Region errors that TiDB met, scaled up to a cluster of 10,000 regions where it is smaller',
);

/** Read by the probe of regions. */
export const regionsFamily = 'pd_regions_status';

export function namesOf(signal: Signal): string {
  return typeof signal.as === 'number' ? `${signal.family}_bucket` : signal.family;
}

export function metricsOf(all: readonly Signal[]): Record<string, Metric> {
  return Object.fromEntries(
    all.map(({ metric, summary, unit, as }) => [
      metric,
      { summary, unit, kind: as === 'increase' ? 'counter' : 'gauge' } satisfies Metric,
    ]),
  );
}
