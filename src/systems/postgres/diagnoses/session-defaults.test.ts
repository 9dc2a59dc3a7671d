import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { record } from '../../../../test/recorded-evidence.ts';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { login, urlFor } from '../../../../test/servers/postgres-session.ts';
import { applied, planned, verified } from '../../../../test/try-action.ts';
import {
  eventually,
  readingOf,
  type TriedTarget,
  targetName,
  tryTarget,
} from '../../../../test/try-target.ts';
import type { Change } from '../../../core/change.ts';
import { postgres } from '../index.ts';

const folder = new URL('./recorded', import.meta.url).pathname;
const id = 'postgres.session-defaults';

const changed = (name: string, before: string | null, now: string | null, source: string): Change => ({
  ...{ id: 'change-9', kind: 'configuration', target: targetName, service: null, summary: name },
  differences: [{ name, before, after: now }],
  ...{ after: Date.now() - 60_000, at: Date.now() - 1_000, source, isReported: false, url: null },
});

suite('what sessions start with', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  let target: TriedTarget;

  before(async () => {
    server = await startPostgres({
      settings: { logging_collector: 'on', log_directory: 'log', log_line_prefix: '%m [%p] ' },
      setup: [
        'CREATE ROLE watcher LOGIN',
        'GRANT pg_monitor TO watcher',
        'GRANT EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint) TO watcher',
        'GRANT ALTER SYSTEM ON PARAMETER default_transaction_read_only TO watcher',
        'GRANT EXECUTE ON FUNCTION pg_reload_conf() TO watcher',
        'CREATE ROLE app LOGIN',
        'CREATE ROLE reader LOGIN',
        'CREATE TABLE orders (id int)',
        'GRANT SELECT, INSERT ON orders TO app, reader',
      ],
    });
    target = tryTarget(postgres, { url: urlFor(server, 'watcher') });
  });
  after(async () => {
    await target.bound.close();
    await server.stop('SIGQUIT');
  });

  const standing = async () => {
    const { snapshots = [], ...outcome } = await target.seen('postgres.settings');
    const values = snapshots.find(({ document }) => document === 'postgres.session-defaults')?.values ?? {};
    return { values, readOnly: readingOf({ snapshots, ...outcome }, 'postgres.settings.read_only') };
  };
  const alter = async (statement: string) => {
    await server.query(statement);
    await server.query('SELECT pg_reload_conf()');
  };
  const refused = async (user: string, text: string, how: RegExp) => {
    const client = await login(server, user, 'shop');
    await assert.rejects(client.query(text), how);
    await client.end();
  };

  test('what a session keeps from its start is seen as it stands by now', async () => {
    const seen = async () => {
      const { snapshots = [] } = await target.seen('postgres.settings');
      return snapshots.find(({ document }) => document === 'postgres.settings')?.values.log_connections ?? '';
    };
    const before = await seen();
    assert.match(before, /^(?:off)? ?\(default\)$/);
    await alter('ALTER SYSTEM SET log_connections = on');
    // The next login after the reload has it; a session that is kept never will.
    await eventually(seen, (value) => value !== before);
    assert.match(await seen(), /\(configuration file\)$/);
    await alter('ALTER SYSTEM RESET log_connections');
    await eventually(seen, (value) => value === before);
  });

  test('the ledger is told what a session gets that says nothing, not what our own say', async () => {
    const before = await standing();
    assert.equal(before.values.default_transaction_read_only, 'off');
    assert.equal(before.values.statement_timeout, '0');
    assert.equal(before.values.search_path, '"$user", public');
    assert.equal(before.values.jit, 'on');
    assert.equal(before.readOnly, 0);
    assert.deepEqual((await target.diagnose(id)).findings, []);

    // Shorter than a look at pg_settings takes.
    await server.query("ALTER ROLE watcher SET statement_timeout = '1ms'");
    const { values } = await eventually(standing, (seen) => seen.values.statement_timeout === '1ms');
    assert.equal(values.lock_timeout, '0');
    await server.query('ALTER ROLE watcher RESET ALL');
  });

  test('a server that was made read-only is the cause of refused writes, with the way back', async () => {
    await alter('ALTER SYSTEM SET default_transaction_read_only = on');
    const now = await eventually(standing, (seen) => seen.readOnly === 1);
    assert.equal(now.values.default_transaction_read_only, 'on');
    const changes = [changed('default_transaction_read_only', 'off', 'on', 'postgres.session-defaults')];
    const unwritten = await target.diagnose(id, { changes });
    assert.equal(
      unwritten.findings[0]?.summary,
      'default_transaction_read_only was changed from off to on: every new transaction may only read, and writes are refused',
    );
    assert.equal(unwritten.findings[0]?.change, 'change-9');
    await refused('app', 'INSERT INTO orders VALUES (1)', /read-only transaction/);
    const seen = await eventually(
      () => target.diagnose(id, { changes }),
      ({ findings }) => findings[0]?.confidence === 0.95,
    );
    record(folder, 'server-made-read-only', id, seen);
    assert.match(seen.findings[0]?.explanation ?? '', /cannot execute INSERT in a read-only transaction/);
    assert.match(
      seen.findings[0]?.explanation ?? '',
      /ALTER SYSTEM RESET default_transaction_read_only; SELECT pg_reload_conf\(\);/,
    );
    const [recommendation] = seen.findings[0]?.recommendations ?? [];
    assert.equal(recommendation?.action, 'postgres.reset-setting');
    const plan = await planned(target, recommendation?.action ?? '', recommendation?.input ?? {});
    assert.match(plan.steps.join(), /ALTER SYSTEM RESET "default_transaction_read_only"/);

    const older = { ...seen.evidence[0], facts: { ...seen.evidence[0]?.facts, troubleSince: 1 } };
    const judge = target.bound.diagnoses.find((one) => one.id === id);
    assert.deepEqual(judge?.conclude([older, ...seen.evidence.slice(1)] as never, targetName), []);

    await applied(target, plan);
    await eventually(standing, (after) => after.readOnly === 0);
    assert.equal((await verified(target, plan)).good, true);
    assert.deepEqual((await target.diagnose(id, { changes })).findings, [], 'it was put back');
  });

  test('what one role was given is told as of that role, and is none of a role that always reads', async () => {
    await server.query('ALTER ROLE reader SET default_transaction_read_only = on');
    assert.deepEqual((await target.diagnose(id)).findings, []);
    await server.query("ALTER ROLE app SET statement_timeout = '50ms'");
    const changes = [changed('role app statement_timeout', null, '50ms', 'postgres.role-settings')];
    assert.deepEqual((await target.diagnose(id, { changes })).findings, [], 'nothing was cut off yet');
    await refused('app', 'SELECT pg_sleep(5)', /statement timeout/);
    const seen = await eventually(
      () => target.diagnose(id, { changes }),
      ({ findings }) => findings.length > 0,
    );
    record(folder, 'role-statement-timeout', id, seen);
    assert.equal(
      seen.findings[0]?.summary,
      'statement_timeout of role app was changed from 0 to 50ms: statements are cut off that were let run before',
    );
    assert.match(seen.findings[0]?.explanation ?? '', /ALTER ROLE app RESET statement_timeout;/);
    assert.deepEqual(seen.findings[0]?.recommendations, []);

    // A change back has the statements that were cut off before it in the same log.
    await server.query("ALTER ROLE app SET statement_timeout = '40ms'");
    const restored = {
      ...changed('role app statement_timeout', '50ms', '40ms', 'postgres.role-settings'),
      ...{ id: 'change-8', after: Date.now() - 500, at: Date.now() },
    };
    const first = {
      ...changes[0],
      differences: [{ ...restored.differences[0], before: '40ms', after: '50ms' }],
    };
    const later = await target.diagnose(id, { changes: [restored, first as Change] });
    assert.deepEqual(later.findings, [], 'what puts back what stood at first is no cause');
    const innocent = { ...restored, after: Date.now(), at: Date.now() };
    const old = await target.diagnose(id, { changes: [innocent] });
    assert.deepEqual(old.findings, [], 'what was refused before the change was not refused for it');
    await server.query('ALTER ROLE app RESET ALL');
  });

  test('a database whose search path was changed no longer finds its tables', async () => {
    await server.query('ALTER DATABASE postgres SET search_path = elsewhere');
    const changes = [
      changed('database postgres search_path', null, 'elsewhere', 'postgres.role-settings'),
      changed('search_path', '"$user", public', 'elsewhere', 'postgres.session-defaults'),
    ];
    await refused('app', 'SELECT * FROM orders', /does not exist/);
    const seen = await eventually(
      () => target.diagnose(id, { changes }),
      ({ findings }) => findings.length > 0,
    );
    assert.deepEqual(
      seen.findings.map(({ summary }) => summary),
      [
        'search_path of database postgres was changed from "$user", public to elsewhere: names are looked up elsewhere, and are not found',
      ],
    );
    await server.query('ALTER DATABASE postgres RESET ALL');
  });
});
