/** The allow-list against the catalogue of a real server: nothing on it writes, sleeps or locks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { judgeFunction, readingFunctions } from './functions.ts';

/** PostgreSQL calls them volatile since their answer changes by itself; they change nothing. */
const changingByThemselves = new Set(
  `random clock_timestamp timeofday gen_random_uuid pg_relation_size pg_table_size pg_indexes_size
  pg_total_relation_size pg_database_size pg_tablespace_size pg_ls_waldir pg_ls_logdir pg_ls_tmpdir
  pg_ls_archive_statusdir pg_blocking_pids pg_safe_snapshot_blocking_pids pg_current_wal_lsn pg_current_wal_insert_lsn
  pg_current_wal_flush_lsn pg_last_wal_receive_lsn pg_last_wal_replay_lsn pg_last_xact_replay_timestamp
  pg_is_in_recovery pg_is_wal_replay_paused pg_get_wal_replay_pause_state pg_last_committed_xact
  pg_xact_commit_timestamp pg_xact_status pg_control_checkpoint pg_control_system pg_control_recovery
  pg_control_init pg_lock_status pg_prepared_xact pg_get_replication_slots pg_show_all_file_settings
  pg_hba_file_rules pg_sequence_last_value pg_timezone_names pg_get_multixact_members pg_collation_actual_version
  pg_tablespace_databases pg_event_trigger_ddl_commands pg_jit_available pg_partition_tree pg_partition_ancestors`
    .trim()
    .split(/\s+/),
);

test('what reading statements may call only reads, says a real server', {
  skip: missing(postgresServer),
}, async () => {
  const server = await startPostgres();
  try {
    const rows = await server.query(
      `SELECT proname, bool_or(provolatile = 'v') AS changes FROM pg_proc p
       JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'pg_catalog' GROUP BY proname`,
    );
    const changes = new Map(rows.map((row) => [String(row.proname), row.changes === true]));
    const known = [...readingFunctions].filter((name) => changes.has(name));
    assert.ok(known.length > 300, `${known.length} of the list are functions of this server`);
    assert.deepEqual(
      known.filter((name) => changes.get(name) && !changingByThemselves.has(name)),
      [],
    );
    const writing = [...changes].filter(
      ([name, isChanging]) => isChanging && !changingByThemselves.has(name),
    );
    const taken = writing.filter(
      ([name]) => judgeFunction([name]) === undefined && !name.startsWith('pg_stat_get_'),
    );
    assert.deepEqual(taken, []);
  } finally {
    await server.stop();
  }
});

test('a schema of one’s own, a name in other letters and a name that nobody knows are not taken for reading', () => {
  assert.equal(judgeFunction(['count']), undefined);
  assert.equal(judgeFunction(['pg_catalog', 'count']), undefined);
  assert.equal(judgeFunction(['public', 'count'])?.class, 'risky');
  assert.equal(judgeFunction(['COUNT'])?.class, 'risky');
  assert.equal(judgeFunction(['nobody_knows'])?.class, 'risky');
  assert.equal(judgeFunction(['public', 'PG_READ_FILE'])?.class, 'forbidden');
});
