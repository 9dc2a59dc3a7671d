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
});
