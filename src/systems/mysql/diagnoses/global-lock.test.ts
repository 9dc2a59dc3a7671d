import assert from 'node:assert/strict';
import { after, afterEach, before, suite, test } from 'node:test';
import type { Connection } from 'mysql2/promise';
import { missing } from '../../../../test/servers/installed.ts';
import { type MariadbServer, mariadbServer, startMariadb } from '../../../../test/servers/mariadb.ts';
import { applied, planned, refusal, verified } from '../../../../test/try-action.ts';
import { eventually, readingOf, type TriedTarget, tryTarget } from '../../../../test/try-target.ts';
import { globalWaits } from '../global-lock.ts';
import { mysql } from '../index.ts';

const id = 'mysql.blocked-by-lock';

suite('the global read lock', { skip: missing(mariadbServer) }, () => {
  let server: MariadbServer;
  let target: TriedTarget;
  const open: Connection[] = [];

  before(async () => {
    server = await startMariadb({
      setup: [
        "CREATE USER watcher@'127.0.0.1'",
        "GRANT PROCESS, CONNECTION ADMIN ON *.* TO watcher@'127.0.0.1'",
        "GRANT SELECT ON mysql.* TO watcher@'127.0.0.1'",
        "GRANT SELECT ON shop.* TO watcher@'127.0.0.1'",
        "CREATE USER app@'127.0.0.1'",
        "GRANT ALL ON shop.* TO app@'127.0.0.1'",
        "CREATE USER operator@'127.0.0.1'",
        "GRANT RELOAD ON *.* TO operator@'127.0.0.1'",
        "GRANT SELECT ON shop.* TO operator@'127.0.0.1'",
        'CREATE TABLE orders (id int PRIMARY KEY, n int)',
        'INSERT INTO orders SELECT seq, 0 FROM seq_1_to_100',
      ],
    });
    target = tryTarget(mysql, { url: server.urlFor('watcher') });
  });
  after(async () => {
    await target.bound.close();
    await server.stop();
  });
  afterEach(() => {
    for (const connection of open.splice(0)) connection.destroy();
  });
  const login = async (user: string) => {
    const connection = await server.login(user);
    connection.on('error', () => {});
    open.push(connection);
    return connection;
  };

  test('who sleeps with LOCK TABLES is named and asked to be ended; among several sleepers it is a guess', async () => {
    const [holder, reader] = [await login('app'), await login('app')];
    // A moment is told to the second; one at the edge of a second falls to either side.
    await eventually(
      async () => Date.now() % 1_000,
      (ms) => ms > 350 && ms < 550,
    );
    await holder.query('LOCK TABLES orders WRITE');
    const reading = reader.query('SELECT n FROM orders WHERE id = 1');
    const waiting = () =>
      eventually(
        () => target.seen('mysql.locks'),
        (seen) => readingOf(seen, 'mysql.locks.waiting') === 1,
      );
    await waiting();
    const { findings } = await target.diagnose(id);
    assert.match(
      findings[0]?.summary ?? '',
      new RegExp(
        `^thread ${holder.threadId} \\(app from .*, asleep for .*\\) holds tables by LOCK TABLES, and 1 session waits for them$`,
      ),
    );
    const [recommendation] = findings[0]?.recommendations ?? [];
    assert.equal(recommendation?.action, 'mysql.kill-connection');
    const looks: unknown[] = [];
    for (let n = 0; n < 8; n += 1) {
      await new Promise((resolve) => setTimeout(resolve, 130));
      looks.push((await target.diagnose(id)).findings[0]?.recommendations[0]?.input.idleSince);
    }
    const same = looks.filter((moment) => moment === looks[0]).length;
    assert.ok(same >= 7, `the same session is asked for once, not again each second: ${looks.join()}`);
    assert.match(
      String(await refusal(target, 'mysql.kill-connection', recommendation?.input ?? {})),
      /asleep|sleeps|idle|5 s/,
      'not before it has slept for a while',
    );
    await holder.query('UNLOCK TABLES');
    await reading;

    const [first, second] = [await login('app'), await login('app')];
    await Promise.all([first, second].map((one) => one.query('SELECT 1')));
    await holder.query('LOCK TABLES orders WRITE');
    const again = reader.query('SELECT n FROM orders WHERE id = 1');
    await waiting();
    const guessed = (await target.diagnose(id)).findings[0];
    assert.deepEqual([guessed?.confidence, guessed?.recommendations], [0.6, []]);
    await holder.query('UNLOCK TABLES');
    await again;
  });

  test('who sleeps with FLUSH TABLES WITH READ LOCK is named among idle sessions, and ending it lets all write', async () => {
    const [idle, writer, holder] = [await login('app'), await login('app'), await login('operator')];
    await idle.query('SELECT 1');
    assert.deepEqual((await target.diagnose(id)).findings, []);
    await holder.query('FLUSH TABLES WITH READ LOCK');
    const writing = writer.query('UPDATE orders SET n = 1 WHERE id = 1');
    await eventually(
      () => target.seen('mysql.locks'),
      (seen) => readingOf(seen, 'mysql.locks.waiting') === 1,
    );
    const { findings } = await target.diagnose(id);
    assert.match(
      findings[0]?.summary ?? '',
      new RegExp(
        `^thread ${holder.threadId} \\(operator from .*, asleep for .*\\) holds the global read lock, and 1 session waits to write$`,
      ),
    );
    assert.equal(findings[0]?.confidence, 0.85);
    const [recommendation] = findings[0]?.recommendations ?? [];
    assert.equal(recommendation?.action, 'mysql.kill-connection');
    const input = recommendation?.input ?? {};
    assert.match(
      await refusal(target, 'mysql.kill-connection', { ...input, idleSince: '2026-01-01 00:00:00+00' }),
      /moved on/,
    );
    await eventually(
      () => refusal(target, 'mysql.kill-connection', input),
      (answer) => answer.startsWith('planned'),
    );
    const plan = await planned(target, 'mysql.kill-connection', input);
    await applied(target, plan);
    await writing;
    await eventually(
      () => verified(target, plan),
      ({ good }) => good,
    );
    assert.deepEqual((await target.diagnose(id)).findings, []);
  });

  test('where the server tells the holder it is certain', async () => {
    const [writer, holder] = [await login('app'), await login('operator')];
    await server.query("INSTALL SONAME 'metadata_lock_info'");
    await holder.query('FLUSH TABLES WITH READ LOCK');
    const writing = writer.query('UPDATE orders SET n = 1 WHERE id = 1');
    await eventually(
      () => target.diagnose(id),
      ({ findings }) => findings[0]?.confidence === 0.95,
    );
    await holder.query('UNLOCK TABLES');
    await writing;
  });
});

test('a FLUSH that waits itself is waited for, and is nobody to be taken for a sleeper', () => {
  const session = (
    thread: number,
    command: string,
    state: string,
    seconds: number,
    statement: string | null,
  ) => ({
    ...{ thread, user: 'app', host: '127.0.0.1:1', db: 'shop', command, state, seconds, statement },
    ...{ since: '2026-01-01 00:00:00+00', queryId: null },
  });
  const waits = globalWaits(
    [
      session(1, 'Query', 'Waiting for table flush', 20, 'FLUSH TABLES WITH READ LOCK'),
      session(2, 'Query', 'Waiting for global read lock', 10, 'UPDATE orders SET n = 1'),
      session(3, 'Sleep', '', 30, null),
    ],
    [],
    { threads: undefined, users: undefined },
  );
  assert.deepEqual(
    waits.map(({ thread, blocker }) => [thread, blocker]),
    [[2, 1]],
  );
});
