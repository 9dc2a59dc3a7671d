import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { missing } from '../../../test/servers/installed.ts';
import { type MariadbServer, mariadbServer, startMariadb } from '../../../test/servers/mariadb.ts';
import { eventually } from '../../../test/try-target.ts';
import { openSession } from './session.ts';

suite('a session of MySQL', { skip: missing(mariadbServer) }, () => {
  let server: MariadbServer;
  before(async () => {
    server = await startMariadb();
  });
  after(() => server.stop());

  test('one that is closed while it works is not opened again', async (t) => {
    const session = openSession({ user: 'root' }, { host: '127.0.0.1', port: server.port });
    t.after(() => session.close());
    const { signal } = new AbortController();
    const first = await session.use(signal, async ({ thread }) => thread);
    const cutOff = assert.rejects(
      session.use(signal, ({ query }) => query('SELECT sleep(3)')),
      /closed/,
    );
    const threads = () =>
      server.query(
        `SELECT id, info FROM information_schema.processlist WHERE id >= ${first} AND id <> connection_id()`,
      );
    await eventually(threads, (all) => all.some(({ info }) => info === 'SELECT sleep(3)'));
    await session.close();
    await cutOff;
    await assert.rejects(
      session.use(signal, async ({ thread }) => thread),
      /closed/,
    );
    // The server looks after its client only when the statement ends.
    for (const { id } of await threads()) assert.equal(id, first);
  });

  test('a privilege that lacked and was granted counts at the next look, and a session is kept while no other is to be had', async (t) => {
    await server.query("CREATE USER late@'127.0.0.1' IDENTIFIED BY 'seen'");
    const session = openSession({ user: 'late', password: 'seen' }, { host: '127.0.0.1', port: server.port });
    t.after(() => session.close());
    const { signal } = new AbortController();
    const look = () =>
      session.use(signal, async (db) => ({
        sees: (await db.privileges()).has('PROCESS'),
        others: (await db.query("SELECT id FROM information_schema.processlist WHERE user = 'root'")).length,
        thread: db.thread,
      }));
    const other = await server.login();
    t.after(() => other.end());
    const first = await look();
    assert.deepEqual(first, { sees: false, others: 0, thread: first.thread });
    assert.equal((await look()).thread, first.thread, 'nothing was granted, so nothing is opened anew');

    await server.query("GRANT PROCESS ON *.* TO late@'127.0.0.1'");
    await server.query("ALTER USER late@'127.0.0.1' ACCOUNT LOCK");
    assert.deepEqual(await look(), first, 'the kept session goes on');
    await server.query("ALTER USER late@'127.0.0.1' ACCOUNT UNLOCK");

    const renewed = await look();
    assert.equal(renewed.sees, true);
    assert.ok(renewed.others > 0, 'the session itself sees the others');
    assert.notEqual(renewed.thread, first.thread);
    assert.equal((await look()).thread, renewed.thread);
    await eventually(
      () => server.query(`SELECT id FROM information_schema.processlist WHERE id = ${first.thread}`),
      (rows) => rows.length === 0,
    );
  });
});
