/**
 * What a TiDB 8.5 cluster of one TiDB server, one PD and three TiKV stores answers; tables, columns and rows after
 * pingcap/docs (master, `information-schema/information-schema-*.md`, `statement-summary-tables.md`,
 * `identify-slow-queries.md`, `garbage-collection-configuration.md`), PD's answers after tikv/pd `server/api/store.go`
 * and pingcap/docs `pd-control.md`, metrics after pingcap/docs `alert-rules.md` and tikv/pd `server/statistics`.
 */

const text = (...names: string[]) => names.map((name) => `"${name}" TEXT`);
const whole = (...names: string[]) => names.map((name) => `"${name}" INTEGER`);

const statement = [
  ...text(
    'INSTANCE',
    'SUMMARY_BEGIN_TIME',
    'SUMMARY_END_TIME',
    'STMT_TYPE',
    'SCHEMA_NAME',
    'DIGEST',
    'DIGEST_TEXT',
  ),
  ...text(
    'TABLE_NAMES',
    'INDEX_NAMES',
    'SAMPLE_USER',
    'PLAN_DIGEST',
    'PLAN',
    'QUERY_SAMPLE_TEXT',
    'LAST_SEEN',
  ),
  ...whole('EXEC_COUNT', 'SUM_ERRORS', 'SUM_LATENCY', 'MAX_LATENCY', 'AVG_LATENCY', 'AVG_MEM', 'MAX_MEM'),
  ...whole('AVG_TOTAL_KEYS', 'AVG_PROCESSED_KEYS', 'PLAN_IN_BINDING'),
];

const processes = [
  ...text('INSTANCE', 'ID', 'USER', 'HOST', 'DB', 'COMMAND'),
  ...whole('TIME'),
  ...text('STATE', 'INFO', 'DIGEST'),
  ...whole('MEM', 'DISK'),
  ...text('TxnStart', 'RESOURCE_GROUP', 'SESSION_ALIAS'),
];

export const tables: Readonly<Record<string, readonly string[]>> = {
  'information_schema.CLUSTER_INFO': [
    ...text('TYPE', 'INSTANCE', 'STATUS_ADDRESS', 'VERSION', 'GIT_HASH', 'START_TIME', 'UPTIME'),
    ...whole('SERVER_ID'),
  ],
  'information_schema.TIKV_STORE_STATUS': [
    ...whole('STORE_ID'),
    ...text('ADDRESS'),
    ...whole('STORE_STATE'),
    ...text('STORE_STATE_NAME', 'LABEL', 'VERSION', 'CAPACITY', 'AVAILABLE'),
    ...whole('LEADER_COUNT', 'LEADER_SIZE', 'REGION_COUNT', 'REGION_SIZE'),
    ...text('START_TS', 'LAST_HEARTBEAT_TS', 'UPTIME'),
  ],
  'information_schema.TIKV_REGION_PEERS': [
    ...whole('REGION_ID', 'PEER_ID', 'STORE_ID', 'IS_LEARNER', 'IS_LEADER'),
    ...text('STATUS'),
    ...whole('DOWN_SECONDS'),
  ],
  'information_schema.CLUSTER_PROCESSLIST': processes,
  'information_schema.CLUSTER_TIDB_TRX': [
    ...text('INSTANCE', 'ID', 'START_TIME', 'CURRENT_SQL_DIGEST', 'CURRENT_SQL_DIGEST_TEXT', 'STATE'),
    ...text('WAITING_START_TIME', 'SESSION_ID', 'USER', 'DB', 'ALL_SQL_DIGESTS', 'RELATED_TABLE_IDS'),
    ...whole('MEM_BUFFER_KEYS', 'MEM_BUFFER_BYTES'),
  ],
  'information_schema.DATA_LOCK_WAITS': text(
    ...['KEY', 'KEY_INFO', 'TRX_ID', 'CURRENT_HOLDING_TRX_ID', 'SQL_DIGEST', 'SQL_DIGEST_TEXT'],
  ),
  'information_schema.DDL_JOBS': [
    ...whole('JOB_ID'),
    ...text('DB_NAME', 'TABLE_NAME', 'JOB_TYPE', 'SCHEMA_STATE'),
    ...whole('SCHEMA_ID', 'TABLE_ID', 'ROW_COUNT'),
    ...text('CREATE_TIME', 'START_TIME', 'END_TIME', 'STATE', 'QUERY'),
  ],
  'information_schema.CLUSTER_STATEMENTS_SUMMARY': statement,
  'information_schema.CLUSTER_STATEMENTS_SUMMARY_HISTORY': statement,
  'information_schema.CLUSTER_SLOW_QUERY': [
    ...text('INSTANCE', 'Time', 'User', 'Host', 'DB', 'Digest', 'Plan_digest', 'Query', 'Index_names'),
    ...['Query_time', 'Wait_time', 'Cop_time'].map((name) => `"${name}" REAL`),
    ...whole('Mem_max', 'Is_internal', 'Succ', 'Total_keys', 'Process_keys'),
  ],
  'information_schema.CLUSTER_MEMORY_USAGE': [
    ...text('INSTANCE'),
    ...whole('MEMORY_TOTAL', 'MEMORY_LIMIT', 'MEMORY_CURRENT', 'MEMORY_MAX_USED'),
    ...text('CURRENT_OPS', 'SESSION_KILL_LAST'),
    ...whole('SESSION_KILL_TOTAL'),
    ...text('GC_LAST'),
    ...whole('GC_TOTAL', 'DISK_USAGE', 'QUERY_FORCE_DISK'),
  ],
  'information_schema.CLUSTER_MEMORY_USAGE_OPS_HISTORY': [
    ...text('INSTANCE', 'TIME', 'OPS'),
    ...whole('MEMORY_LIMIT', 'MEMORY_CURRENT'),
    ...text('PROCESSID'),
    ...whole('MEM', 'DISK'),
    ...text('CLIENT', 'DB', 'USER', 'SQL_DIGEST', 'SQL_TEXT'),
  ],
  'information_schema.CLUSTER_LOAD': text('TYPE', 'INSTANCE', 'DEVICE_TYPE', 'DEVICE_NAME', 'NAME', 'VALUE'),
  'information_schema.TIDB_HOT_REGIONS': [
    ...whole('TABLE_ID', 'INDEX_ID'),
    ...text('DB_NAME', 'TABLE_NAME', 'INDEX_NAME'),
    ...whole('REGION_ID'),
    ...text('TYPE'),
    ...whole('MAX_HOT_DEGREE', 'REGION_COUNT', 'FLOW_BYTES'),
  ],
  // pingcap/docs `metadata-lock.md`
  'information_schema.TIDB_INDEXES': text(
    ...['TABLE_SCHEMA', 'TABLE_NAME', 'KEY_NAME', 'COLUMN_NAME', 'IS_VISIBLE'],
  ),
  'mysql.tidb_mdl_view': text(
    ...['job_id', 'db_name', 'table_name', 'query', 'session_id', 'start_time', 'SQL_DIGESTS'],
  ),
  'mysql.tidb': text('VARIABLE_NAME', 'VARIABLE_VALUE', 'COMMENT'),
  // What SHOW GLOBAL VARIABLES and SHOW CONFIG answer.
  'main.variables': text('Variable_name', 'Value'),
  'main.bindings': text('Original_sql', 'Bind_sql', 'Status', 'Source', 'Sql_digest', 'Plan_digest'),
  'main.config': text('Type', 'Instance', 'Name', 'Value'),
};

/** A moment as TiDB writes it in a session in UTC, so many seconds ago. */
export function momentOf(at: number): string {
  return new Date(at).toISOString().replace('T', ' ').replace('Z', '000');
}

/** As mysql.tidb has moments: `20260120-10:15:06.000 +0000`. */
export function gcMomentOf(at: number): string {
  return `${new Date(at).toISOString().replace(/[-Z]/g, '').replace('T', '-')} +0000`;
}

type Row = Readonly<Record<string, string | number | null>>;

export function wellRows(now: number): Readonly<Record<string, readonly Row[]>> {
  const ago = (seconds: number) => momentOf(now - seconds * 1_000);
  const store = (id: number, extra: Row = {}): Row => ({
    STORE_ID: id,
    ADDRESS: `10.0.1.${id}:20160`,
    STORE_STATE: 0,
    STORE_STATE_NAME: 'Up',
    LABEL: 'null',
    VERSION: '8.5.1',
    CAPACITY: '1.968TiB',
    AVAILABLE: '1.2TiB',
    LEADER_COUNT: 4_000,
    REGION_COUNT: 12_000,
    START_TS: ago(864_000).slice(0, 19),
    LAST_HEARTBEAT_TS: ago(4).slice(0, 19),
    UPTIME: '240h0m0.5s',
    ...extra,
  });
  const node = (type: string, instance: string, status: string): Row => ({
    TYPE: type,
    INSTANCE: instance,
    STATUS_ADDRESS: status,
    VERSION: '8.5.1',
    GIT_HASH: 'fea86c8e35ad4a86a5e1160701f99493c2ee547c',
    START_TIME: new Date(now - 864_000_000).toISOString(),
    UPTIME: '240h0m0.5s',
    SERVER_ID: type === 'tidb' ? 1_033 : 0,
  });
  const load = (type: string, instance: string): Row[] => [
    ...[
      ['cpu', 'usage', 'idle', '0.80'] as const,
      ['memory', 'virtual', 'used-percent', '0.55'] as const,
    ].map(([device, name, key, value]) => ({
      TYPE: type,
      INSTANCE: instance,
      DEVICE_TYPE: device,
      DEVICE_NAME: name,
      NAME: key,
      VALUE: value,
    })),
  ];
  return {
    'information_schema.CLUSTER_INFO': [
      node('tidb', '10.0.1.10:4000', '10.0.1.10:10080'),
      node('pd', '10.0.1.20:2379', '10.0.1.20:2379'),
      ...[1, 4, 5].map((id) => node('tikv', `10.0.1.${id}:20160`, `10.0.1.${id}:20180`)),
    ],
    'information_schema.TIKV_STORE_STATUS': [store(1), store(4), store(5)],
    'information_schema.CLUSTER_MEMORY_USAGE': [
      {
        ...{ INSTANCE: '10.0.1.10:10080', MEMORY_TOTAL: 33_674_170_368, MEMORY_LIMIT: 10_737_418_240 },
        ...{ MEMORY_CURRENT: 5_097_644_032, MEMORY_MAX_USED: 10_826_604_544, SESSION_KILL_TOTAL: 0 },
        ...{ GC_TOTAL: 20, DISK_USAGE: 0, QUERY_FORCE_DISK: 0 },
      },
    ],
    'information_schema.CLUSTER_LOAD': [...load('tidb', '10.0.1.10:4000'), ...load('tikv', '10.0.1.1:20160')],
    'mysql.tidb': [
      ['system_tz', 'UTC'],
      ['tikv_gc_leader_uuid', '5afd54a0ea40005'],
      [
        'tikv_gc_leader_desc',
        'host:tidb-0, pid:215, start at 2026-01-10 11:09:14.029668932 +0000 UTC m=+0.463731223',
      ],
      ['tikv_gc_leader_lease', gcMomentOf(now + 60_000)],
      ['tikv_gc_enable', 'true'],
      ['tikv_gc_run_interval', '10m0s'],
      ['tikv_gc_life_time', '10m0s'],
      ['tikv_gc_last_run_time', gcMomentOf(now - 240_000)],
      ['tikv_gc_safe_point', gcMomentOf(now - 840_000)],
    ].map(([name = '', value = '']) => ({ VARIABLE_NAME: name, VARIABLE_VALUE: value, COMMENT: '' })),
    'main.variables': [
      ['tidb_gc_life_time', '10m0s'],
      ['tidb_gc_enable', 'ON'],
      ['tidb_gc_max_wait_time', '86400'],
      ['tidb_server_memory_limit', '80%'],
      ['tidb_mem_quota_query', '1073741824'],
      ['tidb_enable_auto_analyze', 'ON'],
      ['tidb_slow_log_threshold', '300'],
      ['max_connections', '0'],
      ['tidb_config', '{"host":"0.0.0.0","security":{"ssl-key":"/etc/tidb/key.pem"}}'],
    ].map(([name = '', value = '']) => ({ Variable_name: name, Value: value })),
    'main.config': [
      { Type: 'tidb', Instance: '10.0.1.10:4000', Name: 'enable-global-kill', Value: 'true' },
      { Type: 'tidb', Instance: '10.0.1.10:4000', Name: 'log.level', Value: 'info' },
      { Type: 'tikv', Instance: '10.0.1.1:20160', Name: 'storage.reserve-space', Value: '5GiB' },
      { Type: 'pd', Instance: '10.0.1.20:2379', Name: 'schedule.max-store-down-time', Value: '30m0s' },
    ],
  };
}

/** Series by the component that exposes them, as they stand in a well cluster: counters high, nothing wrong. */
export function wellSeries(): Record<'tidb' | 'tikv' | 'pd', Record<string, number>> {
  return {
    tidb: {
      tidb_monitor_keep_alive_total: 50_000,
      'tidb_session_schema_lease_error_total{type="outdated"}': 2,
      'tidb_tikvclient_region_err_total{type="not_leader"}': 900,
      'tidb_domain_load_schema_total{type="failed"}': 1,
      'tidb_domain_load_schema_total{type="succ"}': 70_000,
      'tidb_server_panic_total{type="session"}': 0,
      go_memstats_heap_inuse_bytes: 1.5e9,
      'tidb_server_connections{resource_group="default"}': 40,
      tidb_monitor_time_jump_back_total: 0,
      'tidb_ddl_waiting_jobs{type="add_index"}': 0,
      'tidb_tikvclient_gc_action_result{type="success"}': 300,
      ...histogram(
        'tidb_server_handle_query_duration_seconds',
        'sql_type="Select"',
        [
          [0.1, 9_900],
          [1.024, 9_990],
        ],
        10_000,
      ),
      ...histogram(
        'pd_client_request_handle_requests_duration_seconds',
        'type="tso"',
        [[0.008, 5_000]],
        5_000,
      ),
    },
    pd: {
      'pd_cluster_status{type="store_up_count"}': 3,
      'pd_cluster_status{type="store_down_count"}': 0,
      'pd_regions_status{type="down-peer-region-count"}': 0,
      'pd_regions_status{type="miss-peer-region-count"}': 0,
      'pd_regions_status{type="pending-peer-region-count"}': 3,
      etcd_server_is_leader: 1,
      ...histogram('etcd_disk_wal_fsync_duration_seconds', '', [[0.008, 7_000]], 7_000),
    },
    tikv: {
      'tikv_engine_write_stall{db="kv",type="write_stall_average"}': 0,
      'tikv_channel_full_total{type="store"}': 0,
      'tikv_store_size_bytes{type="available"}': 1.2e12,
      'tikv_store_size_bytes{type="capacity"}': 2e12,
      ...histogram(
        'tikv_raftstore_log_lag',
        '',
        [
          [2, 4_000],
          [5_120, 4_000],
        ],
        4_000,
      ),
      ...histogram('tikv_raftstore_append_log_duration_seconds', '', [[0.016, 4_000]], 4_000),
      ...histogram('tikv_raftstore_apply_log_duration_seconds', '', [[0.016, 4_000]], 4_000),
      ...histogram(
        'tikv_storage_engine_async_request_duration_seconds',
        'type="write"',
        [[0.016, 4_000]],
        4_000,
      ),
      ...histogram('tikv_scheduler_latch_wait_duration_seconds', 'type="prewrite"', [[0.016, 4_000]], 4_000),
      ...histogram('tikv_coprocessor_request_wait_seconds', 'req="select"', [[0.016, 4_000]], 4_000),
    },
  };
}

/** The series of a histogram: cumulative counts by upper bound, and how many in all. */
export function histogram(
  family: string,
  labels: string,
  buckets: readonly (readonly [bound: number, count: number])[],
  count: number,
): Record<string, number> {
  const within = (bound: string) => `${family}_bucket{${labels === '' ? '' : `${labels},`}le="${bound}"}`;
  const of = (part: string) => (labels === '' ? `${family}_${part}` : `${family}_${part}{${labels}}`);
  return {
    ...Object.fromEntries(buckets.map(([bound, total]) => [within(`${bound}`), total])),
    [within('+Inf')]: count,
    [of('count')]: count,
    [of('sum')]: count / 100,
  };
}
