import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { asSuperuser } from '../../../../test/pasted.ts';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { urlFor } from '../../../../test/servers/postgres-session.ts';
import { eventually, readingOf, type TriedTarget, tryTarget } from '../../../../test/try-target.ts';
import { postgres } from '../index.ts';

suite('settings, rights and what the ledger is told', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  let target: TriedTarget;

  before(async () => {
    server = await startPostgres({
      args: ['-c', 'max_worker_processes=7'],
      setup: ['CREATE ROLE watcher LOGIN', 'GRANT pg_monitor TO watcher'],
    });
    target = tryTarget(postgres, { url: urlFor(server, 'postgres') });
  });
  after(async () => {
    await target.bound.close();
    await server.stop('SIGQUIT');
  });

  const run = async (...statements: string[]) => {
    for (const statement of statements) await server.query(statement);
  };
  async function found(probe: string, metric: string, labels: Record<string, string> = {}) {
    const outcome = await target.seen(probe);
    const reading = outcome.readings.find(
      (one) =>
        one.metric === metric &&
        Object.entries(labels).every(([name, value]) => one.labels?.[name] === value),
    );
    return [reading?.value, reading?.about?.detail ?? ''] as const;
  }
  async function document(probe: string, name: string): Promise<Readonly<Record<string, string>>> {
    const seen = await target.seen(probe);
    const snapshot = seen.snapshots?.find((one) => one.document === name);
    assert.ok(snapshot, `no ${name}`);
    return snapshot.values;
  }

  test('settings that risk data, stop upkeep, wait for a restart or are wrong in the file are named', async () => {
    const probe = 'postgres.settings';
    assert.deepEqual(await found(probe, 'postgres.settings.unsafe'), [1, 'fsync = off']);
    assert.deepEqual(await found(probe, 'postgres.settings.pending_restart'), [0, '']);
    assert.match((await found(probe, 'postgres.settings.noted'))[1], /track_io_timing = off/);
    await run(
      'ALTER SYSTEM SET autovacuum = off',
      `ALTER SYSTEM SET shared_buffers = '24MB'`,
      `ALTER SYSTEM SET work_mem = '64kB'`,
    );
    appendFileSync(join(server.folder, 'data', 'postgresql.conf'), '\nno_such_setting = on\n');
    assert.match(
      (await found(probe, 'postgres.settings.file_errors'))[1],
      /postgresql\.conf:\d+ no_such_setting unrecognized/,
    );
    await run('SELECT pg_reload_conf()');
    // One wrong line keeps the whole file out of force.
    assert.deepEqual(await found(probe, 'postgres.settings.upkeep_off'), [0, '']);
    await run('ALTER SYSTEM RESET ALL');
  });

  test('how every setting stands is told with its source and without secrets', async () => {
    const before = await document('postgres.settings', 'postgres.settings');
    assert.equal(before.shared_buffers, '16MB (configuration file)');
    assert.equal(before.work_mem, '4MB (default)');
    assert.equal(before.password_encryption, 'scram-sha-256 (default)');
    assert.equal(before.statement_timeout, undefined, 'our own session is not the server');
    await run(
      'CREATE ROLE app LOGIN',
      `ALTER ROLE app SET work_mem = '1MB'`,
      `ALTER DATABASE postgres SET "shop.api_password" = 's3cret'`,
    );
    const own = await document('postgres.inventory', 'postgres.role-settings');
    assert.deepEqual(own, {
      'role app work_mem': '1MB',
      'database postgres shop.api_password': '(hidden)',
    });
    await run('ALTER DATABASE postgres RESET ALL');
  });

  test('roles, grants, schema and extensions are told by name', async () => {
    await run(
      `CREATE ROLE reader NOLOGIN`,
      `CREATE ROLE mary LOGIN PASSWORD 's3cret' CONNECTION LIMIT 3 IN ROLE reader`,
      'CREATE TABLE orders (id bigint PRIMARY KEY, item text NOT NULL)',
      'CREATE INDEX orders_item ON orders (item)',
      'GRANT SELECT ON orders TO reader',
      `CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT 2 * n'`,
      'CREATE TABLE measured (at date) PARTITION BY RANGE (at)',
      `CREATE TABLE measured_1 PARTITION OF measured FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')`,
    );
    const seen = await target.seen('postgres.inventory');
    assert.ok(!JSON.stringify(seen).includes('s3cret'));
    const roles = await document('postgres.inventory', 'postgres.roles');
    assert.equal(roles.mary, 'login limit 3 in reader');
    assert.equal(roles.pg_monitor, undefined);
    const grants = await document('postgres.inventory', 'postgres.grants');
    assert.match(grants['table public.orders'] ?? '', /; reader: SELECT$/);
    const schema = await document('postgres.inventory', 'postgres.schema');
    assert.equal(schema['table public.orders'], 'id bigint not null, item text not null');
    assert.match(
      schema['index public.orders_item'] ?? '',
      /^CREATE INDEX orders_item ON public\.orders USING btree \(item\)$/,
    );
    assert.match(schema['function public.twice(n integer)'] ?? '', /^source #/);
    assert.equal(schema['table public.measured'], 'at date');
    assert.equal(schema['table public.measured_1'], undefined, 'partitions come and go');
    const extensions = await document('postgres.inventory', 'postgres.extensions');
    assert.deepEqual(Object.keys(extensions), ['plpgsql']);
    await run('DROP INDEX orders_item');
    assert.equal(
      (await document('postgres.inventory', 'postgres.schema'))['index public.orders_item'],
      undefined,
    );
  });

  test('a schema of more objects than a document holds says how many are left out', async () => {
    await run(
      `DO $$ BEGIN FOR i IN 1..2100 LOOP EXECUTE format('CREATE FUNCTION many%s() RETURNS int LANGUAGE sql AS ''SELECT 1''', i); END LOOP; END $$`,
    );
    const schema = await document('postgres.inventory', 'postgres.schema');
    assert.equal(Object.keys(schema).length, 2_001);
    assert.match(schema['(left out)'] ?? '', /^\d+ of 21\d\d$/);
    await run(
      `DO $$ BEGIN FOR i IN 1..2100 LOOP EXECUTE format('DROP FUNCTION many%s()', i); END LOOP; END $$`,
    );
  });

  test('each security lint finds what it is for', async () => {
    const lint = (name: string) => found('postgres.security', 'postgres.security.found', { lint: name });
    const statements: Readonly<Record<string, readonly [readonly string[], string]>> = {
      'superuser logins': [
        ['CREATE ROLE root1 LOGIN SUPERUSER', 'CREATE ROLE root2 LOGIN SUPERUSER'],
        'postgres, root1, root2',
      ],
      'everybody may create in public': [['GRANT CREATE ON SCHEMA public TO PUBLIC'], 'public'],
      'security definer without search_path': [
        [
          `CREATE FUNCTION raised() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'`,
          `CREATE FUNCTION safe() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS 'SELECT 1'`,
        ],
        'public.raised',
      ],
      'policies without row security': [
        ['CREATE TABLE forgotten (n int)', 'CREATE POLICY own ON forgotten USING (n > 0)'],
        'public.forgotten',
      ],
      'policies that let everybody write': [
        [
          'CREATE TABLE open (n int)',
          'ALTER TABLE open ENABLE ROW LEVEL SECURITY',
          'CREATE POLICY anybody ON open FOR UPDATE USING (true)',
          'CREATE POLICY readers ON open FOR SELECT USING (true)',
        ],
        'anybody on public.open',
      ],
      'everybody may write': [['CREATE TABLE free (n int)', 'GRANT INSERT ON free TO PUBLIC'], 'public.free'],
      'disabled triggers': [
        [
          'CREATE TABLE watched (n int)',
          'CREATE TRIGGER tg BEFORE UPDATE ON watched FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()',
          'ALTER TABLE watched DISABLE TRIGGER tg',
        ],
        'tg on public.watched',
      ],
    };
    for (const [name, [setup, detail]] of Object.entries(statements)) {
      assert.deepEqual(await lint(name), [0, ''], name);
      await run(...setup);
      assert.deepEqual(await lint(name), [detail.split(', ').length, detail], name);
    }
  });

  test('lines of pg_hba.conf that trust other machines are found, loopback is this machine', async (t) => {
    const probe = 'postgres.security';
    assert.deepEqual(await found(probe, 'postgres.security.remote_trust'), [0, '']);
    appendFileSync(
      join(server.folder, 'data', 'pg_hba.conf'),
      'host all mary 10.0.0.0/8 trust\nhost all all 10.1.0.0/16 md5\nhost all all 10.0.0.0/8 scram-sha-256\n',
    );
    const [count, detail] = await found(probe, 'postgres.security.remote_trust');
    assert.equal(count, 1);
    assert.match(detail, /^line \d+: host all mary trust$/);
    const md5 = await found(probe, 'postgres.security.found', { lint: 'md5 passwords' });
    assert.deepEqual(
      [md5[0], md5[1].replace(/\d+/, 'N')],
      [1, 'line N: host all all mdN'.replace('mdN', 'md5')],
    );
    assert.deepEqual(
      await found(probe, 'postgres.security.unencrypted'),
      [0, ''],
      'sessions of this machine need no TLS',
    );
    const plain = tryTarget(postgres, { url: urlFor(server, 'watcher') });
    t.after(() => plain.bound.close());
    const hidden = await plain.seen(probe);
    assert.equal(readingOf(hidden, 'postgres.security.remote_trust'), undefined);
    const remedy = hidden.missing?.[0]?.remedy ?? '';
    assert.equal(
      remedy,
      `psql -p ${server.port} -d postgres -c 'GRANT SELECT ON pg_hba_file_rules TO watcher;' -c 'GRANT EXECUTE ON FUNCTION pg_hba_file_rules() TO watcher;'`,
    );
    asSuperuser(server, remedy);
    assert.notEqual(readingOf(await plain.seen(probe), 'postgres.security.remote_trust'), undefined);
  });

  test('a setting in force is found once the file is right, and a restart that it waits for', async () => {
    const file = join(server.folder, 'data', 'postgresql.conf');
    writeFileSync(file, readFileSync(file, 'utf8').replace('no_such_setting = on', ''));
    await run(
      'ALTER SYSTEM SET autovacuum = off',
      'ALTER SYSTEM SET max_connections = 70',
      `ALTER SYSTEM SET primary_conninfo = 'host=away password=s3cret'`,
      'SELECT pg_reload_conf()',
    );
    const seen = await eventually(
      () => target.seen('postgres.settings'),
      (outcome) => readingOf(outcome, 'postgres.settings.upkeep_off') === 1,
    );
    const waiting = seen.readings.find(({ metric }) => metric === 'postgres.settings.pending_restart');
    assert.deepEqual([waiting?.value, waiting?.about?.detail], [1, 'max_connections']);
    assert.match(seen.snapshots?.[0]?.values.max_connections ?? '', /needs a restart\)$/);
    assert.equal(seen.snapshots?.[0]?.values.primary_conninfo, '(hidden) (configuration file)');
  });

  test('a setting of the command line waits for no restart and is no change, whatever the file says', async () => {
    const pending = async () => {
      const [row] = await server.query(
        `SELECT pending_restart AS is FROM pg_settings WHERE name = 'max_worker_processes'`,
      );
      return row?.is;
    };
    const before = await document('postgres.settings', 'postgres.settings');
    assert.equal(before.max_worker_processes, '7 (command line)');
    await run('ALTER SYSTEM SET max_worker_processes = 9', 'SELECT pg_reload_conf()');
    await eventually(pending, (isPending) => isPending === true);
    const after = await document('postgres.settings', 'postgres.settings');
    assert.equal(after.max_worker_processes, before.max_worker_processes);
    assert.deepEqual(await found('postgres.settings', 'postgres.settings.pending_restart'), [
      1,
      'max_connections',
    ]);
  });
});
