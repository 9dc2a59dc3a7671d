import assert from 'node:assert/strict';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { login, urlFor } from '../../../../test/servers/postgres-session.ts';
import { eventually, readingOf, type TriedTarget, tryTarget } from '../../../../test/try-target.ts';
import { postgres } from '../index.ts';

suite('what PostgreSQL keeps and why', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  let target: TriedTarget;
  let door: string;

  before(async () => {
    server = await startPostgres({
      settings: {
        wal_level: 'logical',
        archive_mode: 'on',
        archive_command: 'test -e ../archive-door',
        max_prepared_transactions: 5,
      },
      setup: [
        'CREATE ROLE watcher LOGIN',
        'GRANT pg_monitor TO watcher',
        'CREATE ROLE plain LOGIN',
        'CREATE TABLE filler (n int, filling text)',
      ],
    });
    door = join(server.folder, 'archive-door');
    target = tryTarget(postgres, { url: urlFor(server, 'watcher') });
  });
  after(async () => {
    await target.bound.close();
    await server.stop('SIGQUIT');
  });

  const fill = (mebibytes: number) =>
    server.query(
      `INSERT INTO filler SELECT n, repeat('x', 1000) FROM generate_series(1, ${mebibytes * 1000}) n`,
    );

  test('WAL that waits for the archive is told by the age of the oldest, and is well again once it went', async () => {
    await fill(1);
    await server.query('SELECT pg_switch_wal()');
    const stuck = await eventually(
      () => target.seen('postgres.archiver'),
      (seen) =>
        readingOf(seen, 'postgres.archiver.failing') === 1 &&
        (readingOf(seen, 'postgres.archiver.oldest_age') ?? 0) > 0,
    );
    assert.ok((readingOf(stuck, 'postgres.archiver.backlog') ?? 0) >= 1);
    assert.ok((readingOf(stuck, 'postgres.archiver.failed') ?? 0) >= 1);
    assert.match(stuck.detail ?? '', /^archiving [0-9A-F]{24} failed$/);
    assert.equal(
      readingOf(stuck, 'postgres.archiver.unarchived_bytes'),
      undefined,
      'nothing was ever archived',
    );
    writeFileSync(door, '');
    chmodSync(door, 0o644);
    const well = await eventually(
      async () => {
        // The archiver waits a minute after three failures; a finished file wakes it up.
        await server.query('SELECT pg_switch_wal()');
        await fill(1);
        return target.seen('postgres.archiver');
      },
      (seen) =>
        readingOf(seen, 'postgres.archiver.failing') === 0 &&
        (readingOf(seen, 'postgres.archiver.backlog') ?? 1) === 0,
      90_000,
    );
    assert.equal(readingOf(well, 'postgres.archiver.oldest_age'), 0);
    const left = readingOf(well, 'postgres.archiver.unarchived_bytes') ?? -1;
    assert.ok(left >= 0 && left < 32 * 1024 ** 2, `${left}`);
    rmSync(door);
  });

  test('a role without pg_monitor learns that archiving fails, and which grant shows the rest', async (t) => {
    const plain = tryTarget(postgres, { url: urlFor(server, 'plain') });
    t.after(() => plain.bound.close());
    const seen = await plain.seen('postgres.archiver');
    assert.equal(readingOf(seen, 'postgres.archiver.oldest_age'), undefined);
    assert.deepEqual(
      seen.missing?.map(({ remedy }) => remedy),
      ['GRANT pg_monitor TO plain;'],
    );
    const wal = await plain.seen('postgres.wal');
    assert.equal(readingOf(wal, 'postgres.wal.bytes'), undefined);
    assert.equal(wal.missing?.[0]?.remedy, 'GRANT pg_monitor TO plain;');
    const horizon = await plain.seen('postgres.horizon');
    assert.equal(readingOf(horizon, 'postgres.horizon.oldest'), undefined);
    assert.equal(readingOf(horizon, 'postgres.prepared.count'), 0);
    for (const { probe } of plain.bound.checks) await plain.seen(probe.id);
  });

  test('the write-ahead log is measured against its settings', async () => {
    const seen = await target.seen('postgres.wal');
    const bytes = readingOf(seen, 'postgres.wal.bytes') ?? 0;
    assert.ok(bytes >= 16 * 1024 ** 2);
    assert.equal(readingOf(seen, 'postgres.wal.limit_ratio'), bytes / 1024 ** 3);
    assert.ok((readingOf(seen, 'postgres.wal.written') ?? 0) > 0);
  });

  test('who holds the horizon is named: a session, a prepared transaction, a slot', async (t) => {
    const app = await login(server, 'postgres', 'shop');
    t.after(() => app.end());
    const age = async (holder: string) =>
      readingOf(await target.seen('postgres.horizon'), 'postgres.horizon.age', { holder }) ?? -1;
    assert.equal(await age('session'), 0);
    await app.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await app.query('SELECT count(*) FROM filler');
    for (let i = 0; i < 3; i++) await server.query('INSERT INTO filler VALUES (1)');
    const held = await target.seen('postgres.horizon');
    const oldest = held.readings.find(({ metric }) => metric === 'postgres.horizon.oldest');
    assert.ok((oldest?.value ?? 0) >= 3);
    assert.match(
      oldest?.about?.detail ?? '',
      /^pid \d+ \(postgres, shop, idle in transaction\) holds back \d+/,
    );
    await app.query('COMMIT');
    assert.equal(await age('session'), 0);

    await app.query('BEGIN');
    await app.query('INSERT INTO filler VALUES (2)');
    await app.query(`PREPARE TRANSACTION 'orphan'`);
    await server.query('INSERT INTO filler VALUES (3)');
    const prepared = await target.seen('postgres.horizon');
    assert.equal(readingOf(prepared, 'postgres.prepared.count'), 1);
    assert.ok((readingOf(prepared, 'postgres.prepared.oldest') ?? 0) > 0);
    const by = { holder: 'prepared transaction' };
    assert.ok((readingOf(prepared, 'postgres.horizon.age', by) ?? 0) >= 1);
    await app.query(`ROLLBACK PREPARED 'orphan'`);

    await server.query(`SELECT pg_create_logical_replication_slot('feed', 'pgoutput')`);
    await server.query('INSERT INTO filler VALUES (4)');
    assert.ok((await age('slot')) >= 1);
  });

  test('a slot that nobody reads counts as abandoned only once it keeps much', async () => {
    const labels = { slot: 'feed' };
    const fresh = await target.seen('postgres.slots');
    assert.equal(readingOf(fresh, 'postgres.slots.abandoned', labels), 0);
    for (let i = 0; i < 5; i++) {
      await fill(1);
      await server.query('SELECT pg_switch_wal()');
    }
    const grown = await target.seen('postgres.slots');
    assert.ok((readingOf(grown, 'postgres.slots.retained_bytes') ?? 0) >= 64 * 1024 ** 2);
    const found = grown.readings.find(({ metric }) => metric === 'postgres.slots.abandoned');
    assert.equal(found?.value, 1);
    assert.match(found?.about?.detail ?? '', /^logical slot feed \(inactive\) keeps \d+\.\d MiB$/);
    await server.query(`SELECT pg_drop_replication_slot('feed')`);
    assert.equal(
      readingOf(await target.seen('postgres.slots'), 'postgres.slots.abandoned', labels),
      undefined,
    );
  });

  test('the age of transactions is judged against what forces a vacuum and against the end', async () => {
    const seen = await target.seen('postgres.wraparound');
    const [row] = await server.query(
      `SELECT max(greatest(age(datfrozenxid), mxid_age(datminmxid)))::float8 AS oldest FROM pg_database`,
    );
    const used = readingOf(seen, 'postgres.wraparound.used_ratio') ?? 0;
    assert.ok(Math.abs(used * 2 ** 31 - Number(row?.oldest)) < 100, `${used} of ${row?.oldest}`);
    assert.ok((readingOf(seen, 'postgres.wraparound.freeze_ratio') ?? 1) < 0.01);
    assert.ok((readingOf(seen, 'postgres.wraparound.xid_age', { database: 'postgres' }) ?? -1) >= 0);
  });

  test('checkpoints that came early are a share of at least five, within the window', async () => {
    const first = await target.seen('postgres.checkpoints');
    assert.equal(readingOf(first, 'postgres.checkpoints.requested_ratio'), undefined);
    for (let i = 0; i < 6; i++) await server.query('CHECKPOINT');
    const busy = await eventually(
      () => target.seen('postgres.checkpoints'),
      (seen) => readingOf(seen, 'postgres.checkpoints.requested_ratio') !== undefined,
    );
    assert.equal(readingOf(busy, 'postgres.checkpoints.requested_ratio'), 1);
    await server.query(`SELECT pg_stat_reset_shared('bgwriter')`);
    const reset = await target.seen('postgres.checkpoints');
    assert.equal(readingOf(reset, 'postgres.checkpoints.requested_ratio'), undefined);
  });
});
