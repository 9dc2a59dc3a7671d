import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { after, before, suite, type TestContext, test } from 'node:test';
import type pg from 'pg';
import { freePort } from '../../../test/servers/free-port.ts';
import { missing } from '../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../test/servers/postgres.ts';
import { login, urlFor } from '../../../test/servers/postgres-session.ts';
import { freeze } from '../../../test/servers/process.ts';
import { eventually, tryTarget } from '../../../test/try-target.ts';
import { postgres } from './index.ts';
import { Session } from './session.ts';

/** A session that a failed test left open would keep this file from ending. */
function tried(t: TestContext, url: string) {
  const target = tryTarget(postgres, { url });
  t.after(() => target.bound.close());
  return target;
}

test('a closed port is refused, a name that does not resolve unreachable', async (t) => {
  const closed = tried(t, `postgres://me@127.0.0.1:${await freePort()}/x`);
  const refused = await closed.check('postgres.liveness');
  assert.ok(!refused.ok);
  assert.equal(refused.why, 'refused');
  assert.match(refused.detail, /ECONNREFUSED/);
  const nameless = tried(t, 'postgres://me@no-such-host.invalid:5432/x');
  const unreachable = await nameless.check('postgres.liveness');
  assert.equal(unreachable.ok ? '' : unreachable.why, 'unreachable');
});

test('a listener that says nothing is a timeout, at the time given', async (t) => {
  const callers: Socket[] = [];
  const mute = createServer((caller) => callers.push(caller));
  t.after(() => {
    mute.close();
    for (const caller of callers) caller.destroy();
  });
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  const address = mute.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const target = tried(t, `postgres://me@127.0.0.1:${port}/x`);
  const started = performance.now();
  const outcome = await target.check('postgres.liveness', { timeoutMs: 200 });
  assert.ok(!outcome.ok);
  assert.equal(outcome.why, 'timeout');
  assert.equal(outcome.detail, 'no answer within 200 ms');
  assert.ok(performance.now() - started < 10_000);
});

suite('a session outlives its server', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres();
  });
  after(() => server.stop());

  test('after a restart the next check logs in anew and is good', async (t) => {
    const target = tried(t, urlFor(server, 'postgres'));
    await target.seen('postgres.liveness');
    await server.restart();
    await target.seen('postgres.liveness');
  });

  test('a frozen server times out, holds no other check up, and is seen again when it goes on', async (t) => {
    const target = tried(t, urlFor(server, 'postgres'));
    await target.seen('postgres.liveness');
    await target.seen('postgres.tables');
    const sessions = await server.query(`SELECT pid FROM pg_stat_activity WHERE application_name = 'upkeep'`);
    const all = [server.pid, ...sessions.map((row) => Number(row.pid))];
    assert.equal(all.length, 3);
    await Promise.all(all.map(freeze));
    try {
      const outcomes = await Promise.all(
        ['postgres.liveness', 'postgres.tables', 'postgres.slots'].map((probe) =>
          target.check(probe, { timeoutMs: 300 }),
        ),
      );
      for (const outcome of outcomes) assert.equal(outcome.ok ? 'ok' : outcome.why, 'timeout');
    } finally {
      for (const pid of all) process.kill(pid, 'SIGCONT');
    }
    await target.seen('postgres.liveness');
    await target.seen('postgres.slots');
  });

  test('a session that is closed while it works is not opened again', async (t) => {
    const session = new Session({
      connectionString: urlFor(server, 'postgres'),
      application_name: 'closing',
    });
    t.after(() => session.close());
    const open = () =>
      server.query(`SELECT pid, state FROM pg_stat_activity WHERE application_name = 'closing'`);
    const { signal } = new AbortController();
    await session.use(signal, (query) => query('SELECT 1'));
    const [first] = await open();
    const cutOff = assert.rejects(
      session.use(signal, (query) => query('SELECT pg_sleep(3)')),
      /closed/,
    );
    await eventually(open, ([one]) => one?.state === 'active');
    await session.close();
    await cutOff;
    await assert.rejects(
      session.use(signal, (query) => query('SELECT 1')),
      /closed/,
    );
    // The server looks after its client only when the statement ends.
    for (const { pid } of await open()) assert.equal(pid, first?.pid);
  });

  test('a missing database is refused by name', async (t) => {
    const wrong = tried(t, urlFor(server, 'postgres', 'nowhere'));
    const outcome = await wrong.check('postgres.liveness');
    assert.ok(!outcome.ok);
    assert.equal(outcome.why, 'refused');
    assert.match(outcome.detail, /nowhere.*3D000/);
  });
});

suite('a session of a full server', { skip: missing(postgresServer) }, () => {
  test('a job that ran out of time does not cost the slot that it had', async (t) => {
    const server = await startPostgres({
      settings: { max_connections: 6, superuser_reserved_connections: 2 },
      setup: ['CREATE ROLE watcher LOGIN', 'CREATE ROLE app LOGIN'],
    });
    t.after(() => server.stop());
    const session = new Session({ connectionString: urlFor(server, 'watcher') }, { holdsOn: true });
    t.after(() => session.close());
    const { signal } = new AbortController();
    const pid = () =>
      session.use(signal, async (query) => {
        const [row] = await query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
        return row?.pid;
      });
    const first = await pid();
    const others: pg.Client[] = [];
    t.after(() => Promise.all(others.map((one) => one.end())));
    const isLetIn = async () => {
      try {
        others.push(await login(server, 'app', 'leaky-api'));
        return true;
      } catch {
        return false;
      }
    };
    while (await isLetIn());
    const hurried = new AbortController();
    const late = session.use(hurried.signal, async (query) => {
      await query('SELECT pg_sleep(0.3)');
      await query("SELECT set_config('upkeep.late', 'yes', false)");
    });
    const atWork = async () => {
      const rows = await server.query(
        "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(0.3)' AND state = 'active' AND pid <> pg_backend_pid()",
      );
      return rows.length > 0;
    };
    await eventually(atWork, Boolean);
    hurried.abort(new Error('out of time'));
    await assert.rejects(late, /out of time/);
    await eventually(atWork, (isBusy) => !isBusy);
    assert.equal(await isLetIn(), false, 'nobody gets its slot');
    assert.equal(await pid(), first, 'it is the only one that can look');
    const [set] = await session.use(signal, (query) =>
      query("SELECT current_setting('upkeep.late', true) AS late"),
    );
    assert.notEqual(set?.late, 'yes', 'what ran out of time does nothing more');
    await Promise.all(others.splice(0).map((one) => one.end()));
  });

  test('with room again the next job after one that ran out of time gets a new session, and the old one ends', async (t) => {
    const server = await startPostgres();
    t.after(() => server.stop());
    const session = new Session(
      { connectionString: urlFor(server, 'postgres'), application_name: 'kept' },
      { holdsOn: true },
    );
    t.after(() => session.close());
    const hurried = new AbortController();
    const late = session.use(hurried.signal, async (query) => {
      hurried.abort(new Error('out of time'));
      return query('SELECT pg_sleep(0.2)');
    });
    await assert.rejects(late, /out of time/);
    const { signal } = new AbortController();
    await session.use(signal, (query) => query('SELECT 1'));
    await eventually(
      () => server.query("SELECT 1 FROM pg_stat_activity WHERE application_name = 'kept'"),
      (rows) => rows.length === 1,
    );
  });
});
