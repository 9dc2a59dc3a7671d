import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { login, urlFor } from '../../../../test/servers/postgres-session.ts';
import { close, connect, type PostgresConnection } from '../client.ts';
import { statementShares } from './statement-shares.ts';

suite('shares of the time of statements', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  const opened: PostgresConnection[] = [];
  let nowMs = 0;

  before(async () => {
    server = await startPostgres({
      settings: { shared_preload_libraries: 'pg_stat_statements' },
      setup: [
        'CREATE ROLE watcher LOGIN',
        'GRANT pg_monitor TO watcher',
        'CREATE ROLE app LOGIN',
        'CREATE EXTENSION pg_stat_statements',
      ],
    });
  });
  after(async () => {
    for (const conn of opened) await close(conn);
    await server.stop();
  });

  function watch(role: string) {
    const conn = connect({ url: urlFor(server, role), statements: true });
    opened.push(conn);
    return (passMs: number) => {
      nowMs += passMs;
      return conn.work.use(AbortSignal.timeout(60_000), (query) =>
        statementShares(conn, query, 'public', nowMs),
      );
    };
  }

  test('what takes the time of a minute is told with its values replaced, and is 0 when it is over', async () => {
    const look = watch('watcher');
    assert.deepEqual(await look(60_000), { readings: [], missing: [] });
    const app = await login(server, 'app', 'shop');
    await app.query("SELECT pg_sleep(0.4), 'card 4111' AS secret");
    await app.query("SELECT pg_sleep(0.1) /* s3cret */ WHERE 'a' <> 's3cret'");
    await app.end();
    const { readings } = await look(60_000);
    const [first, second] = [...readings].sort((a, b) => b.value - a.value);
    assert.match(first?.labels?.statement ?? '', /^select pg_sleep\(\?\),\? as secret$/);
    // Of a tenth of a processor over the minute, six seconds.
    assert.ok(first && first.value > 0.06 && first.value < 0.2, `${first?.value}`);
    assert.match(second?.labels?.statement ?? '', /^select pg_sleep\(\?\)where \?<>\?$/);
    assert.doesNotMatch(JSON.stringify(readings), /4111|s3cret/);
    assert.deepEqual(await look(30_000), { readings: [], missing: [] }, 'not before a minute is over');
    const over = (await look(30_000)).readings.find(({ labels }) => labels?.statement?.includes('secret'));
    assert.equal(over?.value, 0);
  });

  test('a role that may not see the statements of others says so, with the grant', async () => {
    const look = watch('app');
    await server.query('SELECT pg_sleep(0.01)');
    assert.deepEqual((await look(60_000)).missing, [
      {
        metrics: ['postgres.statements.share'],
        reason: 'statements of other roles are hidden',
        remedy: 'GRANT pg_monitor TO app;',
      },
    ]);
  });

  test('many different statements are bounded', async () => {
    const look = watch('watcher');
    for (let i = 0; i < 40; i++) {
      const table = `many_${i}${'x'.repeat(40)}`;
      await server.query(`CREATE TABLE ${table} AS SELECT 1 AS n`);
      await server.query(`GRANT SELECT ON ${table} TO app`);
    }
    await look(60_000);
    const app = await login(server, 'app', 'shop');
    for (let i = 0; i < 40; i++) await app.query(`SELECT pg_sleep(0.02) FROM many_${i}${'x'.repeat(40)}`);
    await app.end();
    const { readings } = await look(60_000);
    assert.equal(readings.length, 20);
    for (const { labels } of readings) assert.ok((labels?.statement?.length ?? 999) <= 160);
  });
});
