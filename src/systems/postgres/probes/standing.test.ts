import assert from 'node:assert/strict';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { login, urlFor } from '../../../../test/servers/postgres-session.ts';
import { eventually, readingOf, tryTarget } from '../../../../test/try-target.ts';
import { postgres } from '../index.ts';
import { synchronousWanted } from './replication-states.ts';

test('how many synchronous standbys are asked for is read from every form of the setting', () => {
  const forms: readonly (readonly [string, string, number])[] = [
    ['', 'on', 0],
    ['a', 'on', 1],
    ['*', 'on', 1],
    ['a, b', 'on', 1],
    ['2 (a, b, c)', 'remote_apply', 2],
    ['FIRST 2 (a, b)', 'on', 2],
    ['any 3 (*)', 'on', 3],
    ['a', 'off', 0],
    ['a', 'local', 0],
  ];
  for (const [names, commit, wanted] of forms) assert.equal(synchronousWanted(names, commit), wanted, names);
});

suite('a server among others', { skip: missing(postgresServer) }, () => {
  test('commits that wait for a synchronous standby are told, with who is asked for', async (t) => {
    const server = await startPostgres();
    t.after(() => server.stop('SIGQUIT'));
    const target = tryTarget(postgres, { url: urlFor(server, 'postgres') });
    t.after(() => target.bound.close());
    const calm = await target.seen('postgres.replication-states');
    assert.equal(readingOf(calm, 'postgres.replication.sync_missing'), 0);
    await server.query(`ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 (mirror)'`);
    await server.query('SELECT pg_reload_conf()');
    const lacking = await eventually(
      () => target.seen('postgres.replication-states'),
      (seen) => readingOf(seen, 'postgres.replication.sync_missing') === 1,
    );
    const found = lacking.readings.find(({ metric }) => metric === 'postgres.replication.sync_missing');
    assert.equal(found?.about?.detail, '0 of 1 synchronous standbys (FIRST 1 (mirror)) stream: commits wait');
  });

  test('a subscription whose publisher is away, that is disabled, and one that works', async (t) => {
    const publisher = await startPostgres({
      settings: { wal_level: 'logical' },
      setup: [
        'CREATE TABLE goods (id int PRIMARY KEY)',
        'CREATE PUBLICATION shelf FOR TABLE goods',
        'INSERT INTO goods VALUES (1)',
      ],
    });
    t.after(() => publisher.stop('SIGQUIT'));
    const server = await startPostgres({
      setup: [
        'CREATE TABLE goods (id int PRIMARY KEY)',
        `CREATE SUBSCRIPTION shelf CONNECTION 'host=127.0.0.1 port=${publisher.port} user=postgres dbname=postgres' PUBLICATION shelf`,
        'CREATE ROLE watcher LOGIN',
        'GRANT pg_monitor TO watcher',
      ],
    });
    t.after(() => server.stop('SIGQUIT'));
    const target = tryTarget(postgres, { url: urlFor(server, 'watcher') });
    t.after(() => target.bound.close());
    const look = () => target.seen('postgres.subscriptions');
    const well = await eventually(
      look,
      (seen) =>
        readingOf(seen, 'postgres.subscriptions.unready_tables') === 0 &&
        readingOf(seen, 'postgres.subscriptions.stopped') === 0,
    );
    assert.equal(readingOf(well, 'postgres.subscriptions.errors', { subscription: 'shelf' }), 0);
    await server.query('INSERT INTO goods VALUES (2)');
    await publisher.query('INSERT INTO goods VALUES (2)');
    await eventually(look, (seen) => (readingOf(seen, 'postgres.subscriptions.errors') ?? 0) >= 1);
    await eventually(look, (seen) => readingOf(seen, 'postgres.subscriptions.stopped') === 1);
    await server.query('ALTER SUBSCRIPTION shelf DISABLE');
    const off = await look();
    assert.equal(readingOf(off, 'postgres.subscriptions.disabled'), 1);
    assert.equal(readingOf(off, 'postgres.subscriptions.stopped'), 0, 'it is meant to stand still');
  });

  test('a damaged page is counted once it is read, and a server without checksums says so', async (t) => {
    const server = await startPostgres({
      checksums: true,
      setup: ['CREATE TABLE damaged AS SELECT generate_series(1, 10000) AS n', 'CHECKPOINT'],
    });
    t.after(() => server.stop('SIGQUIT'));
    const target = tryTarget(postgres, { url: urlFor(server, 'postgres') });
    t.after(() => target.bound.close());
    const look = () => target.seen('postgres.checksums');
    const whole = await look();
    assert.equal(readingOf(whole, 'postgres.checksums.enabled'), 1);
    assert.equal(readingOf(whole, 'postgres.checksums.failures'), 0);
    const [row] = await server.query(`SELECT pg_relation_filepath('damaged') AS path`);
    // What is in the cache would be read from there.
    await server.restart();
    const file = openSync(join(server.folder, 'data', String(row?.path)), 'r+');
    writeSync(file, 'damage', 4_000);
    closeSync(file);
    await assert.rejects(server.query('SELECT count(*) FROM damaged'), /invalid page/);
    const told = await eventually(look, (seen) => (readingOf(seen, 'postgres.checksums.failures') ?? 0) >= 1);
    const found = told.readings.find(({ metric }) => metric === 'postgres.checksums.failures');
    const [damage] = (await target.diagnose('postgres.page-damage')).findings;
    assert.match(
      damage?.summary ?? '',
      /^page checksums failed in postgres \(\d+\), the last .* before this look/,
    );
    assert.match(found?.about?.detail ?? '', /^\d+ in postgres$/);
  });

  test('long work and full lock tables are measured; excluded tables count from 10,000 rows', async (t) => {
    const server = await startPostgres({
      settings: { max_locks_per_transaction: 10, max_connections: 20 },
      setup: [
        'CREATE TABLE staging (n int) WITH (autovacuum_enabled = off)',
        'INSERT INTO staging SELECT generate_series(1, 100)',
        `CREATE FUNCTION slowly(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS
           'BEGIN PERFORM pg_sleep(0.002); RETURN n; END'`,
        'CREATE TABLE source (n int)',
        'INSERT INTO source SELECT generate_series(1, 1000)',
      ],
    });
    t.after(() => server.stop('SIGQUIT'));
    const target = tryTarget(postgres, { url: urlFor(server, 'postgres') });
    t.after(() => target.bound.close());
    const app = await login(server, 'postgres', 'loader');
    t.after(() => app.end());
    assert.equal(
      readingOf(await target.seen('postgres.autovacuum'), 'postgres.autovacuum.excluded_tables'),
      0,
    );
    const building = app.query('CREATE INDEX slow ON source (slowly(n))');
    const seen = await eventually(
      () => target.seen('postgres.autovacuum'),
      (outcome) => (readingOf(outcome, 'postgres.progress.longest', { operation: 'index build' }) ?? 0) > 0,
    );
    const found = seen.readings.find(({ metric }) => metric === 'postgres.progress.longest');
    assert.match(found?.about?.detail ?? '', /^index build by pid \d+ on public\.source$/);
    await building;
    const calm = readingOf(await target.seen('postgres.locks'), 'postgres.locks.used_ratio') ?? 1;
    assert.ok(calm < 0.2, `${calm}`);
    await app.query('BEGIN');
    for (let i = 0; i < 60; i++) await app.query(`SELECT pg_advisory_xact_lock(${i})`);
    const full = readingOf(await target.seen('postgres.locks'), 'postgres.locks.used_ratio') ?? 0;
    assert.ok(full >= 0.3, `${full}`);
    await app.query('ROLLBACK');
  });
});
