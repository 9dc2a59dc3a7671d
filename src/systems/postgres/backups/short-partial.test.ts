/** What pg_receivewal left cut short by a full disk, on a real server. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
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
import { judgeShort } from './short-partial.ts';

const segment = 16 * 2 ** 20;

test('a file that is cut short goes only where the slot still holds all that it held', () => {
  const partial = { number: 36, bytes: 5_820_416 };
  const at = (lsn: number | null, isLost = false) => judgeShort(partial, segment, { lsn, isLost });
  assert.equal(at(36 * segment), 'held');
  assert.equal(at(36 * segment + 3_000_000), 'held', 'the server keeps whole files');
  assert.equal(at(35 * segment), 'held');
  assert.equal(at(37 * segment), 'not held');
  assert.equal(at(36 * segment, true), 'not held');
  assert.equal(at(null), 'not held');
  for (const bytes of [0, segment])
    assert.equal(judgeShort({ ...partial, bytes }, segment, { lsn: null, isLost: false }), 'whole');
});

suite('a log that was cut short while it was received', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  let conn: PostgresConnection;
  const folder = temporaryFolder('short-log');
  const place = { folder: join(folder, 'shop', 'next') };
  const wal = join(folder, 'shop', 'wal');

  const partials = () => readdirSync(wal).filter((name) => name.endsWith('.partial'));
  /** Follows until all that is written now is received. */
  const received = async () => {
    const stop = new AbortController();
    const ctx = { signal: stop.signal, clock: systemClock, progress() {} };
    const over = plain.follow?.(conn, place, ctx).catch((error: unknown) => error) ?? Promise.resolve();
    const [row] = await server.query('SELECT pg_current_wal_lsn()::text AS lsn');
    const slot = () =>
      server.query('SELECT active AND restart_lsn >= $1::pg_lsn AS good FROM pg_replication_slots', [
        row?.lsn,
      ]);
    await Promise.race([
      eventually(slot, ([found]) => found?.good === true),
      over.then((error) => assert.fail(String(error))),
    ]);
    stop.abort(new Error('over'));
    await over;
    await eventually(
      () => server.query('SELECT active FROM pg_replication_slots'),
      ([found]) => found?.active === false,
    );
  };
  const written = () => server.query("INSERT INTO orders (note) SELECT 'x' FROM generate_series(1, 1000)");

  before(async () => {
    chmodSync(folder, 0o711);
    mkdirSync(join(folder, 'shop'), { mode: 0o700 });
    server = await startPostgres({ settings: { autovacuum: 'off' } });
    await server.query('CREATE TABLE orders (id bigserial PRIMARY KEY, note text)');
    conn = connect(postgresConfig.parse({ url: server.url }));
    await received();
  });
  after(async () => {
    await close(conn);
    await server.stop('SIGQUIT');
    removeFolder(folder);
  });

  test('is received anew, and what the file held is set aside', async () => {
    await written();
    await received();
    const [name = ''] = partials();
    truncateSync(join(wal, name), 5_820_416);
    const kept = readFileSync(join(wal, name));
    await written();
    await received();
    assert.deepEqual(partials(), [name]);
    assert.equal(statSync(join(wal, name)).size, segment);
    const aside = readdirSync(wal).filter((one) => one.includes('.short-'));
    assert.equal(aside.length, 1);
    assert.ok(readFileSync(join(wal, aside[0] ?? '')).equals(kept), 'nothing of it is lost');
  });

  test('what holds nothing is taken away: a disk that stays full gets no heap of them', async () => {
    const [name = ''] = partials();
    const before = readdirSync(wal).length;
    writeFileSync(join(wal, name), Buffer.alloc(5_820_416));
    await written();
    await received();
    assert.equal(statSync(join(wal, name)).size, segment);
    assert.equal(readdirSync(wal).length, before);
  });

  test('the server is not asked to make a slot that is there', () => {
    assert.doesNotMatch(server.output(), /replication slot .* already exists/);
  });

  test('without a slot that holds it nothing is touched, and it says what to do', async () => {
    const [name = ''] = partials();
    truncateSync(join(wal, name), 5_820_416);
    await server.query('SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots');
    const ctx = { signal: new AbortController().signal, clock: systemClock, progress() {} };
    await assert.rejects(async () => plain.follow?.(conn, place, ctx), {
      message: new RegExp(`${name} is cut short .*does not hold`),
    });
    assert.deepEqual(partials(), [name]);
    assert.equal((await server.query('SELECT FROM pg_replication_slots')).length, 0);
  });
});
