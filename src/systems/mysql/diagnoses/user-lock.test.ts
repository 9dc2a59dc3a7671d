import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Connection } from 'mysql2/promise';
import { missing } from '../../../../test/servers/installed.ts';
import { type MariadbServer, mariadbServer, startMariadb } from '../../../../test/servers/mariadb.ts';
import { type TriedTarget, tryTarget } from '../../../../test/try-target.ts';
import { mysql } from '../index.ts';

suite('a lock of the application', { skip: missing(mariadbServer) }, () => {
  let server: MariadbServer;
  let target: TriedTarget;
  const open: Connection[] = [];

  before(async () => {
    server = await startMariadb({
      setup: [
        "CREATE USER watcher@'127.0.0.1'",
        "GRANT PROCESS ON *.* TO watcher@'127.0.0.1'",
        "GRANT SELECT ON shop.* TO watcher@'127.0.0.1'",
        "CREATE USER app@'127.0.0.1'",
        "GRANT SELECT ON shop.* TO app@'127.0.0.1'",
      ],
    });
    target = tryTarget(mysql, { url: server.urlFor('watcher') });
  });
  after(async () => {
    for (const connection of open) connection.destroy();
    await target.bound.close();
    await server.stop();
  });
  const login = async () => {
    const connection = await server.login('app');
    connection.on('error', () => {});
    open.push(connection);
    return connection;
  };

  test('its name and its holder are told; one that waits may take turns, many do not', async () => {
    const holder = await login();
    await holder.query("SELECT GET_LOCK('nightly', 0)");
    const id = holder.threadId;
    const wait = async () => {
      const waiter = await login();
      void waiter.query("SELECT GET_LOCK('nightly', 600)").catch(() => {});
    };
    const seen = async (waiting: number) => {
      for (;;) {
        const { findings } = await target.diagnose('mysql.user-lock');
        if (findings[0]?.summary.startsWith(`${waiting} session`)) return findings[0];
      }
    };
    const calm = await target.diagnose('mysql.user-lock');
    assert.deepEqual([calm.findings, calm.evidence[0]?.unseen], [[], undefined]);
    await wait();
    const one = await seen(1);
    assert.match(
      one.summary,
      new RegExp(
        `^1 session waits in GET_LOCK for the lock "nightly", which thread ${id} \\(app from .*, Sleep for \\d+ .*\\) holds$`,
      ),
    );
    assert.equal(one.confidence, 0.5);
    await Promise.all([wait(), wait()]);
    const many = await seen(3);
    assert.equal(many.confidence, 0.85);
    assert.match(many.explanation, new RegExp(`KILL ${id} gives the lock to the next`));
    assert.deepEqual(many.recommendations, [], 'what it is for, only its application knows');
  });
});
