/** What lacks is named, and nothing that was given already. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { missing } from '../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../test/servers/postgres.ts';
import { urlFor } from '../../../test/servers/postgres-session.ts';
import { close, connect, type PostgresConnection } from './client.ts';
import { postgresConfig } from './config.ts';
import { lackingForLog } from './diagnoses/server-log.ts';
import { hiddenFrom, visibility } from './visibility.ts';

suite('what a role of PostgreSQL may not see', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  let conn: PostgresConnection;
  before(async () => {
    server = await startPostgres({ setup: ['CREATE ROLE "Watcher" LOGIN'] });
    conn = connect(postgresConfig.parse({ url: urlFor(server, 'Watcher') }));
  });
  after(async () => {
    await close(conn);
    await server.stop('SIGQUIT');
  });
  const lacks = () => conn.work.use(AbortSignal.timeout(60_000), lackingForLog);
  const hidden = () =>
    conn.work.use(AbortSignal.timeout(60_000), async (query) => hiddenFrom(await visibility(query), ['m']));

  test('of a session that is kept each look names the grants that still lack', async () => {
    const read = 'GRANT EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint) TO "Watcher";';
    assert.deepEqual(await lacks(), ['GRANT pg_monitor TO "Watcher";', read]);
    assert.equal((await hidden())[0]?.remedy, 'GRANT pg_monitor TO "Watcher";');

    await server.query('GRANT pg_monitor TO "Watcher"');
    assert.deepEqual(await lacks(), [read], 'what was granted is not asked for again');
    assert.deepEqual(await hidden(), []);

    await server.query(read);
    assert.deepEqual(await lacks(), []);
  });

  test('a role that was granted and is not inherited is told from one that was not', async () => {
    const [version] = await server.query('SHOW server_version_num');
    const isNew = Number(version?.server_version_num) >= 160_000;
    await server.query('REVOKE pg_monitor FROM "Watcher"');
    await server.query('ALTER ROLE "Watcher" NOINHERIT');
    await server.query('GRANT pg_monitor TO "Watcher"');
    const [only] = await hidden();
    assert.match(only?.reason ?? '', /was granted pg_monitor and does not inherit it/);
    assert.equal(
      only?.remedy,
      isNew ? 'GRANT pg_monitor TO "Watcher" WITH INHERIT TRUE;' : 'ALTER ROLE "Watcher" INHERIT;',
    );
    await server.query(only?.remedy ?? '');
    assert.deepEqual(await hidden(), []);
  });
});
