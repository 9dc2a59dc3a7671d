import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type pg from 'pg';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { login, urlFor } from '../../../../test/servers/postgres-session.ts';
import {
  eventually,
  permitFor,
  readingOf,
  type TriedTarget,
  tryTarget,
} from '../../../../test/try-target.ts';
import type { Plan } from '../../../core/action.ts';
import { Permit } from '../../../core/guard.ts';
import { postgres } from '../index.ts';

const id = 'postgres.terminate-backend';

suite('ending a session that blocks', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  let target: TriedTarget;
  let root: pg.Client;
  let waiter: pg.Client;
  let waiting: Promise<unknown>;

  before(async () => {
    server = await startPostgres({
      setup: [
        'CREATE ROLE watcher LOGIN',
        'GRANT pg_monitor, pg_signal_backend TO watcher',
        'CREATE ROLE app LOGIN',
        'CREATE TABLE orders (id int PRIMARY KEY, n int)',
        'INSERT INTO orders SELECT g, 0 FROM generate_series(1, 10) g',
        'GRANT ALL ON orders TO app',
      ],
    });
    target = tryTarget(postgres, { url: urlFor(server, 'watcher') });
    root = await login(server, 'app', 'checkout');
    waiter = await login(server, 'app', 'web');
    await root.query('BEGIN');
    await root.query('UPDATE orders SET n = 1 WHERE id = 1');
    waiting = waiter.query('UPDATE orders SET n = 2 WHERE id = 1');
    await eventually(
      () => target.seen('postgres.blocking'),
      (outcome) => readingOf(outcome, 'postgres.blocked.count') === 1,
    );
  });
  after(async () => {
    await Promise.all([root.end(), waiter.end(), target.bound.close()]);
    await server.stop();
  });

  const identityOf = async (application: string) => {
    const [row] = await server.query(
      `SELECT pid, to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00' AS start
         FROM pg_stat_activity WHERE application_name = '${application}' LIMIT 1`,
    );
    return { pid: Number(row?.pid), backendStart: String(row?.start) };
  };
  const planFor = (input: Record<string, unknown>, by = target) => by.action(id).plan(input, by.context());
  const refusalFor = async (input: Record<string, unknown>, by = target) => {
    const plan = await planFor(input, by);
    return 'refused' in plan ? plan.refused : `planned: ${plan.summary}`;
  };
  const idleLongEnough = async (application: string) =>
    eventually(
      () =>
        server.query(
          `SELECT extract(epoch FROM clock_timestamp() - state_change)::float8 AS s FROM pg_stat_activity WHERE application_name = '${application}'`,
        ),
      ([row]) => Number(row?.s) > 5,
    );

  test('is refused while the session may be between two statements', async () => {
    assert.match(await refusalFor(await identityOf('checkout')), /less than 5 s/);
    await idleLongEnough('checkout');
  });

  test('is refused for a waiter, another start time, no client, our own session and without the grants', async () => {
    assert.match(await refusalFor(await identityOf('web')), /is active, not idle in transaction/);
    const checkout = await identityOf('checkout');
    assert.match(
      await refusalFor({ ...checkout, backendStart: '2020-01-01 00:00:00+00' }),
      /is not there any more/,
    );
    assert.match(await refusalFor(await identityOf('upkeep')), /own sessions/);
    const [row] = await server.query(
      `SELECT pid, to_char(backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || '+00' AS start
         FROM pg_stat_activity WHERE backend_type = 'checkpointer'`,
    );
    assert.match(
      await refusalFor({ pid: row?.pid, backendStart: row?.start }),
      /no client session but checkpointer/,
    );
    await server.query('CREATE ROLE blind LOGIN');
    await server.query('CREATE ROLE unarmed LOGIN');
    await server.query('GRANT pg_monitor TO unarmed');
    const blind = tryTarget(postgres, { url: urlFor(server, 'blind') });
    assert.match(await refusalFor(checkout, blind), /GRANT pg_monitor/);
    const unarmed = tryTarget(postgres, { url: urlFor(server, 'unarmed') });
    const asked = await refusalFor(checkout, unarmed);
    assert.match(asked, /; as a superuser: GRANT pg_signal_backend TO unarmed;$/);
    await server.query(/GRANT .*;$/.exec(asked)?.[0] ?? '');
    assert.doesNotMatch(await refusalFor(checkout, unarmed), /GRANT/);
    await Promise.all([blind.bound.close(), unarmed.bound.close()]);
  });

  test('is refused for a session that blocks nobody, and for a superuser unless told', async () => {
    const idle = await login(server, 'app', 'harmless');
    const admin = await login(server, 'postgres', 'console');
    for (const client of [idle, admin]) {
      await client.query('BEGIN');
      await client.query('SELECT 1');
    }
    await idleLongEnough('console');
    assert.match(await refusalFor(await identityOf('harmless')), /blocks nobody now/);
    assert.match(await refusalFor(await identityOf('console')), /superuser postgres; say evenSuperuser/);
    assert.doesNotMatch(
      await refusalFor({ ...(await identityOf('console')), evenSuperuser: true }),
      /say evenSuperuser/,
    );
    await Promise.all([idle.end(), admin.end()]);
  });

  test('an input that is no timestamp is not accepted', () => {
    assert.throws(() => planFor({ pid: 1, backendStart: "now'; DROP TABLE orders; --" }));
  });

  test('is planned, refuses without a genuine permit, ends the session once and frees the waiters', async () => {
    const action = target.action(id);
    const input = await identityOf('checkout');
    const made = await planFor(input);
    assert.ok(!('refused' in made), 'refused' in made ? made.refused : '');
    assert.equal(made.before.waiters, 1);
    assert.equal(made.undo.possible, false);
    assert.match(
      made.steps[0] ?? '',
      new RegExp(`^SELECT pg_terminate_backend\\(pid\\) .* WHERE pid = ${input.pid} AND`),
    );
    const plan: Plan = { ...made, action: id, target: 'tried', input, risk: action.risk };

    const forged: Permit = Object.create(Permit.prototype);
    await assert.rejects(action.apply(plan, forged, target.context()), { name: 'GuardRefusal' });
    const altered = { ...plan, steps: ['SELECT pg_terminate_backend(1)'] };
    await assert.rejects(action.apply(altered, permitFor(altered), target.context()), /make a new plan/);
    assert.equal((await action.verify(plan, target.context())).good, false);

    assert.match(await action.apply(plan, permitFor(plan), target.context()), /was told to end$/);
    await waiting;
    const verdict = await eventually(
      () => action.verify(plan, target.context()),
      ({ good }) => good,
    );
    assert.equal(verdict.after?.waiters, 0);
    assert.match(await action.apply(plan, permitFor(plan), target.context()), /was gone already/);
    const [row] = await server.query('SELECT n FROM orders WHERE id = 1');
    assert.equal(row?.n, 2);
  });

  test('does nothing when the session has moved on since the plan', async () => {
    const holder = await login(server, 'app', 'holder');
    await holder.query('BEGIN');
    await holder.query('UPDATE orders SET n = 1 WHERE id = 5');
    const next = waiter.query('UPDATE orders SET n = 2 WHERE id = 5');
    await idleLongEnough('holder');
    const input = await identityOf('holder');
    const made = await planFor(input);
    assert.ok(!('refused' in made), 'refused' in made ? made.refused : '');
    await holder.query('COMMIT');
    await next;
    await holder.query('BEGIN');
    await holder.query('SELECT 1');
    const plan: Plan = { ...made, action: id, target: 'tried', input, risk: 'risky' };
    await assert.rejects(target.action(id).apply(plan, permitFor(plan), target.context()), /has moved on/);
    assert.equal((await holder.query('SELECT 1 AS one')).rows[0]?.one, 1);
    await holder.end();
  });
});
