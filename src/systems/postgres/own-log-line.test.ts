import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { missing } from '../../../test/servers/installed.ts';
import { postgresServer, startPostgres } from '../../../test/servers/postgres.ts';
import { urlFor } from '../../../test/servers/postgres-session.ts';
import { removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import { eventually } from '../../../test/try-target.ts';
import { releaseFor } from './backups/programs.ts';
import { close, connect } from './client.ts';
import { postgresConfig } from './config.ts';
import { isOwnLogLine } from './logs.ts';

test('errors of our own statements are told from those of others, by process and by name', {
  skip: missing(postgresServer),
}, async (t) => {
  const server = await startPostgres({
    settings: { log_line_prefix: '%m [%p] %q%u@%d ' },
    setup: ['CREATE ROLE watcher LOGIN'],
  });
  const conn = connect(postgresConfig.parse({ url: urlFor(server, 'watcher') }));
  t.after(async () => {
    await close(conn);
    await server.stop('SIGQUIT');
  });
  const ask = conn.seldom.use(AbortSignal.timeout(60_000), (query) => query('SELECT ours FROM nowhere'));
  await assert.rejects(ask, /nowhere/);
  await assert.rejects(server.query('SELECT theirs FROM elsewhere'), /elsewhere/);
  const text = await eventually(
    async () => server.output(),
    (output) => output.includes('SELECT theirs'),
    120_000,
  );
  const lines = text.split('\n').filter((line) => /nowhere|elsewhere/.test(line));
  assert.ok(lines.length >= 4, text);
  for (const line of lines) assert.equal(isOwnLogLine(conn, line), line.includes('nowhere'), line);
  assert.ok(isOwnLogLine(conn, '2026-11-23 07:45:03 UTC app=upkeep ERROR:  canceling statement'));
  assert.ok(!isOwnLogLine(conn, '2026-11-23 07:45:03 UTC app=shop ERROR:  upkeep of what'));
});

test('what a copy of ours that was cut off makes the server write is ours, and that of another role is not', {
  skip: missing(postgresServer),
}, async (t) => {
  const server = await startPostgres({
    settings: { log_line_prefix: '%m [%p] %q%u@%d ' },
    setup: ['CREATE ROLE watcher LOGIN REPLICATION', 'CREATE ROLE other LOGIN REPLICATION'],
  });
  const folder = temporaryFolder('cut-copy');
  const conn = connect(postgresConfig.parse({ url: urlFor(server, 'watcher') }));
  t.after(async () => {
    await close(conn);
    await server.stop('SIGQUIT');
    removeFolder(folder);
  });
  for (const role of ['watcher', 'other']) {
    const words = ['--max-rate=64k', '--checkpoint=fast', '--wal-method=none', '-D', join(folder, role)];
    const program = join(releaseFor(15).bin, 'pg_basebackup');
    const child = spawn(program, ['-d', urlFor(server, role), ...words], { stdio: 'ignore' });
    await eventually(
      () => server.query("SELECT FROM pg_stat_activity WHERE backend_type = 'walsender'"),
      (rows) => rows.length > 0,
    );
    await eventually(
      () => server.query('SELECT FROM pg_stat_progress_basebackup WHERE backup_streamed > 0'),
      (rows) => rows.length > 0,
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
    await eventually(
      () => server.query("SELECT FROM pg_stat_activity WHERE backend_type = 'walsender'"),
      (rows) => rows.length === 0,
    );
  }
  const lines = server
    .output()
    .split('\n')
    .filter((line) => /(watcher|other)@/.test(line));
  assert.ok(lines.some((line) => line.includes('watcher@')) && lines.some((line) => line.includes('other@')));
  for (const line of lines) assert.equal(isOwnLogLine(conn, line), line.includes('watcher@'), line);
  assert.ok(
    !isOwnLogLine(conn, '2026-11-23 07:45:03 UTC [1] watcher@shop ERROR:  relation "x" does not exist'),
  );
});
