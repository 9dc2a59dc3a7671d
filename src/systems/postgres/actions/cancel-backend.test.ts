import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type pg from 'pg';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { login, urlFor } from '../../../../test/servers/postgres-session.ts';
import { applied, assertGuarded, planned, refusal, verified } from '../../../../test/try-action.ts';
import { eventually, type TriedTarget, tryTarget } from '../../../../test/try-target.ts';
import { postgres } from '../index.ts';

const id = 'postgres.cancel-backend';

suite('taking back a statement', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  let target: TriedTarget;
  let reader: pg.Client;
  let migration: pg.Client;
  let web: pg.Client;
  let altering: Promise<unknown>;
  let selecting: Promise<unknown>;

  before(async () => {
    server = await startPostgres({
      setup: [
        'CREATE ROLE watcher LOGIN',
        'GRANT pg_monitor, pg_signal_backend TO watcher',
        'CREATE ROLE app LOGIN',
        'CREATE TABLE orders (id int PRIMARY KEY)',
        'ALTER TABLE orders OWNER TO app',
      ],
    });
    target = tryTarget(postgres, { url: urlFor(server, 'watcher') });
    reader = await login(server, 'app', 'report');
    migration = await login(server, 'app', 'migration');
    web = await login(server, 'app', 'web');
    await reader.query('BEGIN');
    await reader.query('SELECT * FROM orders');
    altering = migration.query('ALTER TABLE orders ADD COLUMN extra int').catch((error: unknown) => error);
    await waiting(1);
    selecting = web.query('SELECT * FROM orders');
    await waiting(2);
  });
  after(async () => {
    await Promise.all([reader.end(), migration.end(), web.end(), target.bound.close()]);
    await server.stop();
  });

  const waiting = (count: number) =>
    eventually(
      () => server.query('SELECT 1 FROM pg_locks WHERE NOT granted'),
      (rows) => rows.length === count,
    );
  const identityOf = async (application: string) => {
    const [row] = await server.query(
      `SELECT pid, to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00' AS start
         FROM pg_stat_activity WHERE application_name = $1 LIMIT 1`,
      [application],
    );
    return { pid: Number(row?.pid), backendStart: String(row?.start) };
  };

  test('is refused for who does nothing, holds up nobody, or is a backup', async () => {
    assert.match(await refusal(target, id, await identityOf('report')), /there is no statement to take back/);
    assert.match(await refusal(target, id, await identityOf('web')), /holds up nobody and has run for less/);
    assert.match(
      await refusal(target, id, {
        ...(await identityOf('migration')),
        backendStart: '2020-01-01 00:00:00+00',
      }),
      /not there any more/,
    );
    const dump = await login(server, 'app', 'pg_dump');
    const sleeping = dump.query('SELECT pg_sleep(60)').catch(() => {});
    await eventually(
      () =>
        refusal(target, id, { pid: 1, backendStart: '2020-01-01 00:00:00+00' }).then(() =>
          identityOf('pg_dump'),
        ),
      ({ pid }) => pid > 0,
    );
    assert.match(await refusal(target, id, await identityOf('pg_dump')), /a backup is not cut off/);
    await server.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'pg_dump'`,
    );
    await sleeping;
    await dump.end();
  });

  test('the waiting ALTER is taken back once, the reader reads on and the queue goes on', async () => {
    const plan = await planned(target, id, await identityOf('migration'));
    assert.match(plan.summary, /waiting for a lock for .*1 sessions queue behind: ALTER TABLE orders/);
    await assertGuarded(target, plan);
    assert.equal((await verified(target, plan)).good, false);
    assert.match(await applied(target, plan), /was told to stop its statement$/);
    assert.match(String(await altering), /canceling statement due to user request/);
    await selecting;
    // The client hears of the error before pg_stat_activity shows that the statement has ended.
    await eventually(
      () => verified(target, plan),
      ({ good }) => good,
    );
    assert.match(await applied(target, plan), /had ended that statement already/);
    assert.equal((await reader.query('SELECT 1 AS one')).rows[0]?.one, 1);
  });

  test('another statement of the same session is left alone', async () => {
    const again = migration.query('ALTER TABLE orders ADD COLUMN extra int').catch((error: unknown) => error);
    await waiting(1);
    const next = web.query('SELECT * FROM orders');
    await waiting(2);
    const plan = await planned(target, id, await identityOf('migration'));
    await server.query('SELECT pg_cancel_backend($1)', [plan.before.pid]);
    await again;
    await next;
    const later = migration.query('SELECT pg_sleep(0.3)');
    assert.match(await applied(target, plan), /had ended that statement already/);
    await later;
  });
});
