import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { login, urlFor } from '../../../../test/servers/postgres-session.ts';
import { applied, assertGuarded, planned, refusal, verified } from '../../../../test/try-action.ts';
import { eventually, type TriedTarget, tryTarget } from '../../../../test/try-target.ts';
import { postgres } from '../index.ts';

suite('vacuum and statistics', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  let target: TriedTarget;

  before(async () => {
    server = await startPostgres({
      settings: { autovacuum: 'off', max_prepared_transactions: 2 },
      setup: [
        'CREATE ROLE watcher LOGIN',
        'CREATE ROLE owner LOGIN',
        'GRANT pg_monitor, owner TO watcher',
        'CREATE TABLE orders (id int, n int)',
        'INSERT INTO orders SELECT g, 0 FROM generate_series(1, 5000) g',
        'ALTER TABLE orders OWNER TO owner',
        'CREATE TABLE others (id int)',
      ],
    });
    target = tryTarget(postgres, { url: urlFor(server, 'watcher') });
  });
  after(async () => {
    await target.bound.close();
    await server.stop();
  });

  test('statistics are collected once for a plan', async () => {
    const plan = await planned(target, 'postgres.analyze', { table: 'orders' });
    assert.deepEqual(plan.steps, ['ANALYZE "public"."orders"']);
    await assertGuarded(target, plan);
    assert.equal((await verified(target, plan)).good, false);
    assert.match(await applied(target, plan), /was analysed$/);
    await eventually(
      () => verified(target, plan),
      ({ good }) => good,
    );
    assert.match(await applied(target, plan), /meanwhile$/);
    await server.query('CREATE ROLE "Shop"; ALTER TABLE others OWNER TO "Shop"');
    const asked = await refusal(target, 'postgres.analyze', { table: 'others' });
    assert.match(asked, /; as a superuser: GRANT "Shop" TO watcher;$/);
    await server.query(/GRANT .*;$/.exec(asked)?.[0] ?? '');
    await planned(target, 'postgres.analyze', { table: 'others' });
    assert.match(
      await refusal(target, 'postgres.analyze', { table: 'x"; DROP TABLE orders' }),
      /there is no table/,
    );
  });

  test('dead rows are removed, unless somebody holds them', async () => {
    await server.query('UPDATE orders SET n = n + 1');
    await eventually(
      () => refusal(target, 'postgres.vacuum', { table: 'orders' }),
      (why) => why.startsWith('planned'),
    );
    const plan = await planned(target, 'postgres.vacuum', { table: 'orders' });
    assert.deepEqual(plan.steps, ['VACUUM (ANALYZE) "public"."orders"']);
    const whole = await planned(target, 'postgres.vacuum', { table: 'public.orders' });
    assert.deepEqual([whole.steps, whole.subjects], [plan.steps, plan.subjects]);
    assert.match(whole.summary, /^Vacuum public\.orders:/);
    assert.match(
      await refusal(target, 'postgres.vacuum', { table: 'public.nosuch' }),
      /there is no plain table public\.nosuch in/,
    );
    await assertGuarded(target, plan);
    assert.equal((await verified(target, plan)).good, false);
    assert.match(await applied(target, plan), /was vacuumed$/);
    const verdict = await eventually(
      () => verified(target, plan),
      ({ good }) => good,
    );
    assert.equal(verdict.after?.dead, 0);
    assert.match(await applied(target, plan), /meanwhile$/);
  });

  test('a vacuum that could remove nothing does not count as good', async () => {
    const holder = await login(server, 'owner', 'holder');
    await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await holder.query('SELECT 1 FROM orders');
    await server.query('UPDATE orders SET n = n + 1');
    await eventually(
      () => refusal(target, 'postgres.vacuum', { table: 'orders' }),
      (why) => /5000 dead rows/.test(why),
    );
    const plan = await planned(target, 'postgres.vacuum', { table: 'orders' });
    await applied(target, plan);
    const verdict = await eventually(
      () => verified(target, plan),
      ({ detail }) => !detail.startsWith('not vacuumed'),
    );
    assert.equal(verdict.good, false);
    assert.match(verdict.detail, /5000 dead rows are left of 5000/);
    await holder.end();
  });
});
