import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { login, urlFor } from '../../../../test/servers/postgres-session.ts';
import { readingOf, type TriedTarget, tryTarget } from '../../../../test/try-target.ts';
import { postgres } from '../index.ts';

suite('probes of PostgreSQL', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  let target: TriedTarget;

  before(async () => {
    server = await startPostgres({
      settings: { shared_preload_libraries: 'pg_stat_statements', max_connections: 23 },
      setup: [
        'CREATE ROLE watcher LOGIN',
        'GRANT pg_monitor TO watcher',
        'GRANT SELECT ON pg_file_settings, pg_hba_file_rules TO watcher',
        'GRANT EXECUTE ON FUNCTION pg_show_all_file_settings(), pg_hba_file_rules() TO watcher',
        'CREATE ROLE app LOGIN',
      ],
    });
    target = tryTarget(postgres, { url: urlFor(server, 'watcher') });
  });
  after(async () => {
    await target.bound.close();
    await server.stop();
  });

  test('liveness says version and role, and the address shows no secret', async () => {
    const outcome = await target.seen('postgres.liveness');
    assert.match(outcome.detail ?? '', /^PostgreSQL \d+\.\d+, primary$/);
    assert.equal(readingOf(outcome, 'postgres.standby'), 0);
    const other = tryTarget(postgres, { url: 'postgres://me:s3cret@db.example:6000/shop' });
    assert.equal(other.bound.address, 'db.example:6000/shop');
  });

  test('our own session is bounded and can be told by its name', async () => {
    await target.seen('postgres.liveness');
    const [row] = await server.query(
      `SELECT application_name FROM pg_stat_activity WHERE usename = 'watcher' LIMIT 1`,
    );
    assert.equal(row?.application_name, 'upkeep');
  });

  test('connections are counted against the slots of ordinary roles, by role, application and state', async () => {
    const app = await login(server, 'app', 'worker-4711');
    try {
      const outcome = await target.seen('postgres.activity');
      assert.equal(readingOf(outcome, 'postgres.connections.usable'), 20);
      const used = readingOf(outcome, 'postgres.connections.used') ?? 0;
      assert.equal(readingOf(outcome, 'postgres.connections.used_ratio'), used / 20);
      assert.equal(
        readingOf(outcome, 'postgres.connections.by', { role: 'app', application: 'worker-#' }),
        1,
      );
      assert.deepEqual(outcome.missing, []);
    } finally {
      await app.end();
    }
  });

  test('an open transaction is measured, a dump and our own sessions are not', async () => {
    const app = await login(server, 'app', 'shop');
    const dump = await login(server, 'app', 'pg_dump');
    try {
      await dump.query('BEGIN');
      await dump.query('SELECT pg_sleep(0.3)');
      const quiet = await target.seen('postgres.activity');
      assert.equal(readingOf(quiet, 'postgres.transactions.oldest'), 0);
      const began = performance.now();
      await app.query('BEGIN');
      await app.query('SELECT 1');
      const outcome = await target.seen('postgres.activity');
      const atMost = (performance.now() - began) / 1_000;
      const oldest = readingOf(outcome, 'postgres.transactions.oldest') ?? 0;
      assert.ok(oldest > 0 && oldest <= atMost, `${oldest}, the dump is 0.3 s older than ${atMost}`);
      assert.equal(readingOf(outcome, 'postgres.transactions.idle_count'), 2);
    } finally {
      await Promise.all([app.end(), dump.end()]);
    }
  });

  test('the cache hit ratio is unknown below 10,000 accesses and known above', async () => {
    const database = { database: 'postgres' };
    await target.seen('postgres.database');
    const quiet = await target.seen('postgres.database');
    assert.equal(readingOf(quiet, 'postgres.cache_hit_ratio', database), undefined);
    assert.ok((readingOf(quiet, 'postgres.commits', database) ?? 0) > 0);
    const app = await login(server, 'postgres', 'shop');
    await app.query('CREATE TABLE reads AS SELECT generate_series(1, 200000) AS n');
    for (let i = 0; i < 15; i++) await app.query('SELECT count(*) FROM reads');
    await app.end();
    const busy = await target.seen('postgres.database');
    const ratio = readingOf(busy, 'postgres.cache_hit_ratio', database) ?? -1;
    assert.ok(ratio > 0 && ratio <= 1, `${ratio}`);
  });

  test('deadlocks and temporary files are counted', async () => {
    const outcome = await target.seen('postgres.database');
    assert.equal(readingOf(outcome, 'postgres.deadlocks', { database: 'postgres' }), 0);
    assert.ok((readingOf(outcome, 'postgres.temp_bytes', { database: 'postgres' }) ?? -1) >= 0);
  });

  test('dead rows count only past both floors, by the trigger of the table itself', async () => {
    const app = await login(server, 'postgres', 'shop');
    try {
      await app.query('CREATE TABLE small (n int) WITH (autovacuum_enabled = off)');
      await app.query('INSERT INTO small SELECT generate_series(1, 1000)');
      await app.query('UPDATE small SET n = n + 1');
      await app.query('SELECT pg_stat_force_next_flush()');
      const small = await target.seen('postgres.tables');
      assert.equal(readingOf(small, 'postgres.dead_tuples.count', { table: 'public.small' }), 1_000);
      assert.equal(readingOf(small, 'postgres.dead_tuples.worst'), 0);
      await app.query(
        'CREATE TABLE large (n int) WITH (autovacuum_enabled = off, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0)',
      );
      await app.query('INSERT INTO large SELECT generate_series(1, 120000)');
      await app.query('UPDATE large SET n = n + 1');
      await app.query('SELECT pg_stat_force_next_flush()');
      const large = await target.seen('postgres.tables');
      assert.equal(readingOf(large, 'postgres.dead_tuples.worst'), 120);
      assert.match(large.detail ?? '', /public\.large: 120000 dead rows/);
    } finally {
      await app.end();
    }
  });

  test('without the extension statements are unknown, with it their rate and mean are measured', async () => {
    const before = await target.seen('postgres.statements');
    assert.deepEqual(before.readings, []);
    assert.deepEqual(before.missing?.[0]?.metrics, ['*']);
    assert.match(before.missing?.[0]?.remedy ?? '', /^CREATE EXTENSION pg_stat_statements;/);
    await server.query('CREATE EXTENSION pg_stat_statements');
    await target.seen('postgres.statements');
    await server.query('SELECT pg_sleep(0.05)');
    const outcome = await target.seen('postgres.statements');
    assert.ok((readingOf(outcome, 'postgres.statements.rate') ?? 0) > 0);
    const mean = readingOf(outcome, 'postgres.statements.mean_time') ?? 0;
    assert.ok(mean > 0.005 && mean < 30, `${mean}`);
  });

  test('a slot that nobody reads holds back WAL', async () => {
    const none = await target.seen('postgres.slots');
    assert.equal(readingOf(none, 'postgres.slots.retained_bytes'), 0);
    await server.query(`SELECT pg_create_physical_replication_slot('dead', true)`);
    await server.query('CREATE TABLE filler AS SELECT generate_series(1, 20000) AS n');
    const outcome = await target.seen('postgres.slots');
    assert.ok((readingOf(outcome, 'postgres.slots.retained_bytes') ?? 0) > 500_000);
    assert.match(outcome.detail ?? '', /^physical slot dead \(inactive\) keeps /);
    await server.query(`SELECT pg_drop_replication_slot('dead')`);
  });

  test('databases that we may not connect to have a size for pg_monitor and none for others', async () => {
    await server.createDatabase('closed');
    await server.query('REVOKE CONNECT ON DATABASE closed FROM PUBLIC');
    const sizes = await target.seen('postgres.size');
    assert.ok((readingOf(sizes, 'postgres.database.size', { database: 'closed' }) ?? 0) > 1_000_000);
    const plain = tryTarget(postgres, { url: urlFor(server, 'app') });
    const outcome = await plain.seen('postgres.size');
    assert.equal(readingOf(outcome, 'postgres.database.size', { database: 'closed' }), undefined);
    assert.equal(outcome.missing?.[0]?.remedy, 'GRANT pg_monitor TO app;');
    await plain.bound.close();
  });

  test('without pg_monitor what cannot be seen is missing with the grant, never zero', async () => {
    const plain = tryTarget(postgres, { url: urlFor(server, 'app') });
    const outcome = await plain.seen('postgres.activity');
    assert.ok((readingOf(outcome, 'postgres.connections.used') ?? 0) >= 1);
    assert.equal(readingOf(outcome, 'postgres.transactions.oldest'), undefined);
    const [gap] = outcome.missing ?? [];
    assert.ok(gap?.metrics.includes('postgres.transactions.oldest'));
    assert.equal(gap?.remedy, 'GRANT pg_monitor TO app;');
    await plain.bound.close();
  });

  test('a primary without standbys reports none, and one that was declared as missing', async () => {
    const plain = await target.seen('postgres.replication');
    assert.equal(readingOf(plain, 'postgres.replication.standbys'), 0);
    assert.equal(readingOf(plain, 'postgres.replication.missing'), undefined);
    const declared = tryTarget(postgres, { url: urlFor(server, 'watcher'), standbys: 1 });
    assert.equal(readingOf(await declared.seen('postgres.replication'), 'postgres.replication.missing'), 1);
    await declared.bound.close();
  });

  test('the grants of the readme are enough for every probe', async () => {
    for (const { probe } of target.bound.checks) {
      assert.deepEqual((await target.seen(probe.id)).missing ?? [], [], probe.id);
    }
  });

  test('a url that cannot be decoded is a matter of the configuration', () => {
    for (const url of ['postgres://me:50%@host/db', 'mysql://me@host/db', 'db.example']) {
      assert.throws(() => tryTarget(postgres, { url }), { name: 'ZodError' });
    }
  });

  test('several statements in one text are refused by the extended protocol', async () => {
    const { connect } = await import('../client.ts');
    const conn = connect({ url: urlFor(server, 'app'), statements: true });
    const signal = AbortSignal.timeout(60_000);
    await assert.rejects(
      conn.quick.use(signal, (query) => query('SELECT 1; SELECT 2')),
      { code: '42601' },
    );
    await assert.rejects(
      conn.quick.use(signal, (query) => query('CREATE TABLE public.x (n int)')),
      { code: '25006' },
    );
    await Promise.all([conn.quick.close(), conn.work.close()]);
  });
});
