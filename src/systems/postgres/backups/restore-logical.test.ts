import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import pg from 'pg';
import { asSuperuser, typed } from '../../../../test/pasted.ts';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { systemClock } from '../../../clock.ts';
import type { RestoreInto, Taken } from '../../../core/backup/engine.ts';
import { close, connect, type PostgresConnection } from '../client.ts';
import { postgresConfig } from '../config.ts';
import { urlOf } from './database-session.ts';
import { logical } from './logical.ts';
import { planRestore, restore } from './restore-logical.ts';

const ctx = { signal: new AbortController().signal, clock: systemClock, progress() {} };

suite('restore of a dump', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  let conn: PostgresConnection;
  let taken: Taken;
  const folder = temporaryFolder('restore');
  const place = join(folder, 'backup');
  const url = () => urlOf(server.url, 'shop');

  async function ask<Row extends object>(text: string, database = 'shop'): Promise<Row[]> {
    const client = new pg.Client({ connectionString: urlOf(server.url, database) });
    await client.connect();
    try {
      return (await client.query<Row>(text)).rows;
    } finally {
      await client.end();
    }
  }
  const databases = async () =>
    (
      await ask<{ name: string }>(
        "SELECT datname AS name FROM pg_database WHERE datname ~ '^(shop|beside)' ORDER BY 1",
      )
    ).map(({ name }) => name);
  const order = (into: RestoreInto, until: number | null = null) => ({
    ...{ folder: place, manifest: taken.manifest, into, until },
  });

  before(async () => {
    chmodSync(folder, 0o711);
    mkdirSync(place, { mode: 0o700 });
    server = await startPostgres();
    await server.query('CREATE ROLE keeper; CREATE ROLE reader');
    await server.query('CREATE DATABASE shop OWNER keeper');
    await ask('CREATE TABLE orders AS SELECT i AS id FROM generate_series(1, 1000) i');
    await ask("ALTER DATABASE shop SET search_path = 'own, tables', public");
    await ask(
      "ALTER ROLE reader IN DATABASE shop SET work_mem = '8MB'; REVOKE ALL ON DATABASE shop FROM PUBLIC",
    );
    await ask('GRANT CONNECT ON DATABASE shop TO reader; ALTER DATABASE shop CONNECTION LIMIT 50');
    conn = connect(postgresConfig.parse({ url: url() }));
    taken = await logical.take(conn, { folder: place }, ctx);
    await ask(
      'INSERT INTO orders SELECT 5000 + i FROM generate_series(1, 7) i; CREATE TABLE later (a int); ANALYZE',
    );
  });
  after(async () => {
    await close(conn);
    await server.stop();
    removeFolder(folder);
  });

  test('a dry run says what stands in the way and what would be lost, and touches nothing', async () => {
    const over = await planRestore(conn, order({ kind: 'over' }), ctx);
    assert.equal(over.impossible, null);
    assert.ok(Math.abs((over.reaches ?? 0) - Date.now()) < 600_000);
    assert.match(
      over.losses.join('\n'),
      /what was written since.*public\.later.*public\.orders: about 7 rows that came since \(1007 by the estimate of the server, 1000 in the backup\)/s,
    );
    assert.match(over.steps.join('\n'), /rename it to shop_before_/);
    await ask('DELETE FROM orders WHERE id BETWEEN 901 AND 1000; ANALYZE');
    const fewer = await planRestore(conn, order({ kind: 'over' }), ctx);
    assert.match(
      fewer.losses.join('\n'),
      /public\.orders: nothing by its number of rows; about 93 rows would come back/,
    );
    await ask('INSERT INTO orders SELECT generate_series(901, 1000); ANALYZE');
    const early = await planRestore(conn, order({ kind: 'over' }, 1), ctx);
    assert.match(early.impossible ?? '', /after that moment/);
    const taken = await planRestore(conn, order({ kind: 'database', name: 'shop' }), ctx);
    assert.match(taken.impossible ?? '', /there is a database shop already/);
    const files = await planRestore(conn, order({ kind: 'folder', folder: '/x' }), ctx);
    assert.match(files.impossible ?? '', /not a folder/);
    assert.deepEqual(await databases(), ['shop']);
  });

  test('beside the living one: every row is there, and the living one is as it was', async () => {
    const { steps } = await planRestore(conn, order({ kind: 'database', name: 'beside' }), ctx);
    const restored = await restore(conn, order({ kind: 'database', name: 'beside' }), ctx);
    assert.match(typed(steps, 'look into it', 'SELECT count(*) AS many FROM orders'), /many\s+-+\s+1000\s/);
    assert.match(restored.at, /database beside/);
    assert.deepEqual(await ask('SELECT count(*)::int AS n FROM orders', 'beside'), [{ n: 1000 }]);
    assert.deepEqual(await ask('SELECT count(*)::int AS n FROM orders'), [{ n: 1007 }]);
    await assert.rejects(restore(conn, order({ kind: 'database', name: 'beside' }), ctx), /beside already/);
  });

  test('over the living one, with clients at work: swapped at once, owner, settings and grants kept, the former one kept', async () => {
    const client = new pg.Client({ connectionString: url() });
    client.on('error', () => {});
    await client.connect();
    await client.query('BEGIN; INSERT INTO orders VALUES (9999)');
    const { at } = await restore(conn, order({ kind: 'over' }), ctx);
    await assert.rejects(client.query('SELECT 1'), 'the session of before is over');
    const kept = /kept as (\S+)/.exec(at)?.[1] ?? assert.fail(at);
    assert.deepEqual(await ask('SELECT count(*)::int AS n FROM orders'), [{ n: 1000 }]);
    assert.deepEqual(await ask('SELECT count(*)::int AS n FROM orders', kept), [{ n: 1007 }]);
    assert.deepEqual(await databases(), ['beside', 'shop', kept]);
    const facts = `SELECT pg_get_userbyid(datdba)::text AS owner, datconnlimit AS most, shobj_description(oid, 'pg_database') AS said,
      (SELECT array_agg(x::text ORDER BY 1) FROM unnest(datacl) x) AS acl,
      (SELECT array_agg(c ORDER BY 1) FROM pg_db_role_setting s, unnest(setconfig) c WHERE setdatabase = d.oid) AS settings
      FROM pg_database d WHERE datname = `;
    assert.deepEqual(await ask(`${facts} 'shop'`), await ask(`${facts} '${kept}'`));
    assert.deepEqual(await ask('SHOW search_path'), [{ search_path: '"own, tables", public' }]);
  });

  test('what a killed restore left is cleared away by the next; a database of others of that name is not', async () => {
    await ask('CREATE DATABASE shop_restored');
    await assert.rejects(restore(conn, order({ kind: 'over' }), ctx), /none of ours/);
    await ask(
      "COMMENT ON DATABASE shop_restored IS 'not finished: a restore of Upkeep; the next one drops it'",
    );
    await restore(conn, order({ kind: 'over' }), ctx);
    assert.equal((await databases()).includes('shop_restored'), false);
  });

  test('by a role of least privileges: the plan names every grant that lacks, and then it goes', async () => {
    await server.query('CREATE ROLE careful LOGIN; CREATE ROLE seller; GRANT pg_read_all_data TO careful');
    await server.query('CREATE DATABASE store');
    await ask('CREATE TABLE bills AS SELECT i AS id FROM generate_series(1, 20) i', 'store');
    await ask('CREATE TABLE sold AS SELECT 1 AS id; ALTER TABLE sold OWNER TO seller', 'store');
    const login = new URL(urlOf(server.url, 'store'));
    login.username = 'careful';
    const least = connect(postgresConfig.parse({ url: login.href }));
    const at = join(folder, 'least');
    mkdirSync(at, { mode: 0o700 });
    try {
      const { manifest } = await logical.take(least, { folder: at }, ctx);
      const asked = (into: RestoreInto) => ({ folder: at, manifest, into, until: null });
      const aside = asked({ kind: 'database', name: 'store_aside' });
      const me = new URL(server.url).username;
      const plan = async () => (await planRestore(least, aside, ctx)).impossible;
      const { port } = new URL(server.url);
      const command = (database: string) =>
        `psql -p ${port} -d ${database} -c 'ALTER ROLE careful CREATEDB;' ${[me, 'seller']
          .toSorted()
          .map((one) => `-c 'GRANT ${one} TO careful;'`)
          .join(' ')}`;
      assert.equal(
        await plan(),
        `careful may not create a database, nor give what it restores to ${[me, 'seller'].toSorted().join(' and ')}, who own it in the backup. As a superuser on the server: ${command('postgres')}`,
      );
      await assert.rejects(restore(least, aside, ctx), /ALTER ROLE careful CREATEDB/);
      const order = { folder: at } as const;
      const { needs = [] } = (await logical.needs?.(least, order, ctx)) ?? {};
      assert.deepEqual(
        needs.filter(({ what }) => /restore/.test(what)).map(({ remedy, isAdvice }) => [remedy, isAdvice]),
        [[`${command('store')}   # as a superuser on the server; may be revoked after a restore`, true]],
      );
      asSuperuser(server, needs.find(({ what }) => /restore/.test(what))?.remedy ?? '');
      assert.equal(await plan(), null);
      await restore(least, aside, ctx);
      const owners = `SELECT relname || ' ' || pg_get_userbyid(relowner) AS one FROM pg_class WHERE relname IN ('bills', 'sold') ORDER BY 1`;
      assert.deepEqual(await ask(owners, 'store_aside'), await ask(owners, 'store'));
      const acl = `SELECT nspacl::text AS acl FROM pg_namespace WHERE nspname = 'public'`;
      assert.deepEqual(await ask(acl, 'store_aside'), await ask(acl, 'store'));
    } finally {
      await close(least);
    }
  });

  test('a damaged dump changes nothing', async () => {
    writeFileSync(join(place, 'roles.sql'), 'x');
    const before = await databases();
    await assert.rejects(restore(conn, order({ kind: 'over' }), ctx), /damaged: roles\.sql has 1 bytes/);
    assert.deepEqual(await databases(), before);
  });
});
