import type { Missing, Reading } from '../../../core/sample.ts';
import type { Probe, ProbeContext } from '../../../core/system.ts';
import { type MysqlConnection, observe } from '../client.ts';
import { hiddenFor } from '../privileges.ts';
import type { Db } from '../session.ts';
import { readStatus, readVariables, type Values } from '../status.ts';

/** Below so many accesses or tables in a window their shares say nothing. */
const leastReads = 10_000;
const leastTables = 200;
/** The pool is filled anew after a start. */
const warmUpSeconds = 3_600;

export const engine: Probe<MysqlConnection> = {
  id: 'mysql.engine',
  summary: 'InnoDB and temporary tables: buffer pool, log waits, undo history, deadlocks, open files',
  atMostEveryMs: 15_000,
  metrics: {
    'mysql.buffer_pool.hit_ratio': {
      summary: 'Page reads answered from memory, of windows with 10,000 or more and an hour after the start',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'mysql.buffer_pool.disk_reads': { summary: 'Pages read from disk', unit: 'per-second', kind: 'gauge' },
    'mysql.log_waits': {
      summary: 'Times the redo log buffer was too small to go on',
      unit: 'count',
      kind: 'counter',
    },
    'mysql.history_length': {
      summary: 'Undo log entries that no purge has removed',
      unit: 'count',
      kind: 'gauge',
    },
    'mysql.deadlocks': { summary: 'Deadlocks', unit: 'count', kind: 'counter' },
    'mysql.tmp_tables.disk_ratio': {
      summary: 'Internal temporary tables made on disk, of windows with 200 or more',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'mysql.tmp_tables.disk': { summary: 'Internal temporary tables on disk', unit: 'count', kind: 'counter' },
    'mysql.files.used_ratio': {
      summary: 'Open files as a share of open_files_limit',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'mysql.slow_queries': {
      summary: 'Statements over long_query_time; what that is differs from server to server',
      unit: 'count',
      kind: 'counter',
    },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (db) => {
      const status = await readStatus(
        db,
        'Uptime',
        'Innodb_buffer_pool_read_requests',
        'Innodb_buffer_pool_reads',
        'Innodb_log_waits',
        'Innodb_history_list_length',
        'Innodb_deadlocks',
        'Created_tmp_tables',
        'Created_tmp_disk_tables',
        'Open_files',
        'Slow_queries',
      );
      const limit = (await readVariables(db, 'open_files_limit')).number('open_files_limit') ?? 0;
      const files = status.number('Open_files');
      const inner = await readInner(db, status);
      return {
        readings: [
          ...bufferPool(status, ctx),
          ...temporaryTables(status, ctx),
          ...inner.readings,
          ...counter('mysql.log_waits', status.number('Innodb_log_waits')),
          ...counter('mysql.slow_queries', status.number('Slow_queries')),
          ...(files === undefined || limit === 0
            ? []
            : [{ metric: 'mysql.files.used_ratio', value: files / limit }]),
        ],
        missing: inner.missing,
      };
    }),
};

function counter(metric: string, value: number | undefined): Reading[] {
  return value === undefined ? [] : [{ metric, value }];
}

function bufferPool(status: Values, ctx: ProbeContext): Reading[] {
  const elapsed = ctx.increase('clock', ctx.clock.monotonic() / 1_000);
  const requests = ctx.increase('requests', status.number('Innodb_buffer_pool_read_requests') ?? 0);
  const reads = ctx.increase('reads', status.number('Innodb_buffer_pool_reads') ?? 0);
  const readings: Reading[] = [];
  if (reads === undefined || requests === undefined) return readings;
  if (elapsed !== undefined && elapsed > 0) {
    readings.push({ metric: 'mysql.buffer_pool.disk_reads', value: reads / elapsed });
  }
  if (requests >= leastReads && (status.number('Uptime') ?? 0) >= warmUpSeconds) {
    readings.push({ metric: 'mysql.buffer_pool.hit_ratio', value: Math.max(0, 1 - reads / requests) });
  }
  return readings;
}

function temporaryTables(status: Values, ctx: ProbeContext): Reading[] {
  const onDisk = status.number('Created_tmp_disk_tables') ?? 0;
  const all = ctx.increase('tmp tables', status.number('Created_tmp_tables') ?? 0);
  const disk = ctx.increase('tmp disk tables', onDisk);
  const readings: Reading[] = [{ metric: 'mysql.tmp_tables.disk', value: onDisk }];
  if (all !== undefined && disk !== undefined && all >= leastTables) {
    readings.push({ metric: 'mysql.tmp_tables.disk_ratio', value: disk / all });
  }
  return readings;
}

/** MariaDB tells both among its status; MySQL in INNODB_METRICS, which needs PROCESS. */
async function readInner(db: Db, status: Values): Promise<{ readings: Reading[]; missing: Missing[] }> {
  let [history, deadlocks] = [status.number('Innodb_history_list_length'), status.number('Innodb_deadlocks')];
  let missing: Missing[] = [];
  if (history === undefined || deadlocks === undefined) {
    missing = await hiddenFor(db, 'sessions', ['mysql.history_length', 'mysql.deadlocks']);
    if (missing.length === 0) {
      const rows = await db.query<{ name: string; value: number }>(
        `SELECT NAME AS name, COUNT AS value FROM information_schema.INNODB_METRICS
          WHERE NAME IN ('trx_rseg_history_len', 'lock_deadlocks') AND STATUS = 'enabled'`,
      );
      const of = (name: string) => rows.find((row) => row.name === name)?.value;
      history ??= of('trx_rseg_history_len');
      deadlocks ??= of('lock_deadlocks');
    }
  }
  return {
    readings: [...counter('mysql.history_length', history), ...counter('mysql.deadlocks', deadlocks)],
    missing,
  };
}
