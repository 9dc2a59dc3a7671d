/** A restore beside a server that archives asynchronously: the spool that pgBackRest clears is not the server's. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { pgbackrestProgram } from '../../../../test/servers/pgbackrest.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { eventually } from '../../../../test/try-target.ts';
import { systemClock } from '../../../clock.ts';
import { close, connect, type PostgresConnection } from '../client.ts';
import { postgresConfig } from '../config.ts';
import { pgbackrestEngine as engine } from './pgbackrest.ts';
import { archiveCommand, repositoryIn, stanza } from './pgbackrest-repository.ts';

const ctx = { signal: new AbortController().signal, clock: systemClock, progress() {} };

suite('pgBackRest that archives asynchronously', { skip: missing(postgresServer, pgbackrestProgram) }, () => {
  let server: PostgresServer;
  let conn: PostgresConnection;
  const folder = temporaryFolder('spool');
  // A path that a shell and a configuration would take apart, were it not quoted.
  const home = join(folder, 'the shop');
  const spool = join(home, 'pgbackrest/spool/archive', stanza);

  before(async () => {
    chmodSync(folder, 0o711);
    mkdirSync(join(home, 'pgbackrest/conf.d'), { recursive: true });
    server = await startPostgres({
      settings: {
        archive_mode: 'on',
        archive_command: archiveCommand(repositoryIn(home)),
        ...{ archive_timeout: 60, autovacuum: 'off' },
      },
      setup: ['CREATE TABLE orders (id bigint)'],
    });
    conn = connect(postgresConfig.parse({ url: server.url }));
  });
  after(async () => {
    await close(conn);
    await server.stop('SIGQUIT');
    removeFolder(folder);
  });

  /** Writes two files of the log on, and waits until they lie in the repository. */
  const writeOn = async () => {
    let newest = '';
    for (const id of [1, 2]) {
      await server.query('INSERT INTO orders VALUES ($1)', [id]);
      const [row] = await server.query('SELECT pg_walfile_name(pg_switch_wal()) AS name');
      newest = String(row?.name);
    }
    await eventually(
      () => server.query('SELECT last_archived_wal AS name FROM pg_stat_archiver'),
      ([row]) => String(row?.name ?? '') >= newest,
    );
  };

  for (const [name, section] of [
    ['everywhere', 'global'],
    ['of what is handed over alone', 'global:archive-push'],
  ] as const)
    test(`${name}: a restore and the replay of its log leave the spool of the server alone`, async () => {
      writeFileSync(join(home, 'pgbackrest/conf.d/async.conf'), `[${section}]\narchive-async=y\n`);
      const { label = '', manifest } = await engine.take(conn, { folder: home }, ctx);
      await writeOn();
      const [moment] = await server.query('SELECT ceil(extract(epoch FROM clock_timestamp()) * 1000) AS at');
      const until = Number(moment?.at);
      await server.query('SELECT pg_sleep(0.01)');
      await writeOn();
      writeFileSync(join(spool, 'out/handed-over'), '');
      const back = join(folder, `back ${section.length}`);
      const order = { folder: home, label, manifest, into: { kind: 'folder', folder: back }, until } as const;
      const restored = await engine.restore?.(conn, order, ctx);
      assert.ok(restored?.reached && restored.reached <= until, JSON.stringify(restored));
      assert.deepEqual(readdirSync(spool), ['out'], 'nothing was read ahead into it');
      assert.ok(existsSync(join(spool, 'out/handed-over')), 'what was noted as handed over stays');
      assert.deepEqual(readdirSync(back).sort(), ['data', 'recovery.log']);
      await writeOn();
    });
});
