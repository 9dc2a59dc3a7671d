import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from '../../../../test/servers/free-port.ts';
import { missing, required } from '../../../../test/servers/installed.ts';
import { postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { urlFor } from '../../../../test/servers/postgres-session.ts';
import { removeFolder, startServer, temporaryFolder } from '../../../../test/servers/process.ts';
import { eventually, readingOf, tryTarget } from '../../../../test/try-target.ts';
import { postgres } from '../index.ts';

const baseBackup = { ...postgresServer, name: 'pg_basebackup' };

suite('a primary and its standby', { skip: missing(postgresServer, baseBackup) }, () => {
  test('both sides see the link, a paused replay as stalled, and a lost primary as disconnected', async (t) => {
    const primary = await startPostgres({
      setup: [
        'CREATE ROLE watcher LOGIN',
        'GRANT pg_monitor TO watcher',
        'CREATE ROLE plain LOGIN',
        'CREATE TABLE filler (n int)',
      ],
    });
    t.after(() => primary.stop('SIGQUIT'));
    const standby = await startStandby(primary.port);
    t.after(() => standby.stop());
    const above = tryTarget(postgres, { url: urlFor(primary, 'watcher'), standbys: 1 });
    t.after(() => above.bound.close());
    const below = tryTarget(postgres, { url: urlFor(standby, 'watcher') });
    t.after(() => below.bound.close());

    assert.match((await below.seen('postgres.liveness')).detail ?? '', /standby$/);
    const linked = await eventually(
      () => above.seen('postgres.replication'),
      (seen) => readingOf(seen, 'postgres.replication.standbys') === 1,
    );
    assert.equal(readingOf(linked, 'postgres.replication.missing'), 0);
    const calm = await eventually(
      () => below.seen('postgres.replication'),
      (seen) => readingOf(seen, 'postgres.replication.lag') === 0,
    );
    assert.equal(readingOf(calm, 'postgres.replication.connected'), 1, 'an idle primary makes no lag');
    for (const { probe } of below.bound.checks) await below.seen(probe.id);
    assert.equal(
      readingOf(await below.seen('postgres.replication-states'), 'postgres.replication.replay_paused'),
      0,
    );

    const plain = tryTarget(postgres, { url: urlFor(standby, 'plain') });
    t.after(() => plain.bound.close());
    const hidden = await plain.seen('postgres.replication');
    assert.deepEqual(hidden.readings, []);
    assert.equal(hidden.missing?.[0]?.remedy, 'GRANT pg_monitor TO plain;');

    await standby.query('SELECT pg_wal_replay_pause()');
    await eventually(
      () => standby.query(`SELECT 1 WHERE pg_get_wal_replay_pause_state() = 'paused'`),
      (rows) => rows.length === 1,
    );
    assert.equal(
      readingOf(await below.seen('postgres.replication-states'), 'postgres.replication.replay_paused'),
      1,
    );
    await primary.query('INSERT INTO filler SELECT generate_series(1, 20000)');
    const stalled = await eventually(
      () => above.seen('postgres.replication'),
      (seen) => (readingOf(seen, 'postgres.replication.stalled_bytes') ?? 0) > 500_000,
    );
    assert.ok((readingOf(stalled, 'postgres.replication.lag_bytes') ?? 0) > 500_000);
    await standby.query('SELECT pg_wal_replay_resume()');
    await eventually(
      () => above.seen('postgres.replication'),
      (seen) => readingOf(seen, 'postgres.replication.stalled_bytes') === 0,
    );

    await primary.query('ALTER SYSTEM SET max_wal_senders = 0');
    await primary.restart();
    await eventually(
      () => below.seen('postgres.replication'),
      (seen) => readingOf(seen, 'postgres.replication.connected') === 0,
    );
    assert.equal(readingOf(await above.seen('postgres.replication'), 'postgres.replication.missing'), 1);
  });
});

async function startStandby(primaryPort: number) {
  const isRoot = process.getuid?.() === 0;
  const idOf = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  const as = isRoot ? { uid: idOf('-u'), gid: idOf('-g') } : undefined;
  const folder = temporaryFolder('standby', as);
  const data = join(folder, 'data');
  const port = await freePort();
  await promisify(execFile)(
    required(baseBackup),
    [
      '-D',
      data,
      '-h',
      '127.0.0.1',
      '-p',
      String(primaryPort),
      '-U',
      'postgres',
      '-R',
      '-X',
      'stream',
      '-c',
      'fast',
      '--no-sync',
    ],
    { cwd: folder, ...as },
  );
  const server = await startServer({
    command: required(postgresServer),
    args: ['-D', data, '-c', `port=${port}`, '-c', `unix_socket_directories=${folder}`],
    folder,
    ready: /database system is ready to accept read-only connections/,
    ...(as === undefined ? {} : { as }),
  });
  return {
    port,
    async query(text: string): Promise<unknown[]> {
      const client = new pg.Client({ host: folder, port, user: 'postgres', database: 'postgres' });
      await client.connect();
      try {
        return (await client.query(text)).rows;
      } finally {
        await client.end();
      }
    },
    async stop() {
      await server.stop('SIGQUIT');
      removeFolder(folder);
    },
  };
}
