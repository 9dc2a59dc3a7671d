/** Plain copies of a real server that lays its log beside them itself, with `log: archive`. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { eventually } from '../../../../test/try-target.ts';
import { systemClock } from '../../../clock.ts';
import { close, connect, type PostgresConnection } from '../client.ts';
import { postgresConfig } from '../config.ts';
import { plain } from './plain.ts';

const ctx = { signal: new AbortController().signal, clock: systemClock, progress() {} };
const baseBackup = { ...postgresServer, name: 'pg_basebackup' };

suite('plain backups with archive_command', { skip: missing(postgresServer, baseBackup) }, () => {
  let server: PostgresServer;
  let conn: PostgresConnection;
  const folder = temporaryFolder('archived');
  const shop = join(folder, 'shop');
  const wal = join(shop, 'wal');

  before(async () => {
    chmodSync(folder, 0o711);
    mkdirSync(wal, { recursive: true });
    chmodSync(wal, 0o777);
    server = await startPostgres({
      settings: {
        ...{ archive_mode: 'on', archive_timeout: 1, autovacuum: 'off' },
        archive_command: `test ! -f ${wal}/%f && cp %p ${wal}/%f`,
      },
      setup: ['CREATE TABLE orders AS SELECT i AS id FROM generate_series(1, 100) i'],
    });
    conn = connect(postgresConfig.parse({ url: server.url }));
  });
  after(async () => {
    await close(conn);
    await server.stop('SIGQUIT');
    removeFolder(folder);
  });

  test('a copy waits for its log, is proven, and any moment since is restored; a file that the archiver knows and is gone is red', async () => {
    const place = join(shop, 'one');
    mkdirSync(place, { mode: 0o700 });
    const taken = await plain.take(conn, { folder: place }, ctx);
    assert.equal(taken.detail, '1 table, 100 rows', 'its log is there');
    const order = { folder: place, manifest: taken.manifest };
    const prove = async (id: string) => {
      const scratch = join(folder, id);
      mkdirSync(scratch, { mode: 0o700 });
      const smoke = [{ query: 'SELECT count(*) = 100 FROM orders' }];
      const { looks } = await plain.prove(conn, { ...order, scratch, usualBytes: [], smoke }, ctx);
      return {
        levels: looks.map(({ level, good }) => `${level}${good ? '' : ' red'}`).join(' '),
        last: looks.at(-1)?.detail,
      };
    };
    const good = await prove('s1');
    assert.equal(good.levels, '0 1 2 3 4 5 6', good.last);

    const handedOver = async () => {
      const [row] = await server.query('SELECT pg_walfile_name(pg_switch_wal()) AS name');
      const name = String(row?.name);
      await eventually(
        () => server.query('SELECT last_archived_wal AS name FROM pg_stat_archiver'),
        ([archiver]) => String(archiver?.name) >= name,
      );
      return name;
    };
    await server.query('INSERT INTO orders VALUES (101)');
    const [moment] = await server.query('SELECT ceil(extract(epoch FROM clock_timestamp()) * 1000) AS at');
    const until = Number(moment?.at);
    await server.query('SELECT pg_sleep(0.01)');
    await server.query('INSERT INTO orders VALUES (102)');
    const last = await handedOver();
    const into = { kind: 'folder', folder: join(folder, 'back') } as const;
    const [beat] = await server.query(
      "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 AS lsn",
    );
    const heartbeats = [{ at: until + 5_000, lsn: Number(beat?.lsn) - 1_000, writes: 1 }];
    const wish = { ...order, into, until, heartbeats };
    const plan = await plain.planRestore?.(conn, wish, ctx);
    assert.equal(plan?.impossible, null);
    const back = await plain.restore?.(conn, wish, ctx);
    assert.equal(back?.reached, until);
    assert.ok(readdirSync(into.folder).includes('PG_VERSION'));

    renameSync(join(wal, last), join(folder, 'away'));
    const gap = await prove('s2');
    assert.equal(gap.levels, '0 1 2 red');
    assert.match(gap.last ?? '', new RegExp(last));
  });
});
