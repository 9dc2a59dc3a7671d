import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { record } from '../../../../test/recorded-evidence.ts';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { login, urlFor } from '../../../../test/servers/postgres-session.ts';
import { eventually, type TriedTarget, targetName, tryTarget } from '../../../../test/try-target.ts';
import type { Evidence } from '../../../core/evidence.ts';
import { postgres } from '../index.ts';

const folder = new URL('./recorded', import.meta.url).pathname;

suite('what keeps disk and rows', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  let target: TriedTarget;

  before(async () => {
    server = await startPostgres({
      settings: {
        max_prepared_transactions: 3,
        autovacuum: 'on',
        archive_mode: 'on',
        archive_command: 'true',
        wal_level: 'logical',
      },
      setup: [
        'CREATE ROLE watcher LOGIN',
        'GRANT pg_monitor, pg_read_all_data TO watcher',
        'CREATE TABLE orders (id serial PRIMARY KEY, n int)',
        'CREATE TABLE churned (id int, n int) WITH (autovacuum_enabled = off)',
      ],
    });
    target = tryTarget(postgres, { url: urlFor(server, 'watcher') });
  });
  after(async () => {
    await target.bound.close();
    // A fast stop would wait for the archive command that hangs.
    await server.stop('SIGQUIT');
  });

  const diagnose = async (id: string, name: string) => {
    const seen = await target.diagnose(id);
    record(folder, name, id, seen);
    assert.deepEqual(
      seen.evidence.flatMap(({ unseen }) => unseen ?? []),
      [],
      'all of it was seen',
    );
    return seen;
  };
  /** The same evidence with a column of its table, or a fact, changed. */
  const changed = (evidence: readonly Evidence[], name: string, value: number): Evidence[] =>
    evidence.map((piece) => ({
      ...piece,
      ...(piece.facts && name in piece.facts ? { facts: { ...piece.facts, [name]: value } } : {}),
      ...(piece.table
        ? {
            table: {
              ...piece.table,
              rows: piece.table.rows.map((row) =>
                row.map((cell, at) => (piece.table?.columns[at] === name ? value : cell)),
              ),
            },
          }
        : {}),
    }));
  const conclude = (id: string, evidence: readonly Evidence[]) =>
    target.bound.diagnoses.find((one) => one.id === id)?.conclude(evidence, targetName) ?? [];

  test('a slot that nobody uses and that keeps much is named; one in use or that keeps little is not', async () => {
    await server.query(`SELECT pg_create_physical_replication_slot('fresh', true)`);
    const calm = await diagnose('postgres.dead-slot', 'slot-fresh');
    assert.deepEqual(calm.findings, [], 'an inactive slot that keeps nothing is no trouble');
    await server.query(`SELECT pg_drop_replication_slot('fresh')`);
    await server.query(`SELECT pg_create_physical_replication_slot('dead', true)`);
    for (let at = 0; at < 5; at += 1) {
      await server.query('CREATE TABLE wal_filler (n int)');
      await server.query('SELECT pg_switch_wal()');
      await server.query('DROP TABLE wal_filler');
    }
    const { evidence, findings } = await diagnose('postgres.dead-slot', 'slot-dead');
    assert.match(
      findings[0]?.summary ?? '',
      /nobody uses the physical slot dead, which keeps \d+\.\d MiB of WAL/,
    );
    assert.match(findings[0]?.explanation ?? '', /max_slot_wal_keep_size is not set/);
    assert.deepEqual(findings[0]?.recommendations[0]?.input, { slot: 'dead' });
    const inUse = evidence.map((piece) =>
      piece.table
        ? {
            ...piece,
            table: {
              ...piece.table,
              rows: piece.table.rows.map((row) => row.map((cell) => (cell === false ? true : cell))),
            },
          }
        : piece,
    );
    assert.deepEqual(conclude('postgres.dead-slot', inUse), [], 'a slow standby is no dead slot');
    await server.query(`SELECT pg_drop_replication_slot('dead')`);
  });

  test('a prepared transaction is forgotten when it is old; a fresh one is somebody at work', async () => {
    const xa = await login(server, 'postgres', 'xa');
    await xa.query('BEGIN');
    await xa.query('INSERT INTO orders (n) VALUES (1)');
    await xa.query(`PREPARE TRANSACTION 'order-1'`);
    const { evidence, findings } = await diagnose('postgres.prepared-forgotten', 'prepared-fresh');
    assert.deepEqual(findings, []);
    const [finding] = conclude('postgres.prepared-forgotten', changed(evidence, 'seconds', 900));
    assert.match(
      finding?.summary ?? '',
      /^prepared transaction order-1 of postgres was never ended, for 15 m$/,
    );
    assert.equal(finding?.recommendations[0]?.action, 'postgres.rollback-prepared');
    const waiting = changed(changed(evidence, 'seconds', 20), 'blocked', 3);
    assert.match(conclude('postgres.prepared-forgotten', waiting)[0]?.summary ?? '', /3 sessions wait/);
    assert.ok(Number(evidence[0]?.table?.rows[0]?.at(-1)) >= 1, 'its table locks are counted');
    await server.query(`ROLLBACK PREPARED 'order-1'`);
    await xa.end();
  });

  test('archiving that fails is told at once, that hangs by age; an idle server is well', async () => {
    const set = async (command: string) => {
      await server.query(`ALTER SYSTEM SET archive_command = '${command}'`);
      await server.query('SELECT pg_reload_conf()');
      await eventually(
        () => server.query('SHOW archive_command'),
        ([row]) => row?.archive_command === command,
      );
    };
    const write = async () => {
      await server.query('CREATE TABLE wal_filler (n int)');
      await server.query('DROP TABLE wal_filler');
      await server.query('SELECT pg_switch_wal()');
    };
    await eventually(
      () => target.diagnose('postgres.archiving-stuck'),
      ({ evidence }) => evidence[0]?.facts?.waiting === 0,
    );
    const idle = await diagnose('postgres.archiving-stuck', 'archiver-idle');
    assert.deepEqual(idle.findings, []);
    await set('false');
    await write();
    const failing = await eventually(
      () => target.diagnose('postgres.archiving-stuck'),
      ({ findings }) => findings.length > 0,
    );
    assert.match(failing.findings[0]?.summary ?? '', /^archiving [0-9A-F]{24} fails; [1-9]\d* files wait/);
    await diagnose('postgres.archiving-stuck', 'archiver-failing');
    await set('true');
    await eventually(
      () => target.diagnose('postgres.archiving-stuck'),
      ({ evidence }) => evidence[0]?.facts?.waiting === 0,
      120_000,
    );
    await set('sleep 15');
    await write();
    const hanging = await eventually(
      () => target.diagnose('postgres.archiving-stuck'),
      ({ evidence }) => Number(evidence[0]?.facts?.waiting) > 0,
    );
    assert.deepEqual(hanging.findings, [], 'a file that has just been finished is no trouble');
    const [late] = conclude('postgres.archiving-stuck', changed(hanging.evidence, 'waitingSeconds', 138));
    assert.match(
      late?.summary ?? '',
      /hangs or is too slow: \d+ files wait, the oldest for 2 m 18 s, and no failure/,
    );
  });

  test('a sequence near the end of its column is named; one that cycles or counts for bigint is not', async () => {
    await server.query('CREATE SEQUENCE around CYCLE MAXVALUE 100');
    await server.query(`SELECT setval('around', 99)`);
    await server.query('CREATE TABLE wide (id bigserial)');
    await server.query(`SELECT setval('wide_id_seq', 2147483640)`);
    const calm = await diagnose('postgres.sequence-end', 'sequence-decoys');
    assert.deepEqual(calm.findings, []);
    await server.query(
      'ALTER SEQUENCE orders_id_seq AS bigint MAXVALUE 9223372036854775807 RESTART 2147483640',
    );
    await server.query('INSERT INTO orders (n) VALUES (1)');
    const { findings } = await diagnose('postgres.sequence-end', 'sequence-near-end');
    assert.match(
      findings[0]?.summary ?? '',
      /^sequence public\.orders_id_seq has 7 numbers left of 2147483647, for public\.orders\.id \(integer\)$/,
    );
  });

  test('dead rows: who holds them is named, else why vacuum does not run', async () => {
    await server.query('INSERT INTO churned SELECT g, 0 FROM generate_series(1, 120000) g');
    const holder = await login(server, 'postgres', 'nightly-report');
    await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await holder.query('SELECT count(*) FROM orders');
    await server.query('UPDATE churned SET n = 1');
    await server.query('VACUUM churned');
    await eventually(
      () => target.diagnose('postgres.dead-rows'),
      ({ findings }) => findings.length > 0,
    );
    const held = await diagnose('postgres.dead-rows', 'dead-rows-held');
    assert.match(
      held.findings[0]?.summary ?? '',
      /^pid \d+ \(postgres, nightly-report, idle in transaction\) has kept dead rows .* public\.churned has 120000/,
    );
    assert.match(held.findings[0]?.explanation ?? '', /A vacuum ended .* ago, after it began, and left them/);
    assert.deepEqual(held.findings[0]?.recommendations, []);
    await holder.end();
    const free = await eventually(
      () => target.diagnose('postgres.dead-rows'),
      ({ findings }) => findings[0]?.recommendations.length === 1,
    );
    record(folder, 'dead-rows-autovacuum-off', 'postgres.dead-rows', free);
    assert.match(free.findings[0]?.summary ?? '', /^autovacuum is off for public\.churned/);
    assert.deepEqual(free.findings[0]?.recommendations[0]?.input, { schema: 'public', table: 'churned' });
    await server.query('VACUUM churned');
    const clean = await eventually(
      () => target.diagnose('postgres.dead-rows'),
      ({ findings }) => findings.length === 0,
    );
    record(folder, 'dead-rows-clean', 'postgres.dead-rows', clean);
  });
});
