import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { record } from '../../../../test/recorded-evidence.ts';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { login, urlFor } from '../../../../test/servers/postgres-session.ts';
import { baseBackup, startStandby } from '../../../../test/servers/postgres-standby.ts';
import { eventually, tryTarget } from '../../../../test/try-target.ts';
import { postgres } from '../index.ts';

const folder = new URL('./recorded', import.meta.url).pathname;
const id = 'postgres.replica-lag';

/** Segments that nobody keeps are used anew. */
async function throwAway(primary: PostgresServer): Promise<void> {
  for (let segment = 0; segment < 8; segment += 1) {
    await primary.query('INSERT INTO filler VALUES (1)');
    await primary.query('SELECT pg_switch_wal()');
    await primary.query('CHECKPOINT');
  }
}

suite('why a standby is behind', { skip: missing(postgresServer, baseBackup) }, () => {
  test('paused, held by a query and cut off are told apart; a standby in step is well', async (t) => {
    const primary = await startPostgres({
      settings: { autovacuum: 'off' },
      setup: [
        'CREATE ROLE watcher LOGIN',
        'GRANT pg_monitor TO watcher',
        'CREATE TABLE filler (n int, t text)',
        'CREATE TABLE orders AS SELECT g AS id FROM generate_series(1, 1000) g',
      ],
    });
    t.after(() => primary.stop('SIGQUIT'));
    const standby = await startStandby(primary, { max_standby_streaming_delay: '-1' });
    t.after(() => standby.stop());
    const below = tryTarget(postgres, { url: urlFor(standby, 'watcher') });
    t.after(() => below.bound.close());
    const above = tryTarget(postgres, { url: urlFor(primary, 'watcher') });
    t.after(() => above.bound.close());
    const told = (pattern: RegExp, by = below) =>
      eventually(
        () => by.diagnose(id),
        ({ findings }) => pattern.test(findings[0]?.summary ?? ''),
      );

    await eventually(
      () => below.diagnose(id),
      ({ evidence }) => evidence[0]?.facts?.receiver === 'streaming',
    );
    const calm = await below.diagnose(id);
    record(folder, 'standby-in-step', id, calm);
    assert.deepEqual(calm.findings, []);
    assert.deepEqual((await above.diagnose(id)).findings, []);

    await standby.query('SELECT pg_wal_replay_pause()');
    await primary.query(`INSERT INTO filler SELECT g, repeat('x', 500) FROM generate_series(1, 60000) g`);
    const paused = await told(/^replay was paused by somebody: [2-9]\d\.\d MiB were received/);
    record(folder, 'standby-paused', id, paused);
    assert.equal(paused.findings[0]?.recommendations[0]?.action, 'postgres.resume-replay');
    const seen = await told(/^standby walreceiver@127\.0\.0\.1 has .* MiB that it does not replay/, above);
    assert.match(seen.findings[0]?.unseen.join() ?? '', /watch it as a target/);
    await standby.query('SELECT pg_wal_replay_resume()');
    await eventually(
      () => below.diagnose(id),
      ({ evidence }) => evidence[0]?.facts?.unreplayedBytes === 0,
    );

    const reader = await login(standby, 'postgres', 'long-report');
    await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await reader.query('SELECT count(*) FROM orders');
    await primary.query('DELETE FROM orders');
    await primary.query('VACUUM orders');
    const held = await told(
      /^replay waits for pid \d+ \(postgres, long-report, idle in transaction\), open for/,
    );
    record(folder, 'standby-held-by-query', id, held);
    assert.deepEqual(held.findings[0]?.recommendations, []);
    await reader.end();

    await primary.query('ALTER SYSTEM SET max_wal_senders = 0');
    await primary.restart();
    const cut = await told(/^the standby gets nothing from its upstream/);
    record(folder, 'standby-cut-off', id, cut);
  });
  test('a standby whose WAL was thrown away is told so by its own log, with the rebuild', async (t) => {
    const primary = await startPostgres({
      settings: { autovacuum: 'off', wal_keep_size: '0', min_wal_size: '32MB', max_wal_size: '64MB' },
      setup: [
        'CREATE ROLE watcher LOGIN',
        'GRANT pg_monitor TO watcher',
        'GRANT EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint) TO watcher',
        'CREATE TABLE filler (n int)',
      ],
    });
    t.after(() => primary.stop('SIGQUIT'));
    const standby = await startStandby(primary, { logging_collector: 'on', log_directory: 'log' });
    t.after(() => standby.stop());
    const below = tryTarget(postgres, { url: urlFor(standby, 'watcher') });
    t.after(() => below.bound.close());
    await eventually(
      () => below.diagnose(id),
      ({ evidence }) => evidence[0]?.facts?.receiver === 'streaming',
    );

    await primary.query('ALTER SYSTEM SET max_wal_senders = 0');
    await primary.restart();
    await throwAway(primary);
    await primary.query('ALTER SYSTEM RESET max_wal_senders');
    await primary.restart();
    const gone = await eventually(
      () => below.diagnose(id),
      ({ findings }) => /already removed WAL segment/.test(findings[0]?.summary ?? ''),
    );
    record(folder, 'standby-wal-removed', id, gone);
    const [finding] = gone.findings;
    assert.match(
      finding?.summary ?? '',
      /^the standby cannot go on: its upstream has already removed WAL segment 0{7}1[0-9A-F]{16}, which it needs next$/,
    );
    assert.match(finding?.explanation ?? '', /pg_basebackup.*primary_slot_name.*wal_keep_size/);
    assert.match(
      gone.evidence.find((piece) => piece.id.endsWith('.receiver-log'))?.text ?? '',
      /requested WAL segment \S+ has already been removed$/,
    );
    assert.deepEqual(finding?.recommendations, []);
  });
  test('one that gets never ready for want of WAL is no server that starts up', async (t) => {
    const primary = await startPostgres({
      settings: { autovacuum: 'off', wal_keep_size: '0', min_wal_size: '32MB', max_wal_size: '64MB' },
      setup: ['CREATE TABLE filler (n int)'],
    });
    t.after(() => primary.stop('SIGQUIT'));
    const standby = await startStandby(
      primary,
      {},
      {
        meanwhile: () => throwAway(primary),
        ready: /requested WAL segment \S+ has already been removed/,
      },
    );
    t.after(() => standby.stop());
    const tried = tryTarget(postgres, { url: urlFor(standby, 'postgres') });
    t.after(() => tried.bound.close());
    const logs = (_target: string, { to: at }: { to: number }) => ({
      ...{ sources: [], since: null, patterns: [] },
      lines: standby
        .output()
        .split('\n')
        .map((text) => ({ at, file: 'log', level: 'error' as const, text })),
    });
    const blind = await tried.diagnose('postgres.crash-recovered');
    assert.match(blind.findings[0]?.summary ?? '', /^the server starts up/);
    assert.match(
      blind.findings[0]?.unseen.join() ?? '',
      /whether it waits for WAL that its upstream has removed/,
    );
    const { findings } = await eventually(
      () => tried.diagnose('postgres.crash-recovered', { logs }),
      (one) => /already removed WAL segment/.test(one.findings[0]?.summary ?? ''),
    );
    assert.equal(findings.length, 1);
  });
});
