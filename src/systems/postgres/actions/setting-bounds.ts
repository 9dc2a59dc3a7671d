/**
 * Settings that may be changed while the server runs, each within bounds in which it does no harm by itself. What
 * guards the data or the access (fsync, full_page_writes, synchronous_commit, archive_*, wal_level, ssl, hba, password
 * and authentication settings, libraries) is not among them, nor what needs a restart. Bounds are judgement.
 */
export type Bound =
  | {
      readonly kind: 'bytes' | 'ms';
      readonly least: number;
      readonly most: number;
      readonly also?: readonly string[];
    }
  | { readonly kind: 'number'; readonly least: number; readonly most: number }
  | { readonly kind: 'choice'; readonly choices: readonly string[] };

const kB = 1_024;
const MB = 1_024 * kB;
const GB = 1_024 * MB;
const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

const bytes = (least: number, most: number, also?: readonly string[]): Bound => ({
  kind: 'bytes',
  least,
  most,
  ...(also ? { also } : {}),
});
const ms = (least: number, most: number, also?: readonly string[]): Bound => ({
  kind: 'ms',
  least,
  most,
  ...(also ? { also } : {}),
});
const number = (least: number, most: number): Bound => ({ kind: 'number', least, most });
const flag: Bound = { kind: 'choice', choices: ['on', 'off'] };
const onlyOn: Bound = { kind: 'choice', choices: ['on'] };
const onlyOff: Bound = { kind: 'choice', choices: ['off'] };

export const settingBounds = {
  work_mem: bytes(1 * MB, 256 * MB),
  maintenance_work_mem: bytes(16 * MB, 4 * GB),
  effective_cache_size: bytes(64 * MB, 1_024 * GB),
  random_page_cost: number(1, 10),
  seq_page_cost: number(0.1, 10),
  cpu_tuple_cost: number(0.001, 0.1),
  effective_io_concurrency: number(0, 1_000),
  default_statistics_target: number(100, 1_000),
  max_parallel_workers_per_gather: number(0, 16),
  max_wal_size: bytes(256 * MB, 64 * GB),
  checkpoint_timeout: ms(1 * minute, 1 * hour),
  checkpoint_completion_target: number(0.5, 0.95),
  wal_compression: { kind: 'choice', choices: ['on', 'off', 'pglz', 'lz4', 'zstd'] },
  max_slot_wal_keep_size: bytes(1 * GB, 1_024 * GB, ['-1']),
  autovacuum: onlyOn,
  autovacuum_naptime: ms(10 * second, 10 * minute),
  autovacuum_vacuum_cost_limit: number(100, 10_000),
  autovacuum_vacuum_cost_delay: ms(0, 20),
  autovacuum_vacuum_scale_factor: number(0.01, 0.5),
  autovacuum_analyze_scale_factor: number(0.01, 0.5),
  max_standby_streaming_delay: ms(1 * second, 1 * hour, ['-1']),
  hot_standby_feedback: flag,
  default_transaction_read_only: onlyOff,
  statement_timeout: ms(1 * second, 24 * hour, ['0']),
  lock_timeout: ms(100, 1 * hour, ['0']),
  idle_in_transaction_session_timeout: ms(10 * second, 24 * hour, ['0']),
  deadlock_timeout: ms(100, 10 * second),
  log_lock_waits: flag,
  log_checkpoints: flag,
  log_temp_files: bytes(0, 64 * GB, ['-1']),
  log_min_duration_statement: ms(100, 1 * hour, ['-1']),
  track_io_timing: flag,
  enable_indexscan: onlyOn,
  enable_indexonlyscan: onlyOn,
  enable_bitmapscan: onlyOn,
  enable_seqscan: onlyOn,
  enable_hashjoin: onlyOn,
  enable_mergejoin: onlyOn,
  enable_nestloop: onlyOn,
  enable_hashagg: onlyOn,
  enable_sort: onlyOn,
  enable_memoize: onlyOn,
} as const satisfies Record<string, Bound>;

export type SettingName = keyof typeof settingBounds;
export const settingNames = Object.keys(settingBounds).filter(isSettingName);

export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(settingBounds, name);
}

const sizes: Readonly<Record<string, number>> = { B: 1, kB, MB, GB, TB: 1_024 * GB };
const spans: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: second,
  min: minute,
  h: hour,
  d: 24 * hour,
};

/** Why this value is not taken; undefined for one within bounds. Sizes and times need their unit. */
export function objectionTo(name: SettingName, value: string): string | undefined {
  const bound: Bound = settingBounds[name];
  if (bound.kind === 'choice') {
    return bound.choices.includes(value) ? undefined : `must be one of ${bound.choices.join(', ')}`;
  }
  if (bound.kind !== 'number' && bound.also?.includes(value)) return undefined;
  const [, digits = '', unit = ''] = /^(\d{1,12}(?:\.\d{1,6})?)([a-zA-Z]{0,3})$/.exec(value) ?? [];
  if (digits === '') return 'must be a number, with its unit where it has one: 64MB, 30s, 1.1';
  const scale = scaleOf(bound.kind, unit, Number(digits));
  if (scale === undefined) {
    return bound.kind === 'number'
      ? 'has no unit'
      : `needs a unit: ${Object.keys(unitsOf(bound.kind)).join(', ')}`;
  }
  const amount = Number(digits) * scale;
  if (amount < bound.least || amount > bound.most) {
    return `must be between ${inUnit(bound.kind, bound.least)} and ${inUnit(bound.kind, bound.most)}`;
  }
  return undefined;
}

/** Whether both mean the same to the server: 1GB and 1024MB do. */
export function isSameValue(name: SettingName, one: string, other: string): boolean {
  return one === other || amountOf(name, one) === amountOf(name, other);
}

function amountOf(name: SettingName, value: string): number | string {
  const { kind } = settingBounds[name];
  const [, digits = '', unit = ''] = /^(-?\d+(?:\.\d+)?)([a-zA-Z]*)$/.exec(value) ?? [];
  if (digits === '' || kind === 'choice') return value;
  const scale = scaleOf(kind, unit, Number(digits));
  return scale === undefined ? value : Math.round(Number(digits) * scale * 1_000) / 1_000;
}

function scaleOf(kind: 'bytes' | 'ms' | 'number', unit: string, amount: number): number | undefined {
  if (kind === 'number') return unit === '' ? 1 : undefined;
  return unit === '' && amount === 0 ? 1 : unitsOf(kind)[unit];
}

function unitsOf(kind: 'bytes' | 'ms'): Readonly<Record<string, number>> {
  return kind === 'bytes' ? sizes : spans;
}

function inUnit(kind: 'bytes' | 'ms' | 'number', amount: number): string {
  if (kind === 'number' || amount === 0) return `${amount}`;
  const [unit, scale] = Object.entries(unitsOf(kind)).findLast(([, size]) => amount >= size) ?? ['', 1];
  return `${amount / scale}${unit}`;
}
