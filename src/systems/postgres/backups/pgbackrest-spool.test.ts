/** A restore beside a server that archives asynchronously: the spool that pgBackRest clears and fills is not the server's. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { pgbackrestProgram } from '../../../../test/servers/pgbackrest.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { eventually } from '../../../../test/try-target.ts';
import { systemClock } from '../../../clock.ts';
import type { Taken } from '../../../core/backup/engine.ts';
import { close, connect, type PostgresConnection } from '../client.ts';
import { postgresConfig } from '../config.ts';
import { pgbackrestEngine as engine } from './pgbackrest.ts';
import { archiveCommand, repositoryIn, stanza } from './pgbackrest-repository.ts';
import { endFetching, restoreCluster } from './restore-cluster.ts';

const ctx = { signal: new AbortController().signal, clock: systemClock, progress() {} };

suite('pgBackRest that archives asynchronously', { skip: missing(postgresServer, pgbackrestProgram) }, () => {
  let server: PostgresServer;
  let conn: PostgresConnection;
  let taken: Taken;
  let until: number;
  const folder = temporaryFolder('spool');
  const home = join(folder, 'shop');
  const spool = join(home, 'pgbackrest/spool/archive', stanza);

  before(async () => {
    chmodSync(folder, 0o711);
    mkdirSync(join(home, 'pgbackrest/conf.d'), { recursive: true });
    writeFileSync(join(home, 'pgbackrest/conf.d/async.conf'), '[global]\narchive-async=y\n');
    server = await startPostgres({
      settings: {
        archive_mode: 'on',
        archive_command: archiveCommand(repositoryIn(home)),
        ...{ archive_timeout: 60, autovacuum: 'off' },
      },
      setup: ['CREATE TABLE orders (id bigint)'],
    });
    conn = connect(postgresConfig.parse({ url: server.url }));
    taken = await engine.take(conn, { folder: home }, ctx);
    await server.query('INSERT INTO orders VALUES (2)');
    const [moment] = await server.query('SELECT ceil(extract(epoch FROM clock_timestamp()) * 1000) AS at');
    until = Number(moment?.at);
    await server.query('SELECT pg_sleep(0.01)');
  });
  after(async () => {
    for (const pid of readersAhead()) process.kill(pid, 'SIGKILL');
    await close(conn);
    await server.stop('SIGQUIT');
    removeFolder(folder);
  });

  /** Writes the log on, and gives the names of its files once they lie in the repository. */
  const writeOn = async (files: number): Promise<string[]> => {
    const names: string[] = [];
    while (names.length < files) {
      await server.query('INSERT INTO orders VALUES (3)');
      const [row] = await server.query('SELECT pg_walfile_name(pg_switch_wal()) AS name');
      names.push(String(row?.name));
    }
    await eventually(
      () => server.query('SELECT last_archived_wal AS name FROM pg_stat_archiver'),
      ([row]) => String(row?.name ?? '') >= (names.at(-1) ?? ''),
    );
    return names;
  };
  const waitForEver = (name: string) => {
    const archive = join(home, 'pgbackrest/repository/archive', stanza);
    const files = readdirSync(archive, { recursive: true, encoding: 'utf8' });
    const file = join(archive, files.find((one) => one.includes(`/${name}-`)) ?? assert.fail(name));
    rmSync(file);
    execFileSync('mkfifo', ['-m', '644', file]);
  };
  const readersAhead = (): number[] =>
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => {
        try {
          const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
          return line.includes(home) && line.includes('archive-get');
        } catch {
          return false;
        }
      });

  test('a restore and the replay of its log leave the spool of the server alone, and nothing of theirs stays', async () => {
    await writeOn(2);
    writeFileSync(join(spool, 'out/handed-over'), '');
    const back = join(folder, 'back');
    const { label = '', manifest } = taken;
    const order = { folder: home, label, manifest, into: { kind: 'folder', folder: back }, until } as const;
    const restored = await engine.restore?.(conn, order, ctx);
    assert.ok(restored?.reached && restored.reached <= until, JSON.stringify(restored));
    assert.deepEqual(readdirSync(spool), ['out']);
    assert.ok(existsSync(join(spool, 'out/handed-over')));
    assert.deepEqual(readdirSync(back).sort(), ['data', 'recovery.log']);
    assert.deepEqual(readersAhead(), []);
  });

  test('who reads the log ahead is ended when it is needed no more, and the server goes on archiving', async () => {
    const [first = '', ...others] = await writeOn(3);
    for (const name of others) waitForEver(name);
    const repository = repositoryIn(home);
    const { label = '' } = taken;
    const target = { kind: 'end' } as const;
    const at = join(folder, 'replay');
    const { data } = await restoreCluster(
      repository,
      { label, key: 1, home: at, target, hearsShare() {} },
      ctx,
    );
    const [, fetch = ''] =
      /^restore_command = '(.*)'$/m.exec(readFileSync(join(data, 'postgresql.auto.conf'), 'utf8')) ?? [];
    assert.ok(fetch.includes(`--spool-path=${at}/spool `), fetch);
    const command = fetch.replace('%f', first).replace('%p', 'pg_wal/RECOVERYXLOG');
    execFileSync('sh', ['-c', command], { cwd: data, ...repository.account, stdio: 'pipe' });
    assert.notDeepEqual(readersAhead(), []);
    await endFetching(at, ctx);
    assert.deepEqual(readersAhead(), []);
    assert.deepEqual(readdirSync(at).sort(), ['data', 'tablespaces']);
    await writeOn(1);
  });
});
