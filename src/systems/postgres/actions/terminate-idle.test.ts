import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type pg from 'pg';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { login, urlFor } from '../../../../test/servers/postgres-session.ts';
import { applied, assertGuarded, planned, refusal, verified } from '../../../../test/try-action.ts';
import { eventually, type TriedTarget, tryTarget } from '../../../../test/try-target.ts';
import { postgres } from '../index.ts';

const id = 'postgres.terminate-idle';

suite('ending idle sessions while slots run out', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  let target: TriedTarget;
  let idle: pg.Client[];
  let sessions: { client: pg.Client; pid: unknown }[];

  before(async () => {
    server = await startPostgres({
      settings: { max_connections: 12 },
      setup: [
        'CREATE ROLE watcher LOGIN',
        'GRANT pg_monitor, pg_signal_backend TO watcher',
        'CREATE ROLE app LOGIN',
        'CREATE TABLE orders (n int)',
        'GRANT ALL ON orders TO app',
      ],
    });
    target = tryTarget(postgres, { url: urlFor(server, 'watcher') });
    await target.seen('postgres.activity');
    idle = [];
    for (let at = 0; at < 6; at += 1) idle.push(await login(server, 'app', 'export'));
    sessions = await Promise.all(
      idle.map(async (client) => ({
        client,
        pid: (await client.query('SELECT pg_backend_pid() AS pid')).rows[0]?.pid,
      })),
    );
  });
  after(async () => {
    await Promise.all(idle.map((client) => client.end().catch(() => {})));
    await target.bound.close();
    await server.stop();
  });

  const input = { role: 'app', application: 'export', idleForSeconds: 10, most: 4 };

  test('only those idle long enough are ended, as many as were asked, and not who works again', async () => {
    await Promise.all(idle.map((client) => client.query('SELECT 1')));
    assert.match(
      await refusal(target, id, input),
      /no session of app \(export\) has been idle for 10 s; 6 idle for less than 10 s/,
    );
    assert.match(await refusal(target, id, { ...input, role: 'postgres' }), /is a superuser/);
    await idle[5]?.query('BEGIN');
    // Five of them, of which one is spared.
    await eventually(
      () => refusal(target, id, { ...input, most: 6 }),
      (why) => why.startsWith('planned: End 5 sessions'),
      120_000,
    );
    const plan = await planned(target, id, input);
    assert.match(plan.summary, /^End 4 sessions of app \(export\) that have been idle for 10 s or longer; /);
    assert.match(
      plan.expect,
      /; spared: 1 idle as long, but there is room enough without ending them; 1 in a transaction$/,
    );
    await assertGuarded(target, plan);
    assert.equal((await verified(target, plan)).good, false);
    const [first] = String(plan.before.sessions).split('|');
    const again = sessions.find(({ pid }) => `${pid}` === first);
    await again?.client.query('SELECT 1');
    assert.match(
      await applied(target, plan),
      /^3 of 4 sessions were told to end; the others were gone or at work again$/,
    );
    const verdict = await eventually(
      () => verified(target, plan),
      ({ good }) => good,
    );
    assert.equal(verdict.after?.left, 0);
    assert.match(await applied(target, plan), /^0 of 4/);
    assert.equal((await again?.client.query('SELECT 1 AS one'))?.rows[0]?.one, 1);
    assert.equal((await idle[5]?.query('SELECT 1 AS one'))?.rows[0]?.one, 1, 'who is in a transaction stays');
  });

  test('is refused while there are slots enough', async () => {
    await Promise.all(idle.splice(0).map((client) => client.end().catch(() => {})));
    await eventually(
      () => refusal(target, id, input),
      (why) => /only \d of \d slots are taken/.test(why),
    );
  });
});
