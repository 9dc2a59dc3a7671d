import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { RowDataPacket } from 'mysql2/promise';
import { missing } from '../../../../test/servers/installed.ts';
import { type MariadbServer, mariadbServer, startMariadb } from '../../../../test/servers/mariadb.ts';
import { eventually, readingOf, type TriedTarget, tryTarget } from '../../../../test/try-target.ts';
import { differencesBetween } from '../../../core/change.ts';
import { readGlobalHolders } from '../global-lock.ts';
import { mysql } from '../index.ts';

const watcher = [
  "CREATE USER watcher@'127.0.0.1' IDENTIFIED BY 'seen'",
  "GRANT PROCESS, SLAVE MONITOR, BINLOG MONITOR ON *.* TO watcher@'127.0.0.1'",
  "GRANT SELECT ON performance_schema.* TO watcher@'127.0.0.1'",
  "GRANT SELECT ON mysql.user TO watcher@'127.0.0.1'",
  "GRANT SELECT ON shop.* TO watcher@'127.0.0.1'",
];

/** As a server has it whose mariadb-install-db ran with the defaults of Debian: the view's collation is not our session's. */
async function recollate(server: MariadbServer): Promise<void> {
  const session = await server.login();
  const [rows] = await session.query<RowDataPacket[]>('SHOW CREATE VIEW mysql.user');
  await session.query('SET NAMES utf8mb4 COLLATE utf8mb4_general_ci');
  await session.query(String(rows[0]?.['Create View']).replace(/^CREATE/, 'CREATE OR REPLACE'));
  await session.end();
}

suite('probes of MariaDB', { skip: missing(mariadbServer) }, () => {
  let server: MariadbServer;
  let target: TriedTarget;

  before(async () => {
    server = await startMariadb({
      settings: { performance_schema: 'ON', log_bin: 'bin', server_id: 1, max_connections: 20 },
      setup: [
        ...watcher,
        "CREATE USER blind@'127.0.0.1'",
        "GRANT SELECT ON shop.* TO blind@'127.0.0.1'",
        "CREATE USER app@'127.0.0.1'",
        "GRANT ALL ON shop.* TO app@'127.0.0.1'",
        'CREATE TABLE shop.orders (id int PRIMARY KEY, n int)',
        'INSERT INTO shop.orders SELECT seq, 0 FROM seq_1_to_2000',
      ],
    });
    await recollate(server);
    target = tryTarget(mysql, { url: server.urlFor('watcher', 'seen') });
  });
  after(async () => {
    await target.bound.close();
    await server.stop();
  });

  test('liveness says version and role, and the address shows no secret', async () => {
    const outcome = await target.seen('mysql.liveness');
    assert.match(outcome.detail ?? '', /^MariaDB \d+\.\d+\.\d+$/);
    assert.equal(readingOf(outcome, 'mysql.read_only'), 0);
    const other = tryTarget(mysql, { url: 'mariadb://me:s3cret@db.example:3307/shop' });
    assert.equal(other.bound.address, 'db.example:3307/shop');
  });

  test('our own session is bounded, read-only, named, and takes one statement at a time', async () => {
    const { connect, close } = await import('../client.ts');
    const conn = connect({ url: server.urlFor('app'), statements: true });
    const signal = AbortSignal.timeout(60_000);
    const [own] = await conn.quick.use(signal, ({ query }) =>
      query<Record<string, number>>(
        'SELECT @@max_statement_time AS t, @@lock_wait_timeout AS l, @@tx_read_only AS r',
      ),
    );
    assert.deepEqual(own, { t: 10, l: 1, r: 1 });
    await assert.rejects(
      conn.quick.use(signal, ({ query }) => query('UPDATE shop.orders SET n = 1')),
      { errno: 1792 },
    );
    await assert.rejects(
      conn.quick.use(signal, ({ query }) => query('SELECT 1; SELECT 2')),
      { errno: 1064 },
    );
    const [attribute] = await server.query(
      "SELECT COUNT(*) AS n FROM performance_schema.session_connect_attrs WHERE ATTR_NAME = 'program_name' AND ATTR_VALUE = 'upkeep'",
    );
    assert.ok(Number(attribute?.n) >= 1);
    await close(conn);
  });

  test('a session that was ended on the server is made anew', async () => {
    await target.seen('mysql.liveness');
    for (const row of await server.query(
      "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'watcher'",
    )) {
      await server.query(`KILL ${row.ID}`);
    }
    await target.seen('mysql.liveness');
  });

  test('connections are counted against the limit, by user, host and command', async () => {
    const app = await server.login('app');
    try {
      const outcome = await target.seen('mysql.activity');
      const used = readingOf(outcome, 'mysql.connections.used') ?? 0;
      assert.equal(readingOf(outcome, 'mysql.connections.limit'), 20);
      assert.equal(readingOf(outcome, 'mysql.connections.used_ratio'), used / 20);
      assert.equal(readingOf(outcome, 'mysql.connections.by', { user: 'app', command: 'Sleep' }), 1);
      assert.deepEqual(outcome.missing, []);
    } finally {
      await app.end();
    }
  });

  test('row locks and waits for a table definition are seen', async () => {
    const [holder, writer, changer] = [
      await server.login('app'),
      await server.login('app'),
      await server.login('app'),
    ];
    await holder.query('BEGIN');
    await holder.query('UPDATE orders SET n = 1 WHERE id = 1');
    const writing = writer.query('UPDATE orders SET n = 2 WHERE id = 1');
    const changing = changer.query('ALTER TABLE orders ADD COLUMN extra int');
    const outcome = await eventually(
      () => target.seen('mysql.locks'),
      (seen) => readingOf(seen, 'mysql.locks.waiting') === 2,
    );
    assert.equal(readingOf(outcome, 'mysql.locks.metadata_waiting'), 1);
    assert.equal(readingOf(outcome, 'mysql.transactions.idle_count'), 1);
    await holder.query('ROLLBACK');
    await Promise.all([writing, changing]);
    // InnoDB shows what it knew up to 100 ms ago.
    await eventually(
      () => target.seen('mysql.locks'),
      (seen) => readingOf(seen, 'mysql.locks.waiting') === 0,
    );
    await Promise.all([holder.end(), writer.end(), changer.end()]);
  });

  test('without privileges what cannot be seen is missing with its grant, never zero', async () => {
    const blind = tryTarget(mysql, { url: server.urlFor('blind') });
    const locks = await blind.seen('mysql.locks');
    assert.deepEqual(locks.readings, []);
    assert.equal(locks.missing?.[0]?.remedy, "GRANT PROCESS ON *.* TO 'blind'@'127.0.0.1';");
    const remedies: Record<string, RegExp> = {
      'mysql.replication': /GRANT SLAVE MONITOR ON/,
      'mysql.settings': /GRANT BINLOG MONITOR ON/,
      'mysql.statements': /GRANT SELECT ON performance_schema\.\*/,
      'mysql.accounts': /GRANT SELECT ON mysql\.user/,
    };
    for (const [probe, remedy] of Object.entries(remedies)) {
      const outcome = await blind.seen(probe);
      assert.match(outcome.missing?.map((gap) => gap.remedy).join(' ') ?? '', remedy, probe);
    }
    await blind.bound.close();
  });

  test('the grants of the readme are enough for every probe', async () => {
    for (const { probe } of target.bound.checks) {
      const gaps = ((await target.seen(probe.id)).missing ?? []).filter(
        ({ metrics }) => !metrics.includes('mysql.indexes.unused'),
      );
      assert.deepEqual(gaps, [], probe.id);
    }
  });

  test('shares of small windows are not judged; a frequent statement that reads much is', async () => {
    await target.seen('mysql.engine');
    const engine = await target.seen('mysql.engine');
    assert.equal(readingOf(engine, 'mysql.buffer_pool.hit_ratio'), undefined);
    assert.equal(readingOf(engine, 'mysql.tmp_tables.disk_ratio'), undefined);
    assert.ok((readingOf(engine, 'mysql.history_length') ?? -1) >= 0);
    assert.equal(readingOf(engine, 'mysql.deadlocks'), 0);
    const app = await server.login('app');
    await app.query('SELECT id FROM orders WHERE n = 77');
    await target.seen('mysql.statements');
    const quiet = await target.seen('mysql.statements');
    assert.equal(readingOf(quiet, 'mysql.statements.scan_ratio'), 0);
    for (let i = 0; i < 100; i++) await app.query('SELECT id FROM orders WHERE n = 77');
    const busy = await target.seen('mysql.statements');
    assert.ok((readingOf(busy, 'mysql.statements.scan_ratio') ?? 0) >= 100_000);
    assert.match(busy.detail ?? '', /WHERE `n` = \?/);
    await app.end();
  });

  test('numbers that run out, tables without key, MyISAM and superfluous indexes are counted', async () => {
    for (const statement of [
      'CREATE TABLE shop.small (id tinyint AUTO_INCREMENT PRIMARY KEY) AUTO_INCREMENT = 120',
      'CREATE TABLE shop.keyless (n int)',
      'CREATE TABLE shop.old (n int PRIMARY KEY) ENGINE = MyISAM',
      'CREATE TABLE shop.parent (id int PRIMARY KEY)',
      `CREATE TABLE shop.child (id int PRIMARY KEY, parent int, n int, KEY wide (n, parent), KEY narrow (n),
         KEY fk (parent), KEY fk2 (parent, n), UNIQUE KEY one (n, id), FOREIGN KEY (parent) REFERENCES parent (id))`,
    ]) {
      await server.query(statement);
    }
    const outcome = await target.seen('mysql.schema');
    const used = readingOf(outcome, 'mysql.auto_increment.used_ratio', { table: 'shop.small' }) ?? 0;
    assert.ok(Math.abs(used - 120 / 127) < 0.001, `${used}`);
    assert.equal(readingOf(outcome, 'mysql.tables.without_key'), 1);
    assert.equal(readingOf(outcome, 'mysql.tables.not_crash_safe'), 1);
    // `fk` is covered by `fk2` but a foreign key rests on it.
    assert.equal(readingOf(outcome, 'mysql.indexes.duplicate'), 1);
    assert.match(outcome.detail ?? '', /shop\.child: narrow is covered by/);
    assert.match(outcome.missing?.[0]?.reason ?? '', /30 days/);
  });

  test('relaxed settings are named; binary logs are judged only where recovery is promised', async () => {
    const plain = await target.seen('mysql.settings');
    assert.equal(readingOf(plain, 'mysql.settings.unsafe'), 0);
    assert.equal(readingOf(plain, 'mysql.settings.relaxed'), 2);
    assert.match(plain.detail ?? '', /innodb_flush_log_at_trx_commit = 2; sync_binlog = 0/);
    assert.equal(readingOf(plain, 'mysql.binlog.gaps'), undefined);
    assert.ok((readingOf(plain, 'mysql.binlog.bytes') ?? 0) > 0);
    const promised = tryTarget(mysql, { url: server.urlFor('watcher', 'seen'), backupInterval: '24h' });
    assert.equal(readingOf(await promised.seen('mysql.settings'), 'mysql.binlog.gaps'), 0);
    await server.query('SET GLOBAL binlog_expire_logs_seconds = 3600');
    assert.equal(readingOf(await promised.seen('mysql.settings'), 'mysql.binlog.gaps'), 1);
    await server.query('SET GLOBAL binlog_expire_logs_seconds = 0');
    await promised.bound.close();
  });

  test('a changed variable is a change for the ledger, and nothing changes by itself', async () => {
    const valuesNow = async () => (await target.seen('mysql.settings')).snapshots?.[0]?.values ?? {};
    const first = await valuesNow();
    assert.equal(first.max_connections, '20');
    assert.deepEqual(differencesBetween(first, await valuesNow()), []);
    await server.query('SET GLOBAL max_connections = 21');
    assert.deepEqual(differencesBetween(first, await valuesNow()), [
      { name: 'max_connections', before: '20', after: '21' },
    ]);
    await server.query('SET GLOBAL max_connections = 20');
  });

  test('accounts without password are counted, and no secret is read', async () => {
    const outcome = await target.seen('mysql.accounts');
    assert.ok((readingOf(outcome, 'mysql.accounts.open') ?? 0) >= 2);
    assert.equal(readingOf(outcome, 'mysql.accounts.unencrypted'), 0);
    assert.ok((readingOf(outcome, 'mysql.version.supported_days') ?? -1) > 0);
    await server.query("CREATE USER anywhere@'%' IDENTIFIED BY 'x'");
    assert.equal(readingOf(await target.seen('mysql.accounts'), 'mysql.accounts.unencrypted'), 1);
    await server.query("DROP USER anywhere@'%'");
  });

  test('accounts and those who may lock all are read whatever collation the server was installed with', async () => {
    await assert.rejects(
      server.query("SELECT User FROM mysql.user WHERE is_role = 'N'"),
      /Illegal mix of collations/,
    );
    const { connect, close } = await import('../client.ts');
    const conn = connect({ url: server.urlFor('watcher', 'seen'), statements: false });
    const { users } = await conn.quick.use(AbortSignal.timeout(60_000), readGlobalHolders);
    await close(conn);
    assert.ok(users?.includes('root'), String(users));
  });

  test('room for temporary files is measured where the server runs on this machine', async () => {
    const outcome = await target.seen('mysql.disk');
    assert.ok((readingOf(outcome, 'mysql.tmpdir.available') ?? 0) > 0);
    const used = readingOf(outcome, 'mysql.disk.used_ratio', { place: 'data' }) ?? -1;
    assert.ok(used > 0 && used <= 1);
  });

  test('a server that is no replica has no replication to judge; a declared replica is missing', async () => {
    const plain = await target.seen('mysql.replication');
    assert.equal(readingOf(plain, 'mysql.replication.replicas'), 0);
    assert.equal(readingOf(plain, 'mysql.replication.io_running'), undefined);
    const declared = tryTarget(mysql, { url: server.urlFor('watcher', 'seen'), replicas: 1 });
    assert.equal(readingOf(await declared.seen('mysql.replication'), 'mysql.replication.missing'), 1);
    await declared.bound.close();
  });

  test('a wrong password is denied with its number, and a login never configured is our gap', async () => {
    const wrong = tryTarget(mysql, { url: server.urlFor('watcher', 'wrong') });
    const outcome = await wrong.check('mysql.liveness');
    assert.ok(!outcome.ok && outcome.why === 'denied');
    assert.match(outcome.detail, /\(1045\)/);
    const none = tryTarget(mysql, { url: server.urlFor('watcher') });
    const unknown = await none.check('mysql.liveness');
    assert.ok(!unknown.ok && unknown.why === 'broken-probe');
    assert.match(unknown.detail, /^no login is configured/);
    await Promise.all([wrong.bound.close(), none.bound.close()]);
  });

  test('a url that cannot be decoded is a matter of the configuration', () => {
    for (const url of ['mysql://me:50%@host/db', 'postgres://me@host/db', 'db.example']) {
      assert.throws(() => tryTarget(mysql, { url }), { name: 'ZodError' });
    }
  });
});
