/** Damage in the log that was received after a plain copy, on a real server. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { eventually } from '../../../../test/try-target.ts';
import { systemClock } from '../../../clock.ts';
import type { Heartbeat } from '../../../core/backup/rpo.ts';
import { close, connect, type PostgresConnection } from '../client.ts';
import { postgresConfig } from '../config.ts';
import { plain } from './plain.ts';

const ctx = { signal: new AbortController().signal, clock: systemClock, progress() {} };
const baseBackup = { ...postgresServer, name: 'pg_basebackup' };

suite('damage in the log behind a plain copy', { skip: missing(postgresServer, baseBackup) }, () => {
  let server: PostgresServer;
  let conn: PostgresConnection;
  const folder = temporaryFolder('damaged-log');
  const shop = join(folder, 'shop');
  const place = join(shop, 'one');
  const wal = join(shop, 'wal');
  const following = new AbortController();
  let follower: Promise<unknown>;
  let order: { readonly folder: string; readonly manifest: Readonly<Record<string, unknown>> };
  const beats: Heartbeat[] = [];

  /** A heartbeat, and what was written up to it received. */
  const beat = async () => {
    const at = Date.now();
    const [row] = await server.query(
      `SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 AS lsn, pg_current_wal_insert_lsn()::text AS place,
         pg_snapshot_xmax(pg_current_snapshot())::text::float8 AS writes`,
    );
    await eventually(
      () => server.query('SELECT restart_lsn >= $1::pg_lsn AS good FROM pg_replication_slots', [row?.place]),
      ([slot]) => slot?.good === true,
    );
    beats.push({ at, lsn: Number(row?.lsn), writes: Number(row?.writes) });
    return at;
  };
  const proven = async () => {
    const scratch = join(folder, 'scratch');
    mkdirSync(scratch, { mode: 0o700 });
    const wish = { ...order, scratch, usualBytes: [], smoke: [], withoutRestore: true, heartbeats: beats };
    const { looks } = await plain.prove(conn, wish, ctx);
    rmSync(scratch, { recursive: true });
    return looks.at(-1);
  };
  const restoring = async (name: string) => {
    const wish = { ...order, into: { kind: 'folder', folder: join(folder, name) }, until: null } as const;
    const plan = await plain.planRestore?.(conn, { ...wish, heartbeats: beats }, ctx);
    const restored = await plain.restore?.(conn, { ...wish, heartbeats: beats }, ctx);
    return { plan, restored };
  };
  const flip = (name: string, from: number) => {
    const bytes = readFileSync(join(wal, name));
    for (let at = from; at < from + 16; at++) bytes.writeUInt8(bytes.readUInt8(at) ^ 255, at);
    writeFileSync(join(wal, name), bytes);
  };

  before(async () => {
    chmodSync(folder, 0o711);
    mkdirSync(place, { mode: 0o700, recursive: true });
    server = await startPostgres({ settings: { autovacuum: 'off' } });
    await server.query('CREATE TABLE orders (id bigserial PRIMARY KEY, note text)');
    conn = connect(postgresConfig.parse({ url: server.url }));
    follower =
      plain
        .follow?.(conn, { folder: join(shop, 'next') }, { ...ctx, signal: following.signal })
        .catch((error: unknown) => error) ?? Promise.resolve();
    await eventually(
      () => server.query('SELECT active FROM pg_replication_slots'),
      ([row]) => row?.active === true,
    );
    const { manifest } = await plain.take(conn, { folder: place }, ctx);
    order = { folder: place, manifest };
  });
  after(async () => {
    following.abort(new Error('over'));
    await follower;
    await close(conn);
    await server.stop('SIGQUIT');
    removeFolder(folder);
  });

  test('is red with the name of the file; what can be restored ends there, and a restore to now says what it lacks', async () => {
    const sound = await beat();
    await server.query("INSERT INTO orders (note) SELECT 'x' FROM generate_series(1, 60000)");
    await server.query('SELECT pg_switch_wal()');
    await server.query("INSERT INTO orders (note) VALUES ('one more')");
    await beat();
    const whole = await proven();
    assert.deepEqual([whole?.level, whole?.good], [2, true], whole?.detail);

    const names = readdirSync(wal).filter((name) => /^[0-9A-F]{24}$/.test(name));
    const name = names.toSorted().at(-1) ?? '';
    assert.equal(await plain.logFlaw?.(conn, order, ctx), null);
    flip(name, 3_000_000);
    assert.match((await plain.logFlaw?.(conn, order, ctx)) ?? '', new RegExp(`${name} .*cannot be read`));
    const red = await proven();
    assert.deepEqual([red?.level, red?.good, red?.gap], [2, false, 'behind'], red?.detail);
    assert.match(red?.detail ?? '', new RegExp(`${name} .*cannot be read`));
    assert.equal(red?.soundUntil, sound, 'the newest heartbeat before the damage');

    const { plan, restored } = await restoring('short');
    assert.equal(plan?.impossible, null);
    assert.equal(plan?.reaches, sound);
    assert.match(plan?.losses.join('\n') ?? '', new RegExp(`${name}.*cannot be read`));
    assert.match(restored?.short ?? '', new RegExp(`${name}.*cannot be read`));
    const until = Date.now() - 1;
    const late = await plain.planRestore?.(
      conn,
      { ...order, into: { kind: 'folder', folder: join(folder, 'late') }, until, heartbeats: beats },
      ctx,
    );
    assert.match(late?.impossible ?? '', new RegExp(`the log here goes to .*${name}.*cannot be read`));

    flip(name, 3_000_000);
    const mended = await restoring('whole');
    assert.equal(mended.restored?.short, undefined);
    assert.equal((await proven())?.good, true);
  });

  test('what was changed after it was received is seen where every record still reads', async () => {
    const names = readdirSync(wal).filter((name) => /^[0-9A-F]{24}$/.test(name));
    const name = names.toSorted().at(-1) ?? '';
    assert.equal((await proven())?.good, true);
    flip(name, 16 * 2 ** 20 - 100);
    const red = await proven();
    assert.deepEqual([red?.level, red?.good], [2, false], red?.detail);
    assert.match(red?.detail ?? '', new RegExp(`${name} of the log is not as it was when it was received`));
    flip(name, 16 * 2 ** 20 - 100);
  });

  test('a restore whose log ends before the newest heartbeat that the server confirmed says so', async () => {
    const [partial = ''] = readdirSync(wal).filter((name) => name.endsWith('.partial'));
    await server.query("INSERT INTO orders (note) VALUES ('in the file that is being received')");
    await beat();
    const kept = readFileSync(join(wal, partial));
    writeFileSync(join(wal, partial), Buffer.alloc(kept.length));
    const { restored } = await restoring('emptied');
    assert.match(restored?.short ?? '', /ended at .*before .* the heartbeat/);
    writeFileSync(join(wal, partial), kept);
  });
});
