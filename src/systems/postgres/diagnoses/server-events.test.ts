import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { record } from '../../../../test/recorded-evidence.ts';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { login, urlFor } from '../../../../test/servers/postgres-session.ts';
import { alertSince } from '../../../../test/servers/redis-lab.ts';
import { eventually, type TriedTarget, targetName, tryTarget } from '../../../../test/try-target.ts';
import type { Change } from '../../../core/change.ts';
import { postgres } from '../index.ts';

const folder = new URL('./recorded', import.meta.url).pathname;

/** A counter or gauge as the sample store would give it, one value every 15 s until now. */
const history =
  (metrics: Readonly<Record<string, readonly number[]>>) => async (_target: string, metric: string) => {
    const values = metrics[metric];
    if (values === undefined) return [];
    const now = Date.now();
    return [
      { labels: {}, at: values.map((_, at) => now - (values.length - 1 - at) * 15_000), values: [...values] },
    ];
  };

suite('what happens to a server', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  let target: TriedTarget;

  before(async () => {
    server = await startPostgres({
      settings: {
        logging_collector: 'on',
        log_directory: 'log',
        max_wal_size: '32MB',
        checkpoint_timeout: '5min',
      },
      setup: [
        'CREATE ROLE watcher LOGIN',
        'GRANT pg_monitor TO watcher',
        'GRANT EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint) TO watcher',
        'CREATE ROLE app LOGIN',
        'CREATE TABLE orders (id int PRIMARY KEY, n int)',
        'INSERT INTO orders VALUES (1, 0), (2, 0)',
        'GRANT SELECT, UPDATE ON orders TO app',
      ],
    });
    target = tryTarget(postgres, { url: urlFor(server, 'watcher') });
  });
  after(async () => {
    await target.bound.close();
    await server.stop('SIGQUIT');
  });

  test('a deadlock storm names both statements from the log; one deadlock is none', async () => {
    const id = 'postgres.deadlock-storm';
    const [one, other] = await Promise.all([
      login(server, 'postgres', 'one'),
      login(server, 'postgres', 'other'),
    ]);
    await Promise.all([one, other].map((client) => client.query(`SET deadlock_timeout = '50ms'`)));
    const collide = async () => {
      await Promise.all([one, other].map((client) => client.query('BEGIN')));
      await one.query(`UPDATE orders SET n = 4711 WHERE id = 1`);
      await other.query('UPDATE orders SET n = 2 WHERE id = 2');
      const ends = [
        one.query(`UPDATE orders SET n = 4711 WHERE id = 2`),
        other.query('UPDATE orders SET n = n + 1 WHERE id = 1'),
      ];
      await Promise.allSettled(ends);
      await Promise.all([one, other].map((client) => client.query('ROLLBACK')));
    };
    await collide();
    const first = await target.diagnose(id, { history: history({ 'postgres.deadlocks': [0, 0, 1, 1] }) });
    assert.deepEqual(first.findings, []);
    for (let at = 0; at < 3; at += 1) await collide();
    const seen = await target.diagnose(id, { history: history({ 'postgres.deadlocks': [0, 1, 2, 4] }) });
    record(folder, 'deadlock-storm', id, seen);
    // Since then a minute without one has passed, and something else broke.
    const over = await target.diagnose(id, {
      history: history({ 'postgres.deadlocks': [0, 1, 2, 4, 4, 4, 4, 4] }),
      alerts: [alertSince(Date.now() - 5_000)],
    });
    assert.deepEqual(over.findings, [], 'a storm that was over before is no reason');
    const during = await target.diagnose(id, {
      history: history({ 'postgres.deadlocks': [0, 1, 2, 4, 4] }),
      alerts: [alertSince(Date.now() - 5_000)],
    });
    assert.equal(during.findings.length, 1);
    const [finding] = seen.findings;
    assert.match(
      finding?.summary ?? '',
      /^4 deadlocks in ten minutes, between update orders set n=\? where id=\? and update orders set n=n \+ \?/,
    );
    assert.doesNotMatch(JSON.stringify(seen), /4711/, 'values of statements are left out');
    assert.deepEqual(finding?.recommendations, []);
    await Promise.all([one.end(), other.end()]);
  });

  test('where the server lets nobody read its log, the file that is followed tells', async () => {
    await server.query('REVOKE EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint) FROM watcher');
    const texts = Array.from({ length: 3 }, () => [
      '2026-11-22 14:00:00 UTC [7] ERROR:  deadlock detected',
      '2026-11-22 14:00:00 UTC [7] DETAIL:  Process 7 waits for ShareLock on transaction 1; blocked by process 8.',
      '\tProcess 7: UPDATE carts SET n = 1 WHERE id = 2;',
      '\tProcess 8: UPDATE carts SET n = n + 1 WHERE id = 1;',
    ]).flat();
    const lines = texts.map((text) => ({
      at: Date.now(),
      file: 'postgresql.log',
      level: 'error' as const,
      text,
    }));
    const seen = await target.diagnose('postgres.deadlock-storm', {
      logs: () => ({ sources: [], since: null, patterns: [], lines }),
    });
    assert.match(
      seen.findings[0]?.summary ?? '',
      /^3 deadlocks in the log, between update carts .* and update carts/,
    );
    const silent = await target.diagnose('postgres.deadlock-storm');
    assert.match(
      silent.evidence.map(({ unseen }) => unseen).join(),
      /GRANT EXECUTE ON FUNCTION pg_read_binary_file/,
    );
    await server.query('GRANT EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint) TO watcher');
  });

  test('a revoked right is named with the grant that gives it back; one that is not lacking is not', async () => {
    const id = 'postgres.privilege-revoked';
    const change = (before: string, now: string): Change => ({
      id: 'change-7',
      kind: 'access',
      target: targetName,
      service: null,
      summary: 'table public.orders',
      differences: [{ name: 'table public.orders', before, after: now }],
      after: Date.now() - 60_000,
      at: Date.now() - 50_000,
      source: 'postgres.grants',
      isReported: false,
      url: null,
    });
    const all = 'app: SELECT, UPDATE; postgres: DELETE, INSERT, SELECT';
    const changes = [change(all, 'app: UPDATE; postgres: DELETE, INSERT, SELECT')];
    const kept = await target.diagnose(id, { changes });
    record(folder, 'privilege-given-back', id, kept);
    assert.deepEqual(kept.findings, [], 'it was given back meanwhile');
    await server.query('REVOKE SELECT ON orders FROM app');
    const app = await login(server, 'app', 'shop');
    await assert.rejects(app.query('SELECT * FROM orders'), /permission denied/);
    await app.end();
    const seen = await eventually(
      () => target.diagnose(id, { changes }),
      ({ findings }) => findings[0]?.confidence === 0.95,
    );
    record(folder, 'privilege-revoked', id, seen);
    assert.equal(seen.findings[0]?.summary, 'app lost SELECT on table public.orders, and is refused since');
    assert.match(seen.findings[0]?.explanation ?? '', /GRANT SELECT ON public\.orders TO app;/);
    assert.equal(seen.findings[0]?.change, 'change-7');
  });

  test('checkpoints that follow each other are told with a size that would do; little writing is well', async () => {
    const id = 'postgres.checkpoint-storm';
    const calm = await target.diagnose(id);
    record(folder, 'checkpoints-calm', id, calm);
    assert.deepEqual(calm.findings, []);
    const writer = await login(server, 'postgres', 'writer');
    await writer.query('CREATE TABLE filler (t text)');
    let isOver = false;
    const writing = (async () => {
      while (!isOver)
        await writer.query(`INSERT INTO filler SELECT repeat('x', 1000) FROM generate_series(1, 3000)`);
    })();
    const stormy = { 'postgres.checkpoints.requested': [0, 5, 12], 'postgres.checkpoints.timed': [0, 0, 1] };
    const seen = await target.diagnose(id, { history: history(stormy) });
    const burst = { 'postgres.checkpoints.requested': [0, 0, 1], 'postgres.checkpoints.timed': [0, 3, 6] };
    const changes: Change[] = [
      {
        ...{
          id: 'change-3',
          kind: 'configuration',
          target: targetName,
          service: null,
          summary: 'max_wal_size',
        },
        differences: [{ name: 'max_wal_size', before: '1GB (default)', after: '32MB (configuration file)' }],
        ...{ after: 1, at: 2, source: 'postgres.settings', isReported: false, url: null },
      },
    ];
    const blamed = await target.diagnose(id, { history: history(stormy), changes });
    const bulk = await target.diagnose(id, { history: history(burst) });
    isOver = true;
    await writing;
    await writer.end();
    record(folder, 'checkpoint-storm', id, seen);
    record(folder, 'checkpoint-burst', id, bulk);
    assert.match(
      seen.findings[0]?.summary ?? '',
      /^a checkpoint every .* MiB of WAL are written a second and max_wal_size is 32\.0 MiB/,
    );
    assert.equal(seen.findings[0]?.recommendations[0]?.action, 'postgres.set-setting');
    assert.deepEqual(bulk.findings, [], 'a burst is no storm');
    assert.equal(blamed.findings[0]?.change, 'change-3');
    assert.match(blamed.findings[0]?.explanation ?? '', /was changed in the last day, from 1GB/);
  });

  test('a traffic peak is a matter of capacity; the same traffic answered slowly is not, nor is an ordinary hour', async () => {
    const id = 'postgres.traffic-peak';
    const usual = Array.from({ length: 200 }, (_, at) => 100 + (at % 7));
    const flat = Array.from({ length: 220 }, () => 0.002);
    const peak = [...usual, ...Array.from({ length: 20 }, () => 400)];
    const run = (rate: readonly number[], time: readonly number[]) =>
      target.diagnose(id, {
        history: history({ 'postgres.statements.rate': rate, 'postgres.statements.mean_time': time }),
      });
    const seen = await run(peak, flat);
    record(folder, 'traffic-peak', id, seen);
    assert.equal(seen.findings[0]?.nature, 'capacity');
    assert.match(
      seen.findings[0]?.summary ?? '',
      /^400 statements a second, 3\.9 times as many as usual; each takes as long as ever/,
    );
    assert.deepEqual(seen.findings[0]?.recommendations, []);
    assert.ok((seen.findings[0]?.onset ?? 0) > Date.now() - 320_000);
    const slow = [...flat.slice(0, 200), ...Array.from({ length: 20 }, () => 0.02)];
    assert.deepEqual((await run(peak, slow)).findings, []);
    assert.deepEqual((await run([...usual, ...usual.slice(0, 20)], flat)).findings, []);
  });

  test('a killed session: recovery is told, with the signal, and nothing is to be done', async () => {
    const id = 'postgres.crash-recovered';
    const calm = await target.diagnose(id);
    record(folder, 'crash-none', id, calm);
    assert.deepEqual(calm.findings, []);
    const victim = await login(server, 'postgres', 'victim');
    // Longer than the starts of the server and of its processes are apart.
    const [row] = await eventually(
      () =>
        server.query(
          `SELECT pid, extract(epoch FROM clock_timestamp() - pg_postmaster_start_time())::float8 AS age
             FROM pg_stat_activity WHERE application_name = 'victim'`,
        ),
      ([seen]) => Number(seen?.age) > 7,
    );
    process.kill(Number(row?.pid), 'SIGKILL');
    await victim.end().catch(() => {});
    const seen = await eventually(
      () => target.diagnose(id),
      ({ findings }) => /signal 9/.test(findings[0]?.summary ?? ''),
    );
    record(folder, 'crash-recovered', id, seen);
    assert.match(
      seen.findings[0]?.summary ?? '',
      /^a process of the server died .* ago and every session was ended; it has recovered: .*terminated by signal 9/,
    );
    assert.match(seen.findings[0]?.explanation ?? '', /Nothing is to be restarted/);
    const answers = { id: `${targetName}.starts`, target: targetName, title: 't', how: 'h', at: 1 };
    const conclude = (answer: string) =>
      target.bound.diagnoses
        .find((one) => one.id === id)
        ?.conclude([{ ...answers, unseen: answer, facts: { code: '57P03', answer } }], targetName) ?? [];
    assert.match(
      conclude('the database system is in recovery mode (57P03)')[0]?.summary ?? '',
      /recovers from a crash/,
    );
    assert.deepEqual(conclude('the database system is shutting down (57P03)'), []);
  });
});
