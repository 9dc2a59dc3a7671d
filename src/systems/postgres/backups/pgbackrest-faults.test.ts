/** What breaks a backup turns the right level red; the same breakage is what a drill plays. */
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { pgbackrestProgram } from '../../../../test/servers/pgbackrest.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { systemClock } from '../../../clock.ts';
import type { Proving, Taken } from '../../../core/backup/engine.ts';
import {
  copyRepository,
  corruptPage,
  flipBytes,
  flipLog,
  loseLog,
  losesSecond,
} from '../../../drills/parts/pgbackrest-damage.ts';
import { close, connect, type PostgresConnection } from '../client.ts';
import { postgresConfig } from '../config.ts';
import { pgbackrestEngine as engine } from './pgbackrest.ts';
import { archiveCommand, pgbackrest, repositoryIn } from './pgbackrest-repository.ts';

const ctx = { signal: new AbortController().signal, clock: systemClock, progress() {} };

suite('backups by pgBackRest that are broken', { skip: missing(postgresServer, pgbackrestProgram) }, () => {
  let server: PostgresServer;
  let conn: PostgresConnection;
  const folder = temporaryFolder('faults');
  const home = join(folder, 'shop');
  let number = 0;
  let full: Taken;

  before(async () => {
    chmodSync(folder, 0o711);
    server = await startPostgres({
      checksums: true,
      settings: {
        archive_mode: 'on',
        archive_command: archiveCommand(repositoryIn(home)),
        archive_timeout: 60,
      },
      setup: [
        'CREATE TABLE orders (id bigint PRIMARY KEY, note text)',
        "INSERT INTO orders SELECT i, 'note ' || i FROM generate_series(1, 2000) i",
      ],
    });
    conn = connect(postgresConfig.parse({ url: server.url }));
    full = await engine.take(conn, { folder: home }, ctx);
  });
  after(async () => {
    await close(conn);
    await server.stop();
    removeFolder(folder);
  });

  const broken = (how: (plan: string) => void): string => {
    const plan = join(folder, `copy${++number}`);
    copyRepository(home, plan);
    how(plan);
    return plan;
  };
  const prove = async (place: string, more: object = {}): Promise<Proving> => {
    const scratch = join(folder, `s${++number}`);
    mkdirSync(scratch, { mode: 0o700 });
    const order = { folder: place, manifest: full.manifest, scratch, usualBytes: [], smoke: [], ...more };
    try {
      return await engine.prove(conn, order, ctx);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  };
  const red = ({ looks }: Proving) => {
    const last = looks.at(-1);
    assert.ok(looks.slice(0, -1).every(({ good }) => good));
    return { ...last, detail: last?.detail ?? '' };
  };
  const archive = async () => {
    const [row] = await server.query('SELECT pg_walfile_name(pg_switch_wal()) AS name');
    for (;;) {
      const [archiver] = await server.query('SELECT last_archived_wal AS name FROM pg_stat_archiver');
      if (String(archiver?.name) >= String(row?.name)) return String(row?.name);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };

  test('a copy of it that nobody broke is good as far as it lies there', async () => {
    const { looks } = await prove(
      broken(() => {}),
      { withoutRestore: true },
    );
    assert.deepEqual(
      looks.map(({ level, good }) => [level, good]),
      [0, 1, 2].map((level) => [level, true]),
      looks.at(-1)?.detail,
    );
  });

  test('flipped bytes: the checksums of the repository do not match', async () => {
    let file = '';
    const found = red(
      await prove(
        broken((plan) => {
          file = flipBytes(plan, full.label ?? '');
        }),
      ),
    );
    assert.deepEqual([found.level, found.good], [1, false]);
    assert.ok(found.detail.includes('checksum invalid: 1'), `${file}: ${found.detail}`);
  });

  test('a file of the log missing within the range of the backup takes the backup, one after it only what follows', async () => {
    const [row] = await server.query(
      "INSERT INTO orders VALUES (9000, 'later') RETURNING pg_walfile_name(pg_current_wal_lsn()) AS name",
    );
    const later = String(row?.name);
    await archive();
    await server.query("INSERT INTO orders VALUES (9001, 'later still')");
    const last = await archive();
    const { backups } = JSON.parse(
      `{"backups":${(await pgbackrest(repositoryIn(home), 'info', { options: ['--output=json'] }, ctx)).output}}`,
    ) as { backups: { backup: { archive: { start: string } }[] }[] };
    const start = backups[0]?.backup[0]?.archive.start ?? '';
    const itself = 'the backup itself can be restored, and no moment after the gap';
    for (const [name, gap, words] of [
      [start, 'within', 'the backup needs what is missing and cannot be restored'],
      [later, 'behind', itself],
      [last, 'behind', itself],
    ] as const) {
      const found = red(await prove(broken((plan) => loseLog(plan, name))));
      assert.deepEqual([found.level, found.good, found.gap], [2, false, gap], found.detail);
      assert.equal(found.detail, `1 file of the log is missing since ${start}: ${name}; ${words}`);
    }
  });

  test('a restore to now whose log ends at a damaged file of the repository says what is not in it', async () => {
    await server.query("INSERT INTO orders VALUES (9100, 'before')");
    await archive();
    const [row] = await server.query(
      "INSERT INTO orders VALUES (9101, 'lost') RETURNING pg_walfile_name(pg_current_wal_lsn()) AS name",
    );
    await archive();
    await server.query("INSERT INTO orders VALUES (9102, 'lost too')");
    await archive();
    const restored = (plan: string) =>
      engine.restore?.(
        conn,
        {
          ...{ folder: plan, manifest: full.manifest, until: null },
          into: { kind: 'folder', folder: join(folder, `back${++number}`) },
        },
        ctx,
      );
    assert.equal((await restored(broken(() => {})))?.short, undefined);
    const damaged = await restored(broken((plan) => void flipLog(plan, String(row?.name))));
    assert.match(damaged?.short ?? '', /^it ended at .* the log lies in the repository up to [0-9A-F]{24}/);
    const gone = await restored(broken((plan) => loseLog(plan, String(row?.name))));
    assert.match(gone?.short ?? '', new RegExp(`${row?.name} of the log is missing`));
  });

  test('a second repository that is not there: nothing was seen of the log in it', async () => {
    const found = red(await prove(broken((plan) => losesSecond(plan, join(folder, 'not-mounted')))));
    assert.deepEqual([found.level, found.good, found.notRun], [2, false, true]);
    assert.match(found.detail, /^repository 2 cannot be read: missing stanza path$/);
  });

  test('a stale index, and a page that was broken before it was copied: the structure does not hold', async () => {
    const data = join(server.folder, 'data');
    const fileOf = async (name: string) => {
      const [row] = await server.query(`SELECT pg_relation_filepath('${name}') AS file`);
      return String(row?.file);
    };
    await server.query("CREATE TABLE ledger AS SELECT i, 'paid' AS what FROM generate_series(1, 100) i");
    const index = join(data, await fileOf('orders_pkey'));
    const ledger = await fileOf('ledger');
    await server.query('CHECKPOINT');
    copyFileSync(index, join(folder, 'stale'));
    await server.query("INSERT INTO orders SELECT i, 'new' FROM generate_series(20000, 20100) i");
    await server.restart();
    writeFileSync(index, readFileSync(join(folder, 'stale')));
    corruptPage(data, ledger);
    await assert.rejects(engine.take(conn, { folder: home }, ctx), (error: Error) => {
      assert.match(error.message, /^pages of the server do not match their checksums: /);
      assert.ok(error.message.includes(ledger), error.message);
      return true;
    });
    const newest = async () => (await engine.list?.(conn, { folder: home }, ctx))?.at(-1)?.label ?? '';
    const told = red(await prove(home, { label: await newest() }));
    assert.deepEqual([told.level, told.good], [0, false], told.detail);
    await pgbackrest(repositoryIn(home), 'backup', { options: ['--type=full', '--no-checksum-page'] }, ctx);
    const found = red(
      await prove(home, { manifest: { ...full.manifest, witness: null }, label: await newest() }),
    );
    assert.deepEqual([found.level, found.good], [4, false], found.detail);
    assert.match(found.detail, /pg_checksums .*checksum verification failed/);
    assert.match(found.detail, /pg_amcheck .*heap tuple .* lacks matching index tuple/);
  });
});
