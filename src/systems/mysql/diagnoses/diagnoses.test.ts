import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import type { Connection } from 'mysql2/promise';
import { missing } from '../../../../test/servers/installed.ts';
import { type MariadbServer, mariadbServer, startMariadb } from '../../../../test/servers/mariadb.ts';
import { eventually, readingOf, targetName, tryTarget } from '../../../../test/try-target.ts';
import { mysql } from '../index.ts';

const skip = missing(mariadbServer);

suite('logins turned away', { skip }, () => {
  let server: MariadbServer;

  before(async () => {
    server = await startMariadb({
      settings: { max_connections: 10 },
      setup: [
        "CREATE USER watcher@'127.0.0.1' IDENTIFIED BY 'right'",
        "GRANT PROCESS ON *.* TO watcher@'127.0.0.1'",
        "GRANT SELECT ON shop.* TO watcher@'127.0.0.1'",
        "CREATE USER app@'127.0.0.1'",
        "GRANT ALL ON shop.* TO app@'127.0.0.1'",
      ],
    });
  });
  after(() => server.stop());

  const fill = async () => {
    const clients: Connection[] = [];
    for (;;) {
      try {
        clients.push(await server.login('app'));
      } catch {
        return clients;
      }
    }
  };

  test('who holds the connections is seen by a session kept from before', async () => {
    const target = tryTarget(mysql, { url: server.urlFor('watcher', 'right') });
    await target.seen('mysql.liveness');
    const clients = await fill();
    assert.equal(readingOf(await target.seen('mysql.activity'), 'mysql.connections.used_ratio'), 1);
    const { findings } = await target.diagnose('mysql.connections-exhausted');
    assert.equal(findings[0]?.summary, '10 of 10 connections are taken, 9 by user app');
    assert.match(findings[0]?.explanation ?? '', /9 of them asleep, from localhost.*mostly idle/);
    assert.deepEqual(findings[0]?.unseen, []);
    await Promise.all(clients.map((client) => client.end()));
    await target.bound.close();
  });

  test('with our own login refused what was last seen is used and what is not known is said', async () => {
    await eventually(
      () => server.query("SELECT ID FROM information_schema.PROCESSLIST WHERE USER IN ('app', 'watcher')"),
      (rows) => rows.length === 0,
    );
    const target = tryTarget(mysql, { url: server.urlFor('watcher', 'right') });
    const clients = await fill();
    const refused = await target.check('mysql.activity');
    assert.ok(!refused.ok && refused.why === 'refused');
    assert.match(refused.detail, /\(1040\)/);
    assert.equal(readingOf(refused, 'mysql.connections.used_ratio'), 1);
    assert.equal(readingOf(refused, 'mysql.connections.left'), 0);
    const [up] = (await target.check('mysql.liveness')).readings ?? [];
    assert.deepEqual(
      [up?.metric, up?.value, up?.about?.summary],
      ['mysql.up', 0, 'All connections are taken'],
    );
    const { findings } = await target.diagnose('mysql.connections-exhausted', {
      detail: () => refused.detail,
      latest: (_, metric) =>
        metric === 'mysql.connections.by'
          ? [
              {
                labels: { user: 'app', host: 'localhost', command: 'Sleep' },
                value: 8,
                at: Date.now() - 10_000,
              },
            ]
          : [],
    });
    assert.match(
      findings[0]?.summary ?? '',
      /^all connections are taken, 8 by user app, as last seen \d\d s before$/,
    );
    assert.match(findings[0]?.unseen.join() ?? '', /our own login was refused/);
    assert.deepEqual((await target.diagnose('mysql.credentials-refused')).findings, []);
    await Promise.all(clients.map((client) => client.end()));
    await target.bound.close();
  });

  test('a wrong password: the server is alive and says 1045; the right one has no finding', async () => {
    const target = tryTarget(mysql, { url: server.urlFor('watcher', 'wr0ng') });
    const outcome = await target.check('mysql.liveness');
    assert.ok(!outcome.ok && outcome.why === 'denied');
    const { findings, evidence } = await target.diagnose('mysql.credentials-refused', {
      detail: () => outcome.detail,
    });
    assert.match(findings[0]?.summary ?? '', /^MySQL is alive, but user name or password were not accepted/);
    assert.deepEqual(findings[0]?.evidence, [`${targetName}.login`, `${targetName}.last-answer`]);
    assert.ok(!JSON.stringify(evidence).includes('wr0ng'), 'no secret in the evidence');
    await target.bound.close();
    const right = tryTarget(mysql, { url: server.urlFor('watcher', 'right') });
    assert.deepEqual(
      (await right.diagnose('mysql.credentials-refused', { detail: () => '(1045)' })).findings,
      [],
    );
    await right.bound.close();
  });
});

suite('a replica', { skip }, () => {
  let [source, replica]: MariadbServer[] = [];

  before(async () => {
    const binlog = { log_bin: 'bin', binlog_format: 'ROW' };
    source = await startMariadb({
      settings: { ...binlog, server_id: 1 },
      setup: [
        "CREATE USER copy@'127.0.0.1' IDENTIFIED BY 'c'",
        "GRANT REPLICATION SLAVE ON *.* TO copy@'127.0.0.1'",
      ],
    });
    replica = await startMariadb({ settings: { ...binlog, server_id: 2 } });
    const [position] = await source.query('SHOW MASTER STATUS');
    await replica.query(
      `CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = ${source.port}, MASTER_USER = 'copy',
         MASTER_PASSWORD = 'c', MASTER_LOG_FILE = '${position?.File}', MASTER_LOG_POS = ${position?.Position}, MASTER_CONNECT_RETRY = 1`,
    );
    await replica.query('START SLAVE');
    await source.query('CREATE TABLE t (id int PRIMARY KEY)');
  });
  after(async () => {
    await replica?.stop();
    await source?.stop();
  });

  test('runs, is seen by its source, stops at a duplicate key, is named with its number, and is not skipped', async () => {
    assert.ok(source && replica);
    const of = tryTarget(mysql, { url: replica.url });
    const upstream = tryTarget(mysql, { url: source.url, replicas: 1 });
    const well = await eventually(
      () => of.seen('mysql.replication'),
      (outcome) => readingOf(outcome, 'mysql.replication.lag') === 0,
    );
    assert.equal(readingOf(well, 'mysql.replication.io_running', { channel: 'default' }), 1);
    assert.equal(readingOf(well, 'mysql.replication.sql_running'), 1);
    assert.equal(readingOf(await upstream.seen('mysql.replication'), 'mysql.replication.missing'), 0);
    assert.deepEqual((await of.diagnose('mysql.replication-stopped')).findings, []);
    // Who relaxes durability on a replica does no harm.
    assert.equal(readingOf(await of.seen('mysql.settings'), 'mysql.settings.relaxed'), 0);

    await eventually(
      () => replica?.query("SHOW TABLES LIKE 't'") ?? Promise.resolve([]),
      (rows) => rows.length === 1,
    );
    await replica.query('INSERT INTO t VALUES (1)');
    await source.query('INSERT INTO t VALUES (1)');
    const stopped = await eventually(
      () => of.seen('mysql.replication'),
      (outcome) => readingOf(outcome, 'mysql.replication.sql_running') === 0,
    );
    assert.equal(readingOf(stopped, 'mysql.replication.io_running'), 1);
    assert.equal(readingOf(stopped, 'mysql.replication.lag'), undefined);
    const { findings } = await of.diagnose('mysql.replication-stopped');
    assert.match(
      findings[0]?.summary ?? '',
      /^the SQL thread of the replica from 127.0.0.1:\d+ has stopped at error 1062: /,
    );
    assert.match(findings[0]?.explanation ?? '', /somebody wrote there.*Never skip the event/);
    assert.deepEqual(findings[0]?.recommendations, []);
    await Promise.all([of.bound.close(), upstream.bound.close()]);
  });

  test('a source that is away is another finding than a thread that stopped', async () => {
    assert.ok(source && replica);
    await source.stop();
    const of = tryTarget(mysql, { url: replica.url });
    await eventually(
      () => of.seen('mysql.replication'),
      (outcome) => readingOf(outcome, 'mysql.replication.io_running') === 0,
    );
    await replica.query('DELETE FROM t');
    await replica.query('START SLAVE SQL_THREAD');
    const { findings } = await eventually(
      () => of.diagnose('mysql.replication-stopped'),
      ({ findings: [first] }) => /^the IO thread .* cannot connect at error 200\d/.test(first?.summary ?? ''),
    );
    assert.match(findings[0]?.explanation ?? '', /Nothing new is received/);
    await of.bound.close();
  });
});

const mayMount = process.getuid?.() === 0 && process.platform === 'linux';

suite('tmpdir', { skip: skip || (mayMount ? false : 'mounting a small tmpfs needs root') }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'upkeep-tmpfs-'));
  let server: MariadbServer | undefined;
  let isMounted = false;

  before(async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', folder]);
    isMounted = true;
    const id = (flag: string) => Number(execFileSync('id', [flag, 'mysql'], { encoding: 'utf8' }));
    chownSync(folder, id('-u'), id('-g'));
    server = await startMariadb({
      settings: { tmpdir: folder, sort_buffer_size: 32_768 },
      setup: ['CREATE TABLE big (n int, pad char(250)) ENGINE = InnoDB'],
    });
    await server.query("INSERT INTO big SELECT seq, REPEAT('x', 250) FROM seq_1_to_200000");
  });
  after(async () => {
    await server?.stop();
    if (isMounted) execFileSync('umount', [folder]);
    rmSync(folder, { recursive: true, force: true });
  });

  test('that is too small is told before; full, it is named with what fills it, and sorts fail with error 28', async () => {
    assert.ok(server);
    const target = tryTarget(mysql, { url: server.url });
    const small = await target.diagnose('mysql.tmpdir-full');
    assert.match(small.findings[0]?.summary ?? '', /has 3\d MiB of 32 MiB left/);
    assert.match(small.findings[0]?.explanation ?? '', /small for sorts/);

    writeFileSync(join(folder, 'forgotten.dump'), Buffer.alloc(30 * 1_048_576));
    await assert.rejects(server.query('SELECT n, pad FROM big ORDER BY pad, n'), /28|space|full/i);
    const full = await target.seen('mysql.disk');
    assert.ok((readingOf(full, 'mysql.tmpdir.available') ?? 0) < 16 * 1_048_576);
    const { findings } = await target.diagnose('mysql.tmpdir-full');
    assert.ok((findings[0]?.confidence ?? 0) >= 0.9);
    assert.match(findings[0]?.explanation ?? '', /forgotten\.dump has 30 MiB/);
    assert.match(findings[0]?.unseen.join() ?? '', /which statements failed/);
    await target.bound.close();
  });
});

suite('statements and binary logs', { skip }, () => {
  let server: MariadbServer;

  before(async () => {
    server = await startMariadb({
      settings: { performance_schema: 'ON', log_bin: 'bin', server_id: 1 },
      setup: [
        'CREATE TABLE orders (id int PRIMARY KEY, n int)',
        'INSERT INTO orders SELECT seq, seq FROM seq_1_to_60000',
      ],
    });
  });
  after(() => server.stop());

  test('the statement that takes the time is named with what it reads; a quiet server has no finding', async () => {
    const target = tryTarget(mysql, { url: server.url });
    const looks = tryTarget(mysql, { url: server.url });
    const [quiet] = await Promise.all([
      target.diagnose('mysql.slow-statements'),
      ...[1, 2, 3].map(() => looks.diagnose('mysql.blocked-by-lock')),
    ]);
    assert.deepEqual(quiet.findings, [], 'the pause of our own looks is no work of the server');
    await looks.bound.close();
    const stop = new AbortController();
    const app = await server.login();
    const working = (async () => {
      while (!stop.signal.aborted) await app.query('SELECT id FROM orders WHERE n + 0 = 77');
    })();
    const { evidence } = await target.diagnose('mysql.slow-statements');
    stop.abort();
    await working;
    await app.end();
    const [row] = evidence.find(({ id }) => id.endsWith('statement-digests'))?.table?.rows ?? [];
    assert.match(String(row?.[1]), /WHERE `n` \+ \? = \?/);
    // On a fast machine the scan takes less than the 20 ms from which a statement is trouble.
    const slow = evidence.map((piece) =>
      piece.id.endsWith('statement-digests') && piece.table
        ? { ...piece, table: { ...piece.table, rows: piece.table.rows.map((cells) => cells.with(3, 0.5)) } }
        : piece,
    );
    const diagnosis = target.bound.diagnoses.find(({ id }) => id === 'mysql.slow-statements');
    const [finding] = diagnosis?.conclude(slow, targetName) ?? [];
    assert.match(finding?.summary ?? '', /^one statement takes \d+ % of the time, 500 ms a call/);
    assert.match(finding?.explanation ?? '', /examines 60000 rows a call and sends 1/);
    const rare = slow.map((piece) =>
      piece.id.endsWith('statement-digests') && piece.table
        ? {
            ...piece,
            table: { ...piece.table, rows: piece.table.rows.map((cells) => cells.with(2, 1).with(3, 0.1)) },
          }
        : piece,
    );
    assert.doesNotMatch(diagnosis?.conclude(rare, targetName)[0]?.summary ?? '', /% of the time/);
    await target.bound.close();
  });

  test('binary logs are measured; small ones are not blamed', async () => {
    const target = tryTarget(mysql, { url: server.url });
    const { findings, evidence } = await target.diagnose('mysql.disk-growth');
    assert.deepEqual(findings, []);
    assert.ok(Number(evidence[0]?.facts?.bytes) > 0);
    const full = evidence.map((piece) =>
      piece.id.endsWith('binary-logs')
        ? { ...piece, facts: { ...piece.facts, bytes: 30 * 2 ** 30, size: 50 * 2 ** 30, available: 2 ** 30 } }
        : piece,
    );
    const diagnosis = target.bound.diagnoses.find(({ id }) => id === 'mysql.disk-growth');
    const [finding] = diagnosis?.conclude(full, targetName) ?? [];
    assert.match(finding?.summary ?? '', /^binary logs take 30.0 GiB of 49.0 GiB used/);
    assert.match(finding?.explanation ?? '', /never expire.*PURGE BINARY LOGS BEFORE/);
    await target.bound.close();
  });
});
