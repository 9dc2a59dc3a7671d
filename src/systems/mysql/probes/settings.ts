import type { Missing, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { parseDuration } from '../../../core/time.ts';
import { type MysqlConnection, observe } from '../client.ts';
import { hiddenFor, may } from '../privileges.ts';
import { readChannels } from '../replica-status.ts';
import type { Db } from '../session.ts';
import { readVariables, type Values } from '../status.ts';

const names = [
  'innodb_flush_log_at_trx_commit',
  'sync_binlog',
  'innodb_force_recovery',
  'innodb_doublewrite',
  'skip_grant_tables',
  'log_bin',
  'binlog_format',
  'binlog_expire_logs_seconds',
  'expire_logs_days',
  'max_connections',
  'innodb_buffer_pool_size',
] as const;

export const settings: Probe<MysqlConnection> = {
  id: 'mysql.settings',
  summary: 'Settings that put data at risk, and how binary logs are kept',
  atMostEveryMs: 300_000,
  metrics: {
    'mysql.settings.unsafe': {
      summary:
        'Settings that open the server or keep it from its work: skip_grant_tables, innodb_force_recovery',
      unit: 'count',
      kind: 'gauge',
    },
    'mysql.settings.relaxed': {
      summary: 'Settings by which a crash may lose commits; replicas are left out',
      unit: 'count',
      kind: 'gauge',
    },
    'mysql.binlog.gaps': {
      summary: 'What keeps recovery to a point in time from working, where `backupInterval:` promises it',
      unit: 'count',
      kind: 'gauge',
    },
    'mysql.binlog.bytes': { summary: 'Binary logs on disk', unit: 'bytes', kind: 'gauge' },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (db) => {
      const values = await readVariables(db, ...names);
      const isReplica = (await may(db, 'replication')) ? (await readChannels(db)).length > 0 : undefined;
      const unsafe = unsafeIn(values);
      const relaxed = relaxedIn(values);
      const gaps = gapsIn(values, conn.config.backupInterval);
      const binlog = await readBinlog(db, values);
      const found = [...unsafe, ...(isReplica ? [] : relaxed), ...gaps];
      const readings: Reading[] = [
        { metric: 'mysql.settings.unsafe', value: unsafe.length },
        { metric: 'mysql.settings.relaxed', value: isReplica === true ? 0 : relaxed.length },
        ...binlog.readings,
      ];
      if (conn.config.backupInterval !== undefined) {
        readings.push({ metric: 'mysql.binlog.gaps', value: gaps.length });
      }
      return {
        readings,
        missing: binlog.missing,
        snapshots: [{ document: 'mysql.variables', kind: 'configuration', values: await readDocument(db) }],
        ...(found.length === 0 ? {} : { detail: found.join('; ') }),
      };
    }),
};

function unsafeIn(values: Values): string[] {
  const recovery = values.number('innodb_force_recovery') ?? 0;
  return [
    ...(values.isOn('skip_grant_tables') ? ['skip_grant_tables: everybody may do everything'] : []),
    ...(recovery > 0 ? [`innodb_force_recovery = ${recovery}`] : []),
  ];
}

function relaxedIn(values: Values): string[] {
  const flush = values.number('innodb_flush_log_at_trx_commit');
  const sync = values.number('sync_binlog');
  return [
    ...(flush !== undefined && flush !== 1 ? [`innodb_flush_log_at_trx_commit = ${flush}`] : []),
    ...(values.isOn('log_bin') && sync !== undefined && sync !== 1 ? [`sync_binlog = ${sync}`] : []),
    ...(values.text('innodb_doublewrite') === 'OFF' ? ['innodb_doublewrite = OFF'] : []),
  ];
}

function gapsIn(values: Values, backupInterval: string | undefined): string[] {
  if (backupInterval === undefined) return [];
  if (!values.isOn('log_bin')) return ['log_bin is off'];
  const seconds =
    values.number('binlog_expire_logs_seconds') || (values.number('expire_logs_days') ?? 0) * 86_400;
  const needed = (parseDuration(backupInterval) ?? 0) / 1_000;
  return [
    ...(seconds > 0 && seconds < needed
      ? [
          `binary logs are kept ${Math.round(seconds / 3_600)} h, less than the ${backupInterval} between backups`,
        ]
      : []),
    ...(values.text('binlog_format') === 'STATEMENT'
      ? ['binlog_format = STATEMENT may replay differently']
      : []),
  ];
}

async function readBinlog(db: Db, values: Values): Promise<{ readings: Reading[]; missing: Missing[] }> {
  const metric = 'mysql.binlog.bytes';
  if (!values.isOn('log_bin')) return { readings: [{ metric, value: 0 }], missing: [] };
  const missing = await hiddenFor(db, 'binlog', [metric]);
  if (missing.length > 0) return { readings: [], missing };
  const rows = await db.query<{ File_size: number }>('SHOW BINARY LOGS');
  return {
    readings: [{ metric, value: rows.reduce((sum, row) => sum + Number(row.File_size), 0) }],
    missing,
  };
}

/** Change by themselves, or may hold a secret (wsrep_sst_auth, init_connect, options of plugins). */
const leftOut =
  /^(gtid_|timestamp|identity|last_insert_id|rand_seed|error_count|warning_count|pseudo_|insert_id|in_transaction|last_gtid|innodb_buffer_pool_dump_now|log_bin_index|server_uuid|report_)|auth|password|secret|init_|provider_options|_key$/;

/** All global variables, for the ledger of changes. */
async function readDocument(db: Db): Promise<Record<string, string>> {
  const rows = await db.query<{ Variable_name: string; Value: string | null }>('SHOW GLOBAL VARIABLES');
  return Object.fromEntries(
    rows
      .filter((row) => !leftOut.test(row.Variable_name))
      .map((row) => [row.Variable_name, String(row.Value ?? '').slice(0, 200)]),
  );
}
