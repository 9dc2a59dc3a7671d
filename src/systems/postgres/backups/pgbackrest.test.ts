import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { pasted } from '../../../../test/pasted.ts';
import { missing, required } from '../../../../test/servers/installed.ts';
import { pgbackrestProgram } from '../../../../test/servers/pgbackrest.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { systemClock } from '../../../clock.ts';
import type { Proving, Taken } from '../../../core/backup/engine.ts';
import { accountOf } from '../../../machine/unprivileged.ts';
import { close, connect, type PostgresConnection } from '../client.ts';
import { postgresConfig } from '../config.ts';
import { pgbackrestEngine as engine } from './pgbackrest.ts';
import { archiveCommand, pgbackrest, repositoryIn } from './pgbackrest-repository.ts';

const ctx = { signal: new AbortController().signal, clock: systemClock, progress() {} };

suite('backups by pgBackRest', { skip: missing(postgresServer, pgbackrestProgram) }, () => {
  let server: PostgresServer;
  let conn: PostgresConnection;
  const folder = temporaryFolder('pgbackrest');
  const home = join(folder, 'shop');
  const key = 'a key with "quotes" and spaces';
  let number = 0;
  let full: Taken;
  const saidOfFull: string[] = [];

  before(async () => {
    chmodSync(folder, 0o711);
    const command = archiveCommand(repositoryIn(home));
    server = await startPostgres({
      checksums: true,
      settings: { archive_mode: 'on', archive_command: '', archive_timeout: 60, wal_level: 'replica' },
    });
    await server.query('CREATE TABLE orders (id bigint PRIMARY KEY, note text)');
    await server.query("INSERT INTO orders SELECT i, 'note ' || i FROM generate_series(1, 2000) i");
    conn = connect(postgresConfig.parse({ url: server.url }));
    mkdirSync(join(home, 'pgbackrest/conf.d'), { recursive: true });
    writeFileSync(
      join(home, 'pgbackrest/conf.d/key.conf'),
      `[global]\nrepo1-cipher-type=aes-256-cbc\nrepo1-cipher-pass=${key}\n`,
    );
    await assert.rejects(engine.take(conn, { folder: home }, ctx), (error: Error) => {
      assert.match(error.message, /archive_command is not set/);
      assert.ok(error.message.includes(`ALTER SYSTEM SET archive_command = '${command}';`), error.message);
      assert.match(error.message, /SELECT pg_reload_conf\(\);$/);
      return true;
    });
    await server.query(`ALTER SYSTEM SET archive_command = '${command}'`);
    await server.query('SELECT pg_reload_conf()');
    const telling = { ...ctx, progress: (text: string) => void saidOfFull.push(text) };
    full = await engine.take(conn, { folder: home }, telling);
  });
  after(async () => {
    await close(conn);
    await server.stop();
    removeFolder(folder);
  });

  const prove = async (taken: Taken, more: object = {}, place = home): Promise<Proving> => {
    // No socket could lie so deep.
    const scratch = join(folder, `${'s'.repeat(150)}${++number}`);
    mkdirSync(scratch, { mode: 0o700 });
    try {
      const { manifest, label } = taken;
      const order = { folder: place, manifest, scratch, usualBytes: [], smoke: [], ...more };
      return await engine.prove(conn, label === undefined ? order : { ...order, label }, ctx);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  };
  /** The file of the log that is being written goes to the repository, and is there. */
  const handedOver = async () => {
    const [row] = await server.query('SELECT pg_walfile_name(pg_switch_wal()) AS name');
    for (;;) {
      const [archiver] = await server.query('SELECT last_archived_wal AS name FROM pg_stat_archiver');
      if (String(archiver?.name) >= String(row?.name)) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  /** By a server in single-user mode, which nobody else can reach. */
  const rowsIn = async (data: string, condition: string): Promise<string[]> => {
    const account = accountOf(statSync(data).uid, data);
    const program = required(postgresServer);
    const query = `SELECT id FROM orders WHERE ${condition} ORDER BY 1`;
    const told = spawnSync(program, ['--single', '-D', data, 'postgres'], {
      ...(account ? { uid: account.uid, gid: account.gid } : {}),
      ...{ cwd: data, input: `${query}\n`, encoding: 'utf8' },
    });
    return [...told.stdout.matchAll(/id = "(\d+)"/g)].map(([, id]) => id ?? '');
  };
  const levels = ({ looks }: Proving) => looks.map(({ level, good }) => [level, good]);
  const last = ({ looks }: Proving) => looks.at(-1)?.detail ?? '';

  test('a copy of the cluster and its log is restored to the very state that was counted', async () => {
    assert.equal(full.kind, 'full');
    assert.match(saidOfFull.join('\n'), /^copying .* with pgBackRest \(full\): (9\d|100) %$/m);
    assert.match(full.detail, /1 table, 2,000 rows/);
    assert.equal(JSON.stringify(full.manifest).includes(key), false);
    await server.query("INSERT INTO orders VALUES (9999, 'after it was counted')");
    const proof = await prove(full, { smoke: [{ query: 'SELECT count(*) = 2000 FROM orders' }] });
    assert.deepEqual(
      levels(proof),
      [0, 1, 2, 3, 4, 5, 6].map((level) => [level, true]),
      last(proof),
    );
    assert.match(proof.with, /^PostgreSQL \d/);
    assert.ok(proof.restoredInMs !== null && proof.restoredInMs > 0);
  });

  test('a moment is restored into a folder, and the plan says before what would be lost', async () => {
    await server.query("INSERT INTO orders VALUES (10001, 'before')");
    const [moment] = await server.query('SELECT ceil(extract(epoch FROM clock_timestamp()) * 1000) AS at');
    const until = Number(moment?.at);
    await server.query('SELECT pg_sleep(0.01)');
    await server.query("INSERT INTO orders VALUES (10002, 'after')");
    const { manifest, label = '' } = full;
    const into = { kind: 'folder', folder: join(folder, 'back'.repeat(40)) } as const;
    const order = { folder: home, label, manifest, into, until };
    const early = await engine.planRestore?.(conn, { ...order, until: 1 }, ctx);
    assert.match(early?.impossible ?? '', /was whole at .*no backup here is as old/);
    const late = await engine.planRestore?.(conn, { ...order, until: until + 3_600_000 }, ctx);
    assert.match(late?.impossible ?? '', /^the log in the repository goes to 20/);
    const over = await engine.planRestore?.(conn, { ...order, until: null, into: { kind: 'over' } }, ctx);
    assert.equal(over?.impossible, null, 'a dry run says what it would take');
    assert.match(over?.losses.join() ?? '', /the whole cluster goes back, all its databases and roles: /);
    assert.match(over?.byHand?.why ?? '', /stops and starts no living PostgreSQL/);
    assert.doesNotMatch(over?.steps.join() ?? '', /--delta/);
    await handedOver();
    const plan = await engine.planRestore?.(conn, order, ctx);
    assert.equal(plan?.impossible, null);
    assert.equal(plan.reaches, until);
    assert.match(plan.losses[0] ?? '', /^what was committed since 20.* \(.*s\)$/);
    const said: string[] = [];
    const telling = { ...ctx, progress: (text: string) => void said.push(text) };
    const back = await engine.restore?.(conn, order, telling);
    assert.match(said.join('\n'), /^restoring \d{8}-\d{6}F: 100 %$/m);
    assert.ok(back?.reached && back.reached <= until && back.reached > until - 60_000, `${back?.reached}`);
    const data = join(into.folder, 'data');
    assert.match(readFileSync(join(data, 'postgresql.auto.conf'), 'utf8'), /archive_mode = 'off'/);
    assert.doesNotMatch(
      readFileSync(join(data, 'postgresql.auto.conf'), 'utf8'),
      /recovery_target|restore_command/,
    );
    assert.equal(statSync(data).uid, statSync(join(server.folder, 'data')).uid);
    assert.deepEqual(await rowsIn(data, 'id > 10000'), ['10001']);
    assert.match(pasted(plan.steps, 'SELECT max(id) FROM orders'), /\s10001\s/);
    await assert.rejects(async () => engine.restore?.(conn, order, ctx), /is not empty/);
  });

  test('a drill at a moment is held to a heartbeat from outside, and says what it took', async () => {
    const [beat] = await server.query(
      "SELECT pg_current_wal_insert_lsn() - '0/0' AS lsn, floor(extract(epoch FROM clock_timestamp()) * 1000) AS at",
    );
    const at = Number(beat?.at);
    await server.query("INSERT INTO orders VALUES (10003, 'later')");
    await handedOver();
    const heartbeat = { at, lsn: Number(beat?.lsn), writes: 0 };
    const good = await prove(full, { until: at + 1, heartbeats: [heartbeat] });
    assert.deepEqual(levels(good).at(-1), [5, true], last(good));
    assert.equal(good.looks[3]?.measured?.lostMs, 1);
    assert.ok((good.looks[3]?.measured?.logBytes ?? 0) > 0);
    const soon = systemClock.now() + 5_000;
    const idle = { ...heartbeat, at: soon };
    const asIdle = await prove(full, { until: soon, heartbeats: [heartbeat, idle] });
    assert.deepEqual(levels(asIdle).at(-1), [5, true], `nothing was written since: ${last(asIdle)}`);
    const beyond = { ...heartbeat, lsn: heartbeat.lsn + 2 ** 30 };
    const lost = await prove(full, { until: at + 1, heartbeats: [beyond] });
    assert.deepEqual(levels(lost).at(-1), [5, false]);
    assert.match(last(lost), /what was committed until then is lost$/);
  });

  test('a backup goes only by its name and alone, and the log before the oldest that stays with it', async () => {
    const place = { folder: home };
    const labels = async () => (await engine.list?.(conn, place, ctx))?.map(({ label }) => label) ?? [];
    const first = full.label ?? '';
    const delta = await engine.take(conn, place, ctx);
    assert.equal(delta.kind, 'incremental');
    assert.deepEqual(delta.needs, [first]);
    await assert.rejects(
      async () => engine.applyDeletion?.(conn, place, [first], ctx),
      /no full backup would be left/,
    );
    const repository = repositoryIn(home);
    await pgbackrest(repository, 'backup', { options: ['--type=full'] }, ctx);
    const [, second = '', third = ''] = await labels();
    const preview = await engine.planDeletion?.(conn, place, [first], ctx);
    assert.deepEqual(preview?.labels, [first, second]);
    await assert.rejects(
      async () => engine.applyDeletion?.(conn, place, [first], ctx),
      new RegExp(`would delete ${second} too, which nobody named; nothing was deleted`),
    );
    assert.deepEqual(await labels(), [first, second, third]);
    // It is looked at while backups are taken, and holds up none.
    let isOver = false;
    const taking = pgbackrest(repository, 'backup', { options: ['--type=incr'] }, ctx).finally(() => {
      isOver = true;
    });
    const looked = [];
    while (!isOver) looked.push(await engine.planDeletion?.(conn, place, [second], ctx));
    await taking;
    assert.ok(
      looked.length > 0 && looked.every((one) => one?.labels.join() === second),
      JSON.stringify(looked),
    );
    await engine.applyDeletion?.(conn, place, [(await labels())[3] ?? ''], ctx);
    await engine.applyDeletion?.(conn, place, [second], ctx);
    assert.deepEqual(await labels(), [first, third]);
    const log = join(repository.home, 'repository/archive/upkeep/15-1');
    const files = () =>
      readdirSync(log, { recursive: true })
        .map(String)
        .filter((name) => name.endsWith('.zst'));
    const before = files().length;
    await engine.applyDeletion?.(conn, place, [first], ctx);
    assert.deepEqual(await labels(), [third]);
    assert.ok(
      files().length > 0 && files().length < before,
      `${before} files of the log, then ${files().length}`,
    );
    await assert.rejects(
      async () => engine.applyDeletion?.(conn, place, ['20200101-000000F'], ctx),
      /holds no backup/,
    );
  });
});
