import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { login, urlFor } from '../../../../test/servers/postgres-session.ts';
import { eventually, readingOf, type TriedTarget, tryTarget } from '../../../../test/try-target.ts';
import { systemClock } from '../../../clock.ts';
import { postgres } from '../index.ts';

suite('what the catalogue tells', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  let target: TriedTarget;

  before(async () => {
    server = await startPostgres({
      setup: ['CREATE ROLE watcher LOGIN', 'GRANT pg_monitor TO watcher', 'CREATE ROLE plain LOGIN'],
    });
    target = tryTarget(postgres, { url: urlFor(server, 'postgres') });
  });
  after(async () => {
    await target.bound.close();
    await server.stop('SIGQUIT');
  });

  /** Value and detail of a metric. */
  async function found(probe: string, metric: string, labels: Record<string, string> = {}) {
    const outcome = await target.seen(probe);
    const reading = outcome.readings.find(
      (one) =>
        one.metric === metric &&
        Object.entries(labels).every(([name, value]) => one.labels?.[name] === value),
    );
    return [reading?.value, reading?.about?.detail ?? ''] as const;
  }
  const run = async (...statements: string[]) => {
    for (const statement of statements) await server.query(statement);
  };

  test('a sequence is judged by the narrowest column that it feeds, and one that may not be read is unknown', async (t) => {
    await run(
      'CREATE SEQUENCE numbers',
      `CREATE TABLE narrow (n int DEFAULT nextval('numbers'), wide bigint DEFAULT nextval('numbers'))`,
      `SELECT setval('numbers', 2000000000)`,
      'CREATE SEQUENCE round AS smallint MAXVALUE 100 CYCLE',
      `SELECT setval('round', 99)`,
      'CREATE TABLE small (id smallint GENERATED ALWAYS AS IDENTITY)',
      `SELECT setval('small_id_seq', 100)`,
    );
    const [used, detail] = await found('postgres.sequences', 'postgres.sequences.worst');
    assert.ok(Math.abs((used ?? 0) - 2e9 / 2147483647) < 1e-9, `${used}`);
    assert.equal(detail, 'public.numbers, which feeds narrow.n');
    const outcome = await target.seen('postgres.sequences');
    assert.equal(
      readingOf(outcome, 'postgres.sequences.used_ratio', { sequence: 'public.round' }),
      undefined,
    );
    const share = readingOf(outcome, 'postgres.sequences.used_ratio', { sequence: 'public.small_id_seq' });
    assert.equal(share, 100 / 32767);
    const plain = tryTarget(postgres, { url: urlFor(server, 'plain') });
    t.after(() => plain.bound.close());
    const hidden = await plain.seen('postgres.sequences');
    assert.equal(hidden.missing?.[0]?.remedy, 'GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO plain;');
    await run('DROP TABLE narrow, small', 'DROP SEQUENCE numbers, round');
  });

  test('an invalid index counts once nobody builds it any more', async (t) => {
    await run('CREATE TABLE twins (n int)', 'INSERT INTO twins VALUES (1), (1)');
    await assert.rejects(server.query('CREATE UNIQUE INDEX CONCURRENTLY twins_n ON twins (n)'));
    assert.deepEqual(await found('postgres.indexes', 'postgres.indexes.invalid'), [1, 'public.twins_n']);
    await run('DROP INDEX twins_n');
    const holder = await login(server, 'postgres', 'shop');
    const builder = await login(server, 'postgres', 'migration');
    t.after(() => Promise.all([holder.end(), builder.end()]));
    await holder.query('BEGIN');
    await holder.query('INSERT INTO twins VALUES (2)');
    const built = builder.query('CREATE INDEX CONCURRENTLY twins_again ON twins (n)');
    await eventually(
      () => server.query('SELECT 1 FROM pg_index WHERE NOT indisvalid'),
      (rows) => rows.length === 1,
    );
    assert.deepEqual(await found('postgres.indexes', 'postgres.indexes.invalid'), [0, '']);
    await holder.query('COMMIT');
    await built;
    assert.deepEqual(await found('postgres.indexes', 'postgres.indexes.invalid'), [0, '']);
    await run('DROP TABLE twins');
  });

  test('of two indexes alike the needless one is named; other order, condition or uniqueness is no double', async () => {
    await run(
      'CREATE TABLE items (a int, b int, c text)',
      'CREATE UNIQUE INDEX items_a_unique ON items (a)',
      'CREATE INDEX items_a ON items (a)',
      'CREATE INDEX items_ab ON items (a, b)',
      'CREATE INDEX items_a_desc ON items (a DESC)',
      'CREATE INDEX items_a_some ON items (a) WHERE b > 0',
      'CREATE INDEX items_c ON items (c)',
      'CREATE INDEX items_c_pattern ON items (c text_pattern_ops)',
      'CREATE INDEX items_a_hash ON items USING hash (a)',
    );
    const [count, detail] = await found('postgres.indexes', 'postgres.indexes.duplicate');
    assert.equal(count, 1, detail);
    assert.match(detail, /^public\.items_a \(as items_a_unique, /);
    await run('DROP TABLE items');
  });

  /** Looks as the pipeline does once events_note was recorded for so many days. */
  async function withRecord(days: number, scansADay: number) {
    const check = target.bound.checks.find(({ probe }) => probe.id === 'postgres.unused-indexes');
    const points = Array.from({ length: days }, (_, day) => ({
      at: systemClock.now() - (days - day) * 86_400_000,
      value: day === days - 2 ? scansADay / 86_400 : 0,
    }));
    const outcome = await check?.run({
      signal: AbortSignal.timeout(60_000),
      timeoutMs: 10_000,
      clock: systemClock,
      increase: () => undefined,
      recorded: async () => [{ labels: { index: 'public.events_note' }, points }],
    });
    assert.ok(outcome?.ok);
    return outcome;
  }

  test('an index is unused only where nothing else needs it, a month is recorded and no standby reads', async () => {
    await run(
      'CREATE TABLE parents (id int PRIMARY KEY)',
      'CREATE TABLE events (id int, kind int, parent int REFERENCES parents, note text)',
      `INSERT INTO parents VALUES (1)`,
      `INSERT INTO events SELECT n, n, 1, repeat('x', 20) || n FROM generate_series(1, 400000) n`,
      'CREATE INDEX events_note ON events (note)',
      'CREATE UNIQUE INDEX events_id_note ON events (id, note)',
      'CREATE INDEX events_expression ON events (upper(note))',
      'CREATE INDEX events_parent ON events (parent, note)',
      'ALTER TABLE events CLUSTER ON events_expression',
      'VACUUM ANALYZE events',
    );
    const outcome = await target.seen('postgres.unused-indexes');
    assert.equal(readingOf(outcome, 'postgres.indexes.scans', { index: 'public.events_note' }), 0);
    assert.deepEqual(
      outcome.readings.map(({ labels }) => labels?.index),
      ['public.events_note'],
      'the others serve more than reads',
    );
    const soon = 'reads of indexes must be recorded for 30 days first';
    assert.equal(outcome.missing?.[0]?.reason, soon);
    const after = async (days: number, scansADay: number) => {
      const seen = await withRecord(days, scansADay);
      const one = seen.readings.find(({ metric }) => metric === 'postgres.indexes.unused');
      return one ? [one.value, one.about?.detail ?? ''] : seen.missing?.[0]?.reason;
    };
    assert.equal(await after(29, 0), soon, 'it may have been made yesterday');
    assert.deepEqual(await after(31, 3), [0, '']);
    const [count, detail] = (await after(31, 0)) ?? [];
    assert.equal(count, 1);
    assert.match(String(detail), /^public\.events_note \(\d+\.\d MiB\)$/);
    await run(`SELECT pg_create_physical_replication_slot('standby')`);
    const read = await withRecord(31, 0);
    assert.match(read.missing?.[0]?.reason ?? '', /^reads on standbys/);
    await run(`SELECT pg_drop_replication_slot('standby')`);
  });

  test('keys and constraints that are lacking are named', async () => {
    await run(
      'CREATE TABLE accounts (id bigint PRIMARY KEY)',
      'CREATE TABLE bookings (id int PRIMARY KEY, account int REFERENCES accounts, other int)',
      'INSERT INTO accounts SELECT generate_series(1, 100)',
      'INSERT INTO bookings SELECT n, 1 + n % 100, n FROM generate_series(1, 12000) n',
      'ALTER TABLE bookings ADD CONSTRAINT positive CHECK (other > 0) NOT VALID',
      'CREATE INDEX bookings_partial ON bookings (account) WHERE other > 5',
      'CREATE INDEX bookings_blocks ON bookings USING brin (account)',
      'ANALYZE bookings',
    );
    const probe = 'postgres.constraints';
    assert.deepEqual(await found(probe, 'postgres.constraints.unindexed'), [
      1,
      'public.bookings.bookings_account_fkey',
    ]);
    assert.deepEqual(await found(probe, 'postgres.constraints.mismatched'), [
      1,
      'public.bookings.account (integer) to bigint',
    ]);
    assert.deepEqual(await found(probe, 'postgres.constraints.unvalidated'), [1, 'public.bookings.positive']);
    await run(
      'CREATE INDEX bookings_account ON bookings (account, other)',
      'ALTER TABLE bookings VALIDATE CONSTRAINT positive',
    );
    assert.deepEqual(await found(probe, 'postgres.constraints.unindexed'), [0, '']);
    assert.deepEqual(await found(probe, 'postgres.constraints.unvalidated'), [0, '']);
    await run('CREATE TABLE keyless (n int)', 'CREATE PUBLICATION all_of_it FOR TABLE keyless, accounts');
    assert.deepEqual(await found(probe, 'postgres.tables.published_without_identity'), [1, 'public.keyless']);
    await run('DROP PUBLICATION all_of_it', 'DROP TABLE keyless, bookings, accounts');
  });

  test('bloat is estimated for tables and indexes that are mostly empty, and unknown without the right to read', async (t) => {
    await run(
      'CREATE TABLE airy (id int, note text) WITH (autovacuum_enabled = off)',
      `INSERT INTO airy SELECT n, repeat('x', 300) || n FROM generate_series(1, 150000) n`,
      'CREATE INDEX airy_note ON airy (note)',
      'VACUUM ANALYZE airy',
    );
    const probe = 'postgres.bloat';
    assert.deepEqual(
      await found(probe, 'postgres.bloat.table_bytes'),
      [0, ''],
      'full tables and indexes are not bloated',
    );
    assert.deepEqual(await found(probe, 'postgres.bloat.index_bytes'), [0, '']);
    await run('DELETE FROM airy WHERE id % 10 <> 0');
    const old = await target.seen(probe);
    assert.equal(readingOf(old, 'postgres.bloat.table_bytes'), undefined);
    assert.match(old.missing?.[0]?.reason ?? '', /^much has changed since public\.airy/);
    await run('VACUUM ANALYZE airy');
    const [waste, detail] = await found(probe, 'postgres.bloat.table_bytes');
    assert.ok((waste ?? 0) > 35 * 1024 ** 2 && (waste ?? 0) < 50 * 1024 ** 2, `${waste}`);
    assert.match(detail, /^public\.airy \(/);
    const [index] = await found(probe, 'postgres.bloat.index_bytes');
    assert.ok((index ?? 0) > 30 * 1024 ** 2, `${index}`);
    assert.deepEqual(await found('postgres.autovacuum', 'postgres.autovacuum.excluded_tables'), [
      1,
      'public.airy',
    ]);
    const plain = tryTarget(postgres, { url: urlFor(server, 'watcher') });
    t.after(() => plain.bound.close());
    const hidden = await plain.seen(probe);
    assert.equal(readingOf(hidden, 'postgres.bloat.table_bytes'), undefined);
    assert.match(hidden.missing?.[0]?.remedy ?? '', /^GRANT pg_read_all_data TO watcher;/);
    await run('DROP TABLE airy');
  });

  test('a table that is read whole again and again is named; a report now and then is not', async () => {
    await run(
      'CREATE TABLE searched (id int, note text)',
      `INSERT INTO searched SELECT n, 'x' || n FROM generate_series(1, 20000) n`,
      'ANALYZE searched',
    );
    const app = await login(server, 'postgres', 'shop');
    const look = () => app.query(`SELECT count(*) FROM searched WHERE note = 'x5'`);
    await app.query('SELECT pg_stat_force_next_flush()');
    await look();
    await target.seen('postgres.full-scans');
    await look();
    await app.query('SELECT pg_stat_force_next_flush()');
    assert.deepEqual(await found('postgres.full-scans', 'postgres.full_scans.rows'), [0, '']);
    for (let i = 0; i < 20; i++) await look();
    await app.query('SELECT pg_stat_force_next_flush()');
    await app.end();
    const [rows, detail] = await found('postgres.full-scans', 'postgres.full_scans.rows');
    assert.ok((rows ?? 0) > 10_000, `${rows}`);
    assert.match(detail, /^public\.searched: \d+ whole scans/);
  });
});
