import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type pg from 'pg';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { login, urlFor } from '../../../../test/servers/postgres-session.ts';
import {
  eventually,
  readingOf,
  type TriedTarget,
  targetName,
  tryTarget,
} from '../../../../test/try-target.ts';
import type { Evidence, Scalar } from '../../../core/evidence.ts';
import { backendInput, timestampText } from '../actions/backend.ts';
import { postgres } from '../index.ts';
import { findingsOf } from './blocked-by-lock-findings.ts';

const lockDiagnosis = 'postgres.blocked-by-lock';

suite('blocked by a lock', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  let target: TriedTarget;
  let open: pg.Client[];

  before(async () => {
    server = await startPostgres({
      settings: { max_prepared_transactions: 2 },
      setup: [
        'CREATE ROLE watcher LOGIN',
        'GRANT pg_monitor, pg_signal_backend TO watcher',
        'CREATE ROLE app LOGIN',
        'CREATE TABLE orders (id int PRIMARY KEY, n int)',
        'INSERT INTO orders SELECT g, 0 FROM generate_series(1, 10) g',
        'ALTER TABLE orders OWNER TO app',
      ],
    });
    target = tryTarget(postgres, { url: urlFor(server, 'watcher') });
    open = [];
  });
  after(async () => {
    await endAll();
    await target.bound.close();
    await server.stop();
  });

  const endAll = () => Promise.all(open.splice(0).map((client) => client.end()));
  const session = async (application: string, user = 'app') => {
    const client = await login(server, user, application);
    open.push(client);
    return client;
  };
  /** Starts a statement that will wait; its end is of no interest. */
  const start = (client: pg.Client, text: string) => void client.query(text).catch(() => {});
  const blocked = (count: number) =>
    eventually(
      () => target.seen('postgres.blocking'),
      (outcome) => readingOf(outcome, 'postgres.blocked.count') === count,
    );

  test('nobody waits: no finding', async () => {
    const { findings } = await target.diagnose(lockDiagnosis);
    assert.deepEqual(findings, []);
  });

  test('three levels: the root is named with role, application, state, statement and table', async () => {
    const root = await session('checkout');
    await root.query('BEGIN');
    await root.query('UPDATE orders SET n = 1 WHERE id = 1');
    const middle = await session('billing');
    await middle.query('BEGIN');
    await middle.query('UPDATE orders SET n = 2 WHERE id = 2');
    start(middle, 'UPDATE orders SET n = 2 WHERE id = 1');
    await blocked(1);
    start(await session('report'), 'UPDATE orders SET n = 3 WHERE id = 2');
    await blocked(2);
    start(await session('report'), 'UPDATE orders SET n = 3 WHERE id = 2');
    const outcome = await blocked(3);
    assert.equal(readingOf(outcome, 'postgres.blocked.roots'), 1);

    const { evidence, findings } = await target.diagnose(lockDiagnosis);
    const [row] = await server.query(
      `SELECT pid, backend_start AT TIME ZONE 'UTC' AS at FROM pg_stat_activity WHERE application_name = 'checkout'`,
    );
    assert.equal(findings.length, 1);
    const [finding] = findings;
    assert.match(
      finding?.summary ?? '',
      new RegExp(
        `^pid ${row?.pid} \\(app, checkout, 127\\.0\\.0\\.1, idle in transaction for .*\\) blocks 3 sessions on table public\\.orders$`,
      ),
    );
    assert.match(finding?.explanation ?? '', /UPDATE orders SET n = 1 WHERE id = 1/);
    assert.deepEqual(finding?.unseen, []);
    assert.deepEqual(finding?.evidence, [`${targetName}.lock-waits`, `${targetName}.lock-sessions`]);
    assert.ok((finding?.onset ?? 0) > Date.now() - 60_000);
    const [recommendation] = finding?.recommendations ?? [];
    assert.equal(recommendation?.action, 'postgres.terminate-backend');
    assert.equal(recommendation?.input.pid, row?.pid);
    assert.deepEqual(
      target.bound.diagnoses.find(({ id }) => id === lockDiagnosis)?.conclude(evidence, targetName),
      findings,
      'the same evidence gives the same findings',
    );
    await endAll();
  });

  test('a waiting ALTER behind a reader: the reader is not to be ended', async () => {
    const reader = await session('report');
    start(reader, 'SELECT pg_sleep(60), * FROM orders');
    await eventually(
      () => server.query(`SELECT 1 FROM pg_locks WHERE relation = 'orders'::regclass AND granted`),
      (rows) => rows.length > 0,
    );
    start(await session('migration'), 'ALTER TABLE orders ADD COLUMN extra int');
    await blocked(1);
    for (const application of ['web', 'web']) start(await session(application), 'SELECT * FROM orders');
    await blocked(3);
    const { findings } = await target.diagnose(lockDiagnosis);
    const [finding] = findings;
    assert.match(
      finding?.summary ?? '',
      /^pid \d+ \(app, migration, .*\) waits for AccessExclusiveLock on public\.orders behind a reader, pid \d+, and holds up 2 sessions$/,
    );
    assert.match(finding?.explanation ?? '', /pg_cancel_backend\(\d+\)/);
    assert.match(finding?.explanation ?? '', /ALTER TABLE orders ADD COLUMN/);
    const [ddl] = await server.query(`SELECT pid FROM pg_stat_activity WHERE application_name = 'migration'`);
    assert.deepEqual(
      finding?.recommendations.map(({ action, input }) => [action, input.pid]),
      [['postgres.cancel-backend', ddl?.pid]],
    );
    await server.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name IN ('migration', 'report', 'web')`,
    );
    await endAll();
  });

  test('an active root is reported and left alone', async () => {
    const worker = await session('batch');
    await worker.query('BEGIN');
    await worker.query('UPDATE orders SET n = 1 WHERE id = 1');
    start(worker, 'SELECT pg_sleep(60)');
    start(await session('web'), 'UPDATE orders SET n = 2 WHERE id = 1');
    await blocked(1);
    const { findings } = await target.diagnose(lockDiagnosis);
    assert.match(
      findings[0]?.summary ?? '',
      /batch, .*active for .*blocks 1 session on table public\.orders/,
    );
    assert.deepEqual(findings[0]?.recommendations, []);
    await server.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'batch'`,
    );
    await endAll();
  });

  test('an advisory lock and a superuser as root: named, not to be ended', async () => {
    const root = await session('console', 'postgres');
    await root.query('BEGIN');
    await root.query('SELECT pg_advisory_xact_lock(42)');
    start(await session('worker'), 'SELECT pg_advisory_lock(42)');
    await blocked(1);
    const { findings } = await target.diagnose(lockDiagnosis);
    assert.match(findings[0]?.summary ?? '', /postgres, console, .* blocks 1 session on advisory lock 42/);
    assert.match(findings[0]?.explanation ?? '', /belongs to a superuser/);
    const typed = /propose postgres\.terminate-backend tried --input '([^']+)'/.exec(
      findings[0]?.explanation ?? '',
    );
    const { pid, backendStart, evenSuperuser } = backendInput.parse(JSON.parse(typed?.[1] ?? '{}'));
    assert.ok(pid > 0 && timestampText.test(backendStart) && evenSuperuser);
    assert.deepEqual(findings[0]?.recommendations, []);
    await endAll();
  });

  test('a prepared transaction as root is named', async () => {
    const client = await session('xa');
    await client.query('BEGIN');
    await client.query('UPDATE orders SET n = 1 WHERE id = 1');
    await client.query(`PREPARE TRANSACTION 'forgotten'`);
    start(await session('web'), 'UPDATE orders SET n = 2 WHERE id = 1');
    await blocked(1);
    const { findings } = await target.diagnose(lockDiagnosis);
    assert.match(
      findings[0]?.summary ?? '',
      /^prepared transaction forgotten, prepared .* ago blocks 1 session/,
    );
    assert.deepEqual(findings[0]?.recommendations, []);
    await server.query(`ROLLBACK PREPARED 'forgotten'`);
    await endAll();
  });

  test('without pg_monitor the tree is seen, the state is not, and nothing is recommended', async () => {
    await server.query('CREATE ROLE blind LOGIN');
    const blind = tryTarget(postgres, { url: urlFor(server, 'blind') });
    const root = await session('checkout');
    await root.query('BEGIN');
    await root.query('UPDATE orders SET n = 1 WHERE id = 1');
    start(await session('web'), 'UPDATE orders SET n = 2 WHERE id = 1');
    await blocked(1);
    await eventually(
      () => blind.seen('postgres.blocking'),
      (outcome) => readingOf(outcome, 'postgres.blocked.count') === 1,
    );
    const { findings } = await blind.diagnose(lockDiagnosis);
    assert.match(findings[0]?.summary ?? '', /state hidden/);
    assert.match(findings[0]?.unseen.join() ?? '', /GRANT pg_monitor TO blind;/);
    assert.deepEqual(findings[0]?.recommendations, []);
    assert.ok((findings[0]?.confidence ?? 1) < 0.7);
    await blind.bound.close();
    await endAll();
  });
});

test('a session that waits itself by the time it is looked at is no root, and is not ended', () => {
  const at = 1_000_000;
  const piece = (name: string, names: string[], rows: Scalar[][]): Evidence => ({
    ...{ id: `db.${name}`, target: 'db', title: name, how: name, at },
    table: { columns: names, rows },
  });
  const names = ['pid', 'blockers', 'mode', 'lockType', 'object', 'waitSeconds'];
  const waits = piece('lock-waits', names, [
    [7, '0', 'ShareLock', 'transactionid', 'orders', 9],
    [8, '9', 'ExclusiveLock', 'tuple', 'orders', 8],
  ]);
  const who = ['pid', 'role', 'application', 'state', 'backendType', 'waitsFor', 'hasWritten', 'superuser'];
  const sessions = piece('lock-sessions', who, [
    [9, 'app', 'shop-api', 'active', 'client backend', 'Lock', false, false],
  ]);
  const prepared = piece('prepared-transactions', ['gid', 'owner', 'seconds'], [['import', 'batch', 60]]);
  const roots = findingsOf([waits, sessions, prepared], 'db').map(({ summary }) => summary);
  assert.deepEqual(roots, ['prepared transaction import, prepared 1 m ago blocks 1 session on table orders']);
  const alone = piece('lock-waits', names, [[8, '9', 'ExclusiveLock', 'tuple', 'orders', 8]]);
  const [only] = findingsOf([alone, sessions], 'db');
  assert.deepEqual([only?.confidence, only?.recommendations], [0.6, []]);
});
