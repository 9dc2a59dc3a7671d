import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missing } from '../../../test/servers/installed.ts';
import { postgresServer, startPostgres } from '../../../test/servers/postgres.ts';
import { urlFor } from '../../../test/servers/postgres-session.ts';
import { eventually } from '../../../test/try-target.ts';
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
