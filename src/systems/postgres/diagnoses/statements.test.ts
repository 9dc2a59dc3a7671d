import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type pg from 'pg';
import { record } from '../../../../test/recorded-evidence.ts';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { login, urlFor } from '../../../../test/servers/postgres-session.ts';
import { planned } from '../../../../test/try-action.ts';
import { eventually, type TriedTarget, targetName, tryTarget } from '../../../../test/try-target.ts';
import type { Change } from '../../../core/change.ts';
import { postgres } from '../index.ts';
import { equalityColumns, whyNotExplained } from './explain.ts';

const folder = new URL('./recorded', import.meta.url).pathname;

test('only statements whose functions and types are known are planned', () => {
  const explained = [
    'SELECT * FROM orders WHERE customer = $1 AND at > now() LIMIT $2',
    'SELECT count(*), sum(n) FROM orders WHERE id IN ($1, $2) GROUP BY customer',
    'INSERT INTO orders (id, n) VALUES ($1, $2)',
    'UPDATE orders SET n = n + $1 WHERE id = $2::bigint',
  ];
  for (const text of explained) assert.equal(whyNotExplained(text), undefined, text);
  const left = [
    'SELECT evil($1)',
    'SELECT public.evil()',
    'SELECT "Evil" ($1)',
    'SELECT * FROM orders WHERE n = $1::evil',
    'SELECT 1 OPERATOR(public.+) 2',
    'DROP TABLE orders',
    'EXPLAIN ANALYZE DELETE FROM orders',
  ];
  for (const text of left) assert.notEqual(whyNotExplained(text), undefined, text);
});

test('columns of a filter are those compared for equality', () => {
  assert.deepEqual(equalityColumns('((orders.customer = $1) AND (orders.n > $2))'), ['customer']);
  assert.deepEqual(equalityColumns(`(((o."odd name")::text = $1) AND (o.b = ANY ($2)))`), ['odd name', 'b']);
  assert.deepEqual(equalityColumns('(orders.n > 5)'), []);
});

suite('statements that take the time', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  let target: TriedTarget;
  let app: pg.Client;

  before(async () => {
    server = await startPostgres({
      settings: { shared_preload_libraries: 'pg_stat_statements' },
      setup: [
        'CREATE EXTENSION pg_stat_statements',
        'CREATE ROLE watcher LOGIN',
        'CREATE ROLE app LOGIN',
        'GRANT pg_monitor, pg_read_all_data, app TO watcher',
        'GRANT CREATE ON SCHEMA public TO app',
        'CREATE TABLE orders (id int PRIMARY KEY, customer int, n int)',
        'INSERT INTO orders SELECT g, g % 5000, g FROM generate_series(1, 60000) g',
        'CREATE TABLE small (id int, customer int)',
        'INSERT INTO small SELECT g, g FROM generate_series(1, 100) g',
        'ALTER TABLE orders OWNER TO app',
        'ALTER TABLE small OWNER TO app',
        'CREATE INDEX orders_customer ON orders (customer)',
        'VACUUM ANALYZE orders',
        'ANALYZE small',
      ],
    });
    target = tryTarget(postgres, { url: urlFor(server, 'watcher') });
    app = await login(server, 'app', 'shop');
  });
  after(async () => {
    await app.end();
    await target.bound.close();
    await server.stop();
  });

  /** Diagnoses while the statement runs over and over; by a connection of its own, as looks are shared for a while. */
  const during = async (text: string, id: string, changes: readonly Change[] = []) => {
    const own = tryTarget(postgres, { url: urlFor(server, 'watcher') });
    let isOver = false;
    const running = (async () => {
      for (let at = 1; !isOver; at += 1) await app.query(text, [at % 5000]);
    })();
    try {
      return await own.diagnose(id, { changes });
    } finally {
      isOver = true;
      await running;
      await own.bound.close();
    }
  };
  const dropped = (index: string, definition: string): Change => ({
    id: 'change-1',
    kind: 'schema',
    target: targetName,
    service: null,
    summary: `index ${index} gone`,
    differences: [{ name: `index ${index}`, before: definition, after: null }],
    after: Date.now() - 60_000,
    at: Date.now() - 50_000,
    source: 'postgres.schema',
    isReported: false,
    url: null,
  });
  const byCustomer = 'SELECT * FROM orders WHERE customer = $1';

  test('with its index nothing is missing, also when another index was dropped', async () => {
    const changes = [dropped('public.orders_n', 'CREATE INDEX orders_n ON public.orders USING btree (n)')];
    const seen = await during(byCustomer, 'postgres.missing-index', changes);
    record(folder, 'index-there', 'postgres.missing-index', seen);
    assert.deepEqual(seen.findings, []);
    assert.match(JSON.stringify(seen.evidence), /Index Scan|Bitmap/);
  });

  test('a small table that is read whole is no trouble', async () => {
    const { findings } = await during('SELECT * FROM small WHERE customer = $1', 'postgres.missing-index');
    assert.deepEqual(findings, []);
  });

  test('the dropped index is named with its own definition, which can be built again as it was', async () => {
    const definition = 'CREATE INDEX orders_customer ON public.orders USING btree (customer)';
    await server.query('DROP INDEX orders_customer');
    const changes = [dropped('public.orders_customer', definition)];
    const seen = await during(byCustomer, 'postgres.missing-index', changes);
    record(folder, 'index-dropped', 'postgres.missing-index', seen);
    const [finding] = seen.findings;
    assert.match(
      finding?.summary ?? '',
      /^index orders_customer of public\.orders was dropped: a statement now reads the whole table/,
    );
    assert.equal(finding?.change, 'change-1');
    assert.match(finding?.explanation ?? '', /no valid index begins with customer/);
    const [recommendation] = finding?.recommendations ?? [];
    assert.equal(recommendation?.action, 'postgres.create-index-concurrently');
    const plan = await planned(target, recommendation?.action ?? '', recommendation?.input ?? {});
    assert.deepEqual(plan.steps, [
      'CREATE INDEX CONCURRENTLY "orders_customer" ON "public"."orders" USING btree ("customer")',
    ]);
  });

  test('without a change the index is advice, less sure; a partial one that was dropped is for people', async () => {
    const { findings } = await during(byCustomer, 'postgres.missing-index');
    assert.match(findings[0]?.summary ?? '', /^public\.orders has no index on customer/);
    assert.ok((findings[0]?.confidence ?? 1) < 0.7);
    const changes = [
      dropped('public.part', 'CREATE INDEX part ON public.orders USING btree (customer) WHERE (n > 0)'),
    ];
    const partial = await during(byCustomer, 'postgres.missing-index', changes);
    assert.match(
      partial.findings[0]?.explanation ?? '',
      /by hand, concurrently: CREATE INDEX part .*WHERE \(n > 0\)/,
    );
    assert.deepEqual(partial.findings[0]?.recommendations, []);
  });

  test('the statement that takes the time is named with its plan; a quick one is not', async () => {
    const slow = 'SELECT count(*) FROM orders a JOIN orders b ON a.customer = b.customer WHERE a.id > $1';
    const seen = await during(slow, 'postgres.slow-statement');
    record(folder, 'statement-slow', 'postgres.slow-statement', seen);
    assert.match(seen.findings[0]?.summary ?? '', /^one statement takes \d+ % of the time: \d+ ms a call/);
    assert.match(seen.findings[0]?.explanation ?? '', /Its plan: .*Join/);
    const quick = await during('SELECT * FROM orders WHERE id = $1', 'postgres.slow-statement');
    record(folder, 'statement-quick', 'postgres.slow-statement', quick);
    assert.deepEqual(quick.findings, []);
  });

  const settingChange = (name: string, before: string | null, after: string, ago = 60_000): Change => ({
    ...dropped('', ''),
    id: `set-${name}`,
    kind: 'configuration',
    source: 'postgres.settings',
    differences: [{ name, before, after }],
    after: Date.now() - ago,
    at: Date.now() - ago,
  });
  const setSystem = async (assignment: string) => {
    await server.query(`ALTER SYSTEM SET ${assignment}`);
    await server.query('SELECT pg_reload_conf()');
    const [name = '', value] = assignment.split(' = ');
    await eventually(
      () => app.query(`SHOW ${name}`),
      ({ rows }) => rows[0]?.[name] === value?.replaceAll("'", ''),
    );
  };
  const settings = 'postgres.settings-regression';

  test('a planner setting is blamed where the plan is another one without it, and taken back alone', async () => {
    await server.query('CREATE INDEX orders_customer ON orders (customer)');
    await setSystem('random_page_cost = 100000');
    const changes = [
      settingChange('log_min_duration_statement', null, '100ms (configuration file)', 10_000),
      settingChange('random_page_cost', null, '100000 (configuration file)'),
    ];
    const seen = await during(byCustomer, settings, changes);
    record(folder, 'settings-plan-flipped', settings, seen);
    assert.equal(seen.findings.length, 1, 'the innocent change is not blamed');
    const [finding] = seen.findings;
    assert.match(
      finding?.summary ?? '',
      /^random_page_cost was changed from 4 to 100000, and a statement that takes \d+ % of the time is planned otherwise/,
    );
    assert.equal(finding?.change, 'set-random_page_cost');
    assert.deepEqual(
      finding?.recommendations.map(({ action, input }) => [action, input]),
      [['postgres.reset-setting', { name: 'random_page_cost' }]],
    );
    const older = seen.evidence.map((piece) =>
      piece.facts && 'troubleSince' in piece.facts
        ? { ...piece, facts: { ...piece.facts, troubleSince: Date.now() - 3_600_000 } }
        : piece,
    );
    const diagnosis = target.bound.diagnoses.find(({ id }) => id === settings);
    assert.deepEqual(
      diagnosis?.conclude(older, targetName),
      [],
      'trouble older than the change has another cause',
    );
    await setSystem('random_page_cost = 4');
  });

  test('what a role has of its own is blamed alike, and put back by people', async () => {
    const own = {
      ...settingChange('role app enable_indexscan', null, 'off'),
      source: 'postgres.role-settings',
    };
    const changes = [
      {
        ...own,
        differences: [...own.differences, { name: 'role app enable_bitmapscan', before: null, after: 'off' }],
      },
    ];
    const seen = await during(byCustomer, settings, changes);
    record(folder, 'settings-of-role', settings, seen);
    assert.equal(seen.findings.length, 1);
    assert.match(
      seen.findings[0]?.summary ?? '',
      /^role app enable_bitmapscan was changed from on to off, and a statement/,
    );
    assert.match(seen.findings[0]?.explanation ?? '', /ALTER ROLE app RESET enable_bitmapscan/);
    assert.deepEqual(seen.findings[0]?.recommendations, []);
  });

  test('a planner setting that changes no plan is not blamed', async () => {
    await setSystem('random_page_cost = 4.5');
    const seen = await during(byCustomer, settings, [
      settingChange('random_page_cost', null, '4.5 (configuration file)'),
    ]);
    record(folder, 'settings-innocent', settings, seen);
    assert.deepEqual(seen.findings, []);
  });

  test('less work_mem is blamed where statements spill, and not where none does', async () => {
    await setSystem(`work_mem = '64kB'`);
    const changes = [settingChange('work_mem', '4MB (default)', '64kB (configuration file)')];
    const sorting = await during(
      'SELECT max(n) FROM (SELECT n FROM orders WHERE id > $1 ORDER BY n OFFSET 10) x',
      settings,
      changes,
    );
    record(folder, 'settings-work-mem', settings, sorting);
    assert.match(
      sorting.findings[0]?.summary ?? '',
      /^work_mem was changed from 4MB to 64kB, and statements write .* a second/,
    );
    assert.equal(sorting.findings[0]?.recommendations[0]?.action, 'postgres.reset-setting');
    const calm = await during('SELECT * FROM orders WHERE id = $1', settings, changes);
    assert.deepEqual(calm.findings, []);
  });

  test('an index that was not finished is to be built anew, what a rebuild left is to be dropped', async () => {
    const id = 'postgres.invalid-index';
    const calm = await target.diagnose(id);
    record(folder, 'indexes-valid', id, calm);
    assert.deepEqual(calm.findings, []);
    await server.query('CREATE TABLE doubled (n int)');
    await server.query('INSERT INTO doubled VALUES (1), (1)');
    await server.query('CREATE UNIQUE INDEX CONCURRENTLY doubled_n ON doubled (n)').catch(() => {});
    await server.query(`CREATE INDEX doubled_valid ON doubled (n)`);
    await server.query(`CREATE UNIQUE INDEX CONCURRENTLY doubled_valid_ccnew ON doubled (n)`).catch(() => {});
    const seen = await target.diagnose(id);
    record(folder, 'indexes-invalid', id, seen);
    assert.deepEqual(
      seen.findings.map(({ recommendations }) => [
        recommendations[0]?.action,
        recommendations[0]?.input.index,
      ]),
      [
        ['postgres.reindex-concurrently', 'doubled_n'],
        ['postgres.drop-index-concurrently', 'doubled_valid_ccnew'],
      ],
    );
  });

  test('statistics that no longer hold are told of where a busy statement goes by them', async () => {
    const id = 'postgres.stale-statistics';
    await server.query('CREATE TABLE imported (id int, customer int) WITH (autovacuum_enabled = off)');
    await server.query('ALTER TABLE imported OWNER TO app');
    await server.query('ANALYZE imported');
    await server.query('INSERT INTO imported SELECT g, g FROM generate_series(1, 30000) g');
    await eventually(
      () =>
        server.query(
          `SELECT 1 FROM pg_stat_user_tables WHERE relname = 'imported' AND n_mod_since_analyze >= 30000`,
        ),
      (rows) => rows.length === 1,
    );
    const idle = await during('SELECT * FROM orders WHERE id = $1', id);
    record(folder, 'statistics-stale-unread', id, idle);
    assert.deepEqual(idle.findings, []);
    const seen = await during('SELECT count(*) FROM imported WHERE customer < $1', id);
    record(folder, 'statistics-stale', id, seen);
    assert.match(
      seen.findings[0]?.summary ?? '',
      /^public\.imported was analysed .* ago, 30000 of its 30000 rows have changed since/,
    );
    assert.equal(seen.findings[0]?.recommendations[0]?.action, 'postgres.analyze');
  });

  test('a role that may not read the tables says what would let it', async () => {
    await server.query('REVOKE pg_read_all_data, app FROM watcher');
    const { evidence, findings } = await during(byCustomer, 'postgres.missing-index');
    assert.deepEqual(findings, []);
    assert.match(evidence.map(({ unseen }) => unseen).join(), /GRANT pg_read_all_data/);
  });
});
