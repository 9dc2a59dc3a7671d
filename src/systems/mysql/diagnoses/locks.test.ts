import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type { Connection } from 'mysql2/promise';
import { missing } from '../../../../test/servers/installed.ts';
import { type MariadbServer, mariadbServer, startMariadb } from '../../../../test/servers/mariadb.ts';
import {
  eventually,
  permitFor,
  readingOf,
  type TriedTarget,
  targetName,
  tryTarget,
} from '../../../../test/try-target.ts';
import type { Plan } from '../../../core/action.ts';
import type { Finding } from '../../../core/evidence.ts';
import { Permit } from '../../../core/guard.ts';
import { mysql } from '../index.ts';

const blocked = 'mysql.blocked-by-lock';

suite('locks that others hold', { skip: missing(mariadbServer) }, () => {
  let server: MariadbServer;
  let target: TriedTarget;
  const open: Connection[] = [];

  before(async () => {
    server = await startMariadb({
      setup: [
        "CREATE USER watcher@'127.0.0.1'",
        "GRANT PROCESS, CONNECTION ADMIN ON *.* TO watcher@'127.0.0.1'",
        "GRANT SELECT ON shop.* TO watcher@'127.0.0.1'",
        "CREATE USER unarmed@'127.0.0.1'",
        "GRANT PROCESS ON *.* TO unarmed@'127.0.0.1'",
        "GRANT SELECT ON shop.* TO unarmed@'127.0.0.1'",
        "CREATE USER app@'127.0.0.1'",
        "GRANT ALL ON shop.* TO app@'127.0.0.1'",
        'CREATE TABLE orders (id int PRIMARY KEY, n int)',
        'INSERT INTO orders SELECT seq, 0 FROM seq_1_to_100',
      ],
    });
    target = tryTarget(mysql, { url: server.urlFor('watcher') });
  });
  after(async () => {
    await target.bound.close();
    for (const connection of open) connection.destroy();
    await server.stop();
  });

  const login = async (user = 'app') => {
    const connection = await server.login(user);
    connection.on('error', () => {});
    open.push(connection);
    return connection;
  };
  const waiting = (count: number) =>
    eventually(
      () => target.seen('mysql.locks'),
      (seen) => readingOf(seen, 'mysql.locks.waiting') === count,
    );
  const found = async (isGood: (finding: Finding) => boolean) => {
    const { findings } = await eventually(
      () => target.diagnose(blocked),
      ({ findings: [first] }) => first !== undefined && isGood(first),
    );
    return findings[0] as Finding;
  };
  const recommended = (finding: Finding, action: string) => {
    const one = finding.recommendations.find((recommendation) => recommendation.action === action);
    assert.ok(one, `${action} is not recommended: ${finding.summary}`);
    return one.input;
  };
  const planFor = async (
    action: string,
    input: Readonly<Record<string, unknown>>,
    by = target,
  ): Promise<Plan> => {
    const made = await eventually(
      async () => by.action(action).plan(input, by.context()),
      (draft) => !('refused' in draft && /less than 5 s/.test(draft.refused)),
    );
    assert.ok(!('refused' in made), 'refused' in made ? made.refused : '');
    return { ...made, action, target: targetName, input, risk: 'risky' };
  };
  const refusalFor = async (action: string, input: Readonly<Record<string, unknown>>, by = target) => {
    const made = await by.action(action).plan(input, by.context());
    return 'refused' in made ? made.refused : `planned: ${made.summary}`;
  };
  const apply = (plan: Plan) => target.action(plan.action).apply(plan, permitFor(plan), target.context());
  const verified = (plan: Plan) =>
    eventually(
      () => target.action(plan.action).verify(plan, target.context()),
      ({ good }) => good,
    );

  test('a metadata lock: the waiting DDL, the transaction that holds it, and who queues; the DDL is taken back', async () => {
    const [holder, changer, reader] = [await login(), await login(), await login()];
    await holder.query('BEGIN');
    await holder.query('SELECT * FROM orders WHERE id = 1');
    const changing = changer
      .query('ALTER TABLE orders ADD COLUMN extra int')
      .catch((error: unknown) => error);
    await waiting(1);
    const reading = reader.query('SELECT COUNT(*) FROM orders');
    await waiting(2);

    const finding = await found(({ recommendations }) => recommendations.length === 2);
    assert.match(
      finding.summary,
      new RegExp(
        `^thread ${changer.threadId} \\(app from .*Waiting for table metadata lock.*\\) waits for the definition of shop.orders behind thread ${holder.threadId} \\(app .*asleep in a transaction.*\\), and holds up 1 session$`,
      ),
    );
    assert.equal(finding.confidence, 0.85);
    assert.match(finding.unseen.join(), /INSTALL SONAME 'metadata_lock_info'/);
    const input = recommended(finding, 'mysql.kill-query');
    assert.equal(input.thread, changer.threadId);

    const plan = await planFor('mysql.kill-query', input);
    assert.match(plan.steps[0] ?? '', /^KILL QUERY ID \d+$/);
    assert.equal(plan.before.waiters, 1);
    await assert.rejects(
      target.action(plan.action).apply(plan, Object.create(Permit.prototype), target.context()),
      { name: 'GuardRefusal' },
    );
    const altered = { ...plan, steps: [`KILL ${holder.threadId}`] };
    await assert.rejects(apply(altered), /make a new plan/);
    assert.equal((await target.action(plan.action).verify(plan, target.context())).good, false);

    assert.match(await apply(plan), /was told to stop$/);
    await reading;
    assert.match(String(await changing), /interrupted/);
    assert.equal((await verified(plan)).after?.waiters, 0);
    assert.match(await apply(plan), /had ended already/);
    // The connection stays, and so does the transaction of the holder.
    assert.equal((await changer.query('SELECT 1')).length, 2);
    await holder.query('ROLLBACK');
  });

  test('with the plugin the holder is read and not inferred; ending it lets the DDL go on', async () => {
    await server.query("INSTALL SONAME 'metadata_lock_info'");
    const [bystander, holder, changer] = [await login(), await login(), await login()];
    await bystander.query('BEGIN');
    await bystander.query('SELECT 1 FROM mysql.help_topic LIMIT 1').catch(() => {});
    await bystander.query('CREATE TABLE elsewhere (id int PRIMARY KEY)');
    await bystander.query('BEGIN');
    await bystander.query('INSERT INTO elsewhere VALUES (1)');
    await holder.query('BEGIN');
    await holder.query('UPDATE orders SET n = 7 WHERE id = 3');
    const changing = changer.query('ALTER TABLE orders ADD COLUMN more int');
    await waiting(1);
    const finding = await found(({ recommendations }) => recommendations.length === 2);
    assert.match(finding.summary, new RegExp(`behind thread ${holder.threadId} `));
    assert.equal(finding.confidence, 0.95);
    assert.deepEqual(finding.unseen, []);

    const plan = await planFor('mysql.kill-connection', recommended(finding, 'mysql.kill-connection'));
    assert.deepEqual(plan.steps, [`KILL CONNECTION ${holder.threadId}`]);
    assert.equal(plan.before.rowsModified, 1);
    assert.equal(plan.undo.possible, false);
    assert.match(await apply(plan), /was told to end$/);
    await changing;
    assert.equal((await verified(plan)).after?.waiters, 0);
    assert.match(await apply(plan), /was gone already/);
    const [row] = await server.query('SELECT n FROM orders WHERE id = 3');
    assert.equal(row?.n, 0);
    await bystander.query('ROLLBACK');
  });

  test('row locks: the root is named, and ended only as the very session and transaction', async () => {
    const [holder, first, second] = [await login(), await login(), await login()];
    await holder.query('BEGIN');
    await holder.query('UPDATE orders SET n = 1 WHERE id = 5');
    const writing = [first, second].map((one) => one.query('UPDATE orders SET n = n + 10 WHERE id = 5'));
    await waiting(2);
    const finding = await found(({ summary }) => summary.includes('blocks 2 sessions'));
    assert.match(
      finding.summary,
      new RegExp(`^thread ${holder.threadId} .* blocks 2 sessions on shop.orders$`),
    );
    const input = recommended(finding, 'mysql.kill-connection');
    const id = 'mysql.kill-connection';
    await planFor(id, input);

    assert.match(await refusalFor(id, { ...input, user: 'root' }), /is not there any more/);
    assert.match(
      await refusalFor(id, { ...input, transactionStart: '2020-01-01 00:00:00+00' }),
      /has moved on/,
    );
    assert.match(await refusalFor(id, { ...input, thread: first.threadId }), /is at work/);
    assert.match(await refusalFor(id, { ...input, thread: 999_999 }), /is not there any more/);
    assert.match(
      await refusalFor('mysql.kill-query', {
        thread: holder.threadId,
        user: 'app',
        statementStart: '2020-01-01 00:00:00+00',
      }),
      /runs no statement/,
    );
    const unarmed = tryTarget(mysql, { url: server.urlFor('unarmed') });
    assert.match(await refusalFor(id, input, unarmed), /GRANT CONNECTION ADMIN ON/);
    await unarmed.bound.close();
    const own = await server.query("SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'watcher'");
    for (const { ID } of own) {
      assert.match(await refusalFor(id, { ...input, thread: Number(ID), user: 'watcher' }), /own sessions/);
    }

    const plan = await planFor(id, input);
    await holder.query('COMMIT');
    await Promise.all(writing);
    await holder.query('BEGIN');
    await holder.query('SELECT * FROM orders');
    await assert.rejects(apply(plan), /nothing was done$/);
    assert.equal((await holder.query('SELECT 1')).length, 2);
    await holder.query('ROLLBACK');
  });

  test('a session that holds up nobody is left alone, and a calm server has no finding', async () => {
    const busy = await login();
    const sleeping = busy.query('SELECT SLEEP(7)').catch(() => undefined);
    const [row] = await eventually(
      () =>
        server.query(
          `SELECT DATE_FORMAT(UTC_TIMESTAMP() - INTERVAL TIME SECOND, '%Y-%m-%d %H:%i:%s+00') AS begun
             FROM information_schema.PROCESSLIST WHERE ID = ${busy.threadId} AND TIME >= 5`,
        ),
      (rows) => rows.length === 1,
    );
    const input = { thread: busy.threadId, user: 'app', statementStart: String(row?.begun) };
    assert.match(await refusalFor('mysql.kill-query', input), /holds up nobody/);
    assert.deepEqual((await target.diagnose(blocked)).findings, []);
    busy.destroy();
    await sleeping;
  });
});
