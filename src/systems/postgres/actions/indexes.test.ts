import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { login, urlFor } from '../../../../test/servers/postgres-session.ts';
import { applied, assertGuarded, planned, refusal, undone, verified } from '../../../../test/try-action.ts';
import { eventually, permitFor, type TriedTarget, tryTarget } from '../../../../test/try-target.ts';
import { postgres } from '../index.ts';

const create = 'postgres.create-index-concurrently';
const drop = 'postgres.drop-index-concurrently';
const reindex = 'postgres.reindex-concurrently';

suite('building, rebuilding and dropping indexes', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  let target: TriedTarget;

  before(async () => {
    server = await startPostgres({
      setup: [
        'CREATE ROLE watcher LOGIN',
        'CREATE ROLE owner LOGIN',
        'GRANT CREATE ON SCHEMA public TO owner',
        'GRANT pg_monitor, owner TO watcher',
        `CREATE TABLE orders (id int PRIMARY KEY, customer int, "odd ""name" int, at int, UNIQUE (at))`,
        'INSERT INTO orders SELECT g, g % 100, g, g FROM generate_series(1, 2000) g',
        'ALTER TABLE orders OWNER TO owner',
        'CREATE TABLE others (id int)',
        'CREATE TABLE parts (id int) PARTITION BY RANGE (id)',
        'ALTER TABLE parts OWNER TO owner',
      ],
    });
    target = tryTarget(postgres, { url: urlFor(server, 'watcher') });
  });
  after(async () => {
    await target.bound.close();
    await server.stop();
  });

  const definitionOf = async (index: string) =>
    (await server.query('SELECT indexdef FROM pg_indexes WHERE indexname = $1', [index]))[0]?.indexdef;
  const wanted = { table: 'orders', index: 'orders_customer_idx', columns: [{ column: 'customer' }] };

  test('an index is built once, valid, and its undo drops it', async () => {
    const plan = await planned(target, create, {
      ...wanted,
      columns: [{ column: 'customer' }, { column: 'odd "name', descending: true }],
    });
    assert.deepEqual(plan.steps, [
      'CREATE INDEX CONCURRENTLY "orders_customer_idx" ON "public"."orders" USING btree ("customer", "odd ""name" DESC)',
    ]);
    await assertGuarded(target, plan);
    assert.equal((await verified(target, plan)).good, false, 'nothing was done yet');
    assert.match(await applied(target, plan), /was built$/);
    assert.equal((await verified(target, plan)).good, true);
    assert.match(await applied(target, plan), /is there already$/);
    assert.match(String(await definitionOf(wanted.index)), /\(customer, "odd ""name" DESC\)$/);
    assert.match(await refusal(target, create, plan.input), /index orders_customer_idx is like it/);
    assert.match(await undone(target, plan), /was dropped$/);
    assert.equal(await definitionOf(wanted.index), undefined);
    assert.match(await undone(target, plan), /there is no index/);
  });

  test('is refused where it cannot be, or would be of no use', async () => {
    const cases: [Record<string, unknown>, RegExp][] = [
      [{ ...wanted, table: 'nowhere' }, /there is no table public\.nowhere/],
      [{ ...wanted, table: 'parts', columns: [{ column: 'id' }] }, /is no plain table/],
      [{ ...wanted, table: 'others', columns: [{ column: 'id' }] }, /GRANT postgres TO/],
      [{ ...wanted, columns: [{ column: 'x); DROP TABLE orders; --' }] }, /has no column x\); DROP/],
      [{ ...wanted, columns: [{ column: 'id' }] }, /index orders_pkey is like it/],
      [{ ...wanted, index: 'orders' }, /exists already/],
    ];
    for (const [input, why] of cases) assert.match(await refusal(target, create, input), why);
  });

  test('what a failed unique build leaves is dropped, and the failure is told', async () => {
    const plan = await planned(target, create, { ...wanted, unique: true });
    await assert.rejects(applied(target, plan), /could not create unique index/);
    assert.equal(await definitionOf(wanted.index), undefined, 'no invalid index is left');
    assert.match((await verified(target, plan)).detail, /there is no index/);
  });

  test('is not built on a table that took the place of the planned one', async () => {
    await server.query('CREATE TABLE swapped (id int, n int)');
    await server.query('ALTER TABLE swapped OWNER TO owner');
    const plan = await planned(target, create, {
      table: 'swapped',
      index: 's_n',
      columns: [{ column: 'n' }],
    });
    await server.query('DROP TABLE swapped');
    await server.query('CREATE TABLE swapped (id int, n int)');
    await assert.rejects(applied(target, plan), /not the one it was planned for; nothing was done/);
  });

  test('an index is dropped, and its undo builds exactly that one again', async () => {
    await server.query('CREATE INDEX partial_idx ON orders (customer DESC) INCLUDE (at) WHERE customer > 10');
    const before = await definitionOf('partial_idx');
    const plan = await planned(target, drop, { index: 'partial_idx' });
    await assertGuarded(target, plan);
    assert.equal((await verified(target, plan)).good, false);
    assert.match(await applied(target, plan), /was dropped$/);
    assert.equal((await verified(target, plan)).good, true);
    assert.match(await applied(target, plan), /was gone already$/);
    assert.match(await undone(target, plan), /was built again/);
    assert.equal(await definitionOf('partial_idx'), before);
    assert.match(await undone(target, plan), /is there again already/);
  });

  test('no index is dropped that something depends on, or that is read', async () => {
    await server.query('CREATE INDEX at_idx ON orders (at)');
    await server.query('CREATE UNIQUE INDEX plain_unique ON orders (id, at)');
    await server.query('ALTER TABLE orders REPLICA IDENTITY USING INDEX orders_pkey');
    await server.query('CREATE INDEX read_idx ON orders ("odd ""name")');
    await server.query('SET enable_seqscan = off');
    const reader = await login(server, 'owner', 'reader');
    await reader.query('SET enable_seqscan = off');
    await reader.query('ANALYZE orders');
    await reader.query('SELECT * FROM orders WHERE "odd ""name" = 7');
    await reader.end();
    await eventually(
      () => refusal(target, drop, { index: 'read_idx' }),
      (why) => /was read 1 times.*evenUsed/.test(why),
    );
    assert.match(await refusal(target, drop, { index: 'read_idx', evenUsed: true }), /^planned/);
    assert.match(await refusal(target, drop, { index: 'plain_unique' }), /is unique/);
    assert.match(await refusal(target, drop, { index: 'orders_pkey' }), /is unique/);
    assert.match(await refusal(target, drop, { index: 'orders_at_key' }), /is unique/);
    assert.match(
      await refusal(target, drop, { schema: 'pg_catalog', index: 'pg_class_oid_index' }),
      /owner only/,
    );
    await server.query('CREATE UNIQUE INDEX ident ON orders (id)');
    assert.match(await refusal(target, drop, { index: 'ident' }), /is unique/);
  });

  test('a changed index of the same name is not dropped', async () => {
    await server.query('CREATE INDEX moving_idx ON orders (customer)');
    const plan = await planned(target, drop, { index: 'moving_idx' });
    await server.query('DROP INDEX moving_idx');
    await server.query('CREATE INDEX moving_idx ON orders (at)');
    await assert.rejects(applied(target, plan), /has changed since it was planned/);
  });

  test('a bloated index is rebuilt once and is smaller', async () => {
    await server.query('CREATE TABLE churned (id int, n int)');
    await server.query('ALTER TABLE churned OWNER TO owner');
    await server.query('CREATE INDEX churned_n ON churned (n)');
    await server.query('INSERT INTO churned SELECT g, g FROM generate_series(1, 50000) g');
    await server.query('DELETE FROM churned WHERE id > 100');
    await server.query('VACUUM churned');
    const plan = await planned(target, reindex, { index: 'churned_n' });
    await assertGuarded(target, plan);
    assert.match((await verified(target, plan)).detail, /is not rebuilt/);
    assert.match(await applied(target, plan), /was rebuilt$/);
    const verdict = await verified(target, plan);
    assert.equal(verdict.good, true, verdict.detail);
    assert.ok(Number(verdict.after?.bytes) < Number(plan.before.bytes) / 5);
    assert.match(await applied(target, plan), /was rebuilt already$/);
  });

  test('a rebuild that fails leaves nothing, and what an earlier one left is told and kept', async () => {
    await server.query('CREATE TABLE doubled (n int)');
    await server.query('ALTER TABLE doubled OWNER TO owner');
    await server.query('INSERT INTO doubled VALUES (1), (1)');
    // An invalid unique index over doubles, as a failed build leaves it.
    await server.query('CREATE UNIQUE INDEX CONCURRENTLY doubled_n ON doubled (n)').catch(() => {});
    await server.query('REINDEX INDEX CONCURRENTLY doubled_n').catch(() => {});
    const rests = () =>
      server.query(`SELECT relname FROM pg_class WHERE relname LIKE 'doubled_n_cc%' ORDER BY 1`);
    assert.deepEqual(await rests(), [{ relname: 'doubled_n_ccnew' }]);
    const plan = await planned(target, reindex, { index: 'doubled_n' });
    assert.match(plan.summary, /an earlier rebuild left doubled_n_ccnew/);
    await assert.rejects(applied(target, plan), /could not create unique index/);
    assert.deepEqual(await rests(), [{ relname: 'doubled_n_ccnew' }]);
    assert.equal((await verified(target, plan)).good, false);
    assert.match(await refusal(target, reindex, { index: 'doubled_n_ccnew' }), /a failed rebuild left/);
    const cleaning = await planned(target, drop, { index: 'doubled_n_ccnew' });
    assert.equal(cleaning.undo.possible, false);
    await applied(target, cleaning);
    assert.deepEqual(await rests(), []);
  });

  test('a build goes on when the answer takes too long, is seen at work, and is good when it is done', async () => {
    await server.query('CREATE TABLE slow (n int)');
    await server.query('ALTER TABLE slow OWNER TO owner');
    const input = { table: 'slow', index: 'slow_n', columns: [{ column: 'n' }] };
    const plan = await planned(target, create, input);
    const older = await login(server, 'owner', 'older');
    await older.query('BEGIN');
    await older.query('INSERT INTO slow VALUES (1)');
    const late = { ...target.context(), signal: AbortSignal.timeout(500) };
    await assert.rejects(target.action(create).apply(plan, permitFor(plan), late), { name: 'TimeoutError' });
    const verdict = await verified(target, plan);
    assert.equal(verdict.good, false);
    assert.match(verdict.detail, /is being built: /);
    assert.match(await refusal(target, create, input), /is like it, but not valid|builds an index on/);
    assert.match(await applied(target, plan), /is being built already/);
    await older.query('COMMIT');
    await older.end();
    await eventually(
      () => verified(target, plan),
      ({ good }) => good,
    );
  });

  test('the undo of a build that is still at work stops it and leaves nothing', async () => {
    const plan = await planned(target, create, {
      table: 'slow',
      index: 'slow_n2',
      columns: [{ column: 'n', descending: true }],
    });
    const older = await login(server, 'owner', 'older');
    await older.query('BEGIN');
    await older.query('INSERT INTO slow VALUES (1)');
    const late = { ...target.context(), signal: AbortSignal.timeout(500) };
    await assert.rejects(target.action(create).apply(plan, permitFor(plan), late), { name: 'TimeoutError' });
    const undoing = undone(target, plan);
    await older.query('COMMIT');
    await undoing;
    await older.end();
    await eventually(
      () => definitionOf('slow_n2'),
      (definition) => definition === undefined,
    );
  });
});
