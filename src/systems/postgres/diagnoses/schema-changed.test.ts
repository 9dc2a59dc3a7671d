import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { record } from '../../../../test/recorded-evidence.ts';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { login, urlFor } from '../../../../test/servers/postgres-session.ts';
import { alertSince } from '../../../../test/servers/redis-lab.ts';
import { eventually, type TriedTarget, targetName, tryTarget } from '../../../../test/try-target.ts';
import { type Change, differencesBetween } from '../../../core/change.ts';
import { postgres } from '../index.ts';

const id = 'postgres.schema-changed';

suite('a schema that was changed under statements', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  let target: TriedTarget;

  before(async () => {
    server = await startPostgres({
      settings: { logging_collector: 'on', log_directory: 'log', log_line_prefix: '%m [%p] ' },
      setup: [
        'CREATE ROLE watcher LOGIN',
        'GRANT pg_monitor TO watcher',
        'GRANT EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint) TO watcher',
        'CREATE ROLE app LOGIN',
        'CREATE TABLE orders (id int PRIMARY KEY, customer text, quantity numeric(8,2))',
        'CREATE TABLE parcels (id int)',
        'GRANT ALL ON orders, parcels TO app',
      ],
    });
    target = tryTarget(postgres, { url: urlFor(server, 'watcher') });
  });
  after(async () => {
    await target.bound.close();
    await server.stop('SIGQUIT');
  });

  const schema = async () => {
    const { snapshots = [] } = await target.seen('postgres.inventory');
    return snapshots.find(({ document }) => document === 'postgres.schema')?.values ?? {};
  };
  /** The change as the ledger writes it down. */
  const alter = async (...statements: string[]): Promise<Change> => {
    const before = await schema();
    const from = Date.now();
    for (const statement of statements) await server.query(statement);
    return {
      ...{ id: 'change-9', kind: 'schema', target: targetName, service: null, summary: 'schema' },
      differences: differencesBetween(before, await schema()),
      ...{ after: from, at: Date.now(), source: 'postgres.schema', isReported: false, url: null },
    };
  };
  const refused = async (text: string, how: RegExp, times = 1) => {
    const client = await login(server, 'app', 'shop');
    for (let n = 0; n < times; n += 1) await assert.rejects(client.query(text), how);
    await client.end();
  };
  const diagnose = (changes: readonly Change[]) =>
    eventually(
      () => target.diagnose(id, { changes }),
      ({ findings }) => findings.length > 0,
    );

  test('a renamed column is named with what refuses and the way back; put back, it is none', async () => {
    const change = await alter('ALTER TABLE orders RENAME COLUMN customer TO client');
    assert.deepEqual((await target.diagnose(id, { changes: [change] })).findings, [], 'nobody was refused');
    await refused('SELECT id, customer FROM orders WHERE id = 1', /column "customer" does not exist/);
    const seen = await diagnose([change]);
    record(new URL('./recorded', import.meta.url).pathname, 'column-renamed', id, seen);
    const [finding] = seen.findings;
    assert.equal(
      finding?.summary,
      'column customer of table public.orders was renamed to client, and 1 statement was refused for it',
    );
    assert.deepEqual([finding?.confidence, finding?.change], [0.95, 'change-9']);
    assert.match(
      finding?.explanation ?? '',
      /take it back: ALTER TABLE public\.orders RENAME COLUMN client TO customer;/,
    );
    const back = { ...(await alter('ALTER TABLE orders RENAME COLUMN client TO customer')), id: 'change-10' };
    assert.deepEqual((await target.diagnose(id, { changes: [back, change] })).findings, []);
  });

  test('a table that moved, a constraint and a column that is required are each named', async () => {
    for (const [statements, refusedText, how, summary, back] of [
      [
        ['ALTER TABLE parcels RENAME TO parcels_old'],
        'SELECT * FROM parcels',
        /relation "parcels" does not exist/,
        /^table public\.parcels was renamed to public\.parcels_old, and 1 statement was refused/,
        'ALTER TABLE public.parcels_old RENAME TO parcels',
      ],
      [
        ['ALTER TABLE orders ADD CONSTRAINT tight CHECK (quantity < 0) NOT VALID'],
        'INSERT INTO orders VALUES (1, null, 4)',
        /violates check constraint "tight"/,
        /^constraint tight of table public\.orders was added \(CHECK/,
        'ALTER TABLE public.orders DROP CONSTRAINT tight',
      ],
      [
        ['ALTER TABLE orders ALTER COLUMN customer SET NOT NULL'],
        'INSERT INTO orders VALUES (1, null, -4)',
        /violates not-null/,
        /^column customer of table public\.orders must not be null any more/,
        'ALTER TABLE public.orders ALTER COLUMN customer DROP NOT NULL',
      ],
    ] as const) {
      const change = await alter(...statements);
      await refused(refusedText, how);
      const { findings } = await diagnose([change]);
      assert.match(findings[0]?.summary ?? '', summary);
      assert.match(findings[0]?.explanation ?? '', new RegExp(`take it back: ${back};`));
      await server.query(back);
    }
  });

  test('row security that hides rows refuses nobody, and is named all the same', async () => {
    const change = await alter('ALTER TABLE orders ENABLE ROW LEVEL SECURITY');
    const { findings } = await diagnose([change]);
    assert.match(findings[0]?.summary ?? '', /^row security was turned on for table public\.orders/);
    assert.equal(findings[0]?.confidence, 0.75);
    await server.query('ALTER TABLE orders DISABLE ROW LEVEL SECURITY');
  });

  test('a change that has nothing to do with what is refused is innocent; a typo is no trouble, many of them are', async () => {
    const change = await alter('ALTER TABLE orders ADD COLUMN note text');
    await refused('SELECT discount FROM orders', /column "discount" does not exist/);
    assert.deepEqual((await target.diagnose(id, { changes: [change] })).findings, []);
    await refused('SELECT discount FROM orders', /column "discount" does not exist/, 5);
    const { findings } = await diagnose([change]);
    assert.deepEqual([findings.length, findings[0]?.confidence, findings[0]?.change], [1, 0.6, undefined]);
    assert.match(findings[0]?.explanation ?? '', /a release may have come without its migration/);
    const later = await target.diagnose(id, { alerts: [alertSince(Date.now())] });
    assert.deepEqual(later.findings, [], 'what was refused before this trouble belongs to another');
  });
});
