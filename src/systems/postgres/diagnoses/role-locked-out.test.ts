import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { record } from '../../../../test/recorded-evidence.ts';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { login, urlFor } from '../../../../test/servers/postgres-session.ts';
import { eventually, type TriedTarget, targetName, tryTarget } from '../../../../test/try-target.ts';
import type { Change } from '../../../core/change.ts';
import { postgres } from '../index.ts';

const folder = new URL('./recorded', import.meta.url).pathname;
const id = 'postgres.role-locked-out';

const changed = (name: string, before: string, now: string | null, source = 'postgres.roles'): Change => ({
  ...{ id: 'change-5', kind: 'access', target: targetName, service: null, summary: name },
  differences: [{ name, before, after: now }],
  ...{ after: Date.now() - 60_000, at: Date.now() - 1_000, source, isReported: false, url: null },
});

suite('roles and databases that let nobody in', { skip: missing(postgresServer) }, () => {
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
        'CREATE ROLE batch LOGIN CONNECTION LIMIT 1',
        'CREATE DATABASE shop',
      ],
    });
    target = tryTarget(postgres, { url: urlFor(server, 'watcher') });
  });
  after(async () => {
    await target.bound.close();
    await server.stop('SIGQUIT');
  });

  test('a role whose connection limit was lowered is named with the limit that it had', async () => {
    const batch = await login(server, 'batch', 'nightly');
    assert.deepEqual(
      (await target.diagnose(id)).findings.filter(({ confidence }) => confidence >= 0.5),
      [],
      'a limit that was always there may be meant',
    );
    const kept = await Promise.all(['one', 'two'].map((name) => login(server, 'app', name)));
    await server.query('ALTER ROLE app CONNECTION LIMIT 2');
    const changes = [changed('app', 'login', 'login limit 2')];
    const quiet = await target.diagnose(id, { changes });
    assert.equal(quiet.findings[0]?.confidence, 0.8);
    await assert.rejects(login(server, 'app', 'three'), /too many connections for role/);
    const seen = await eventually(
      () => target.diagnose(id, { changes }),
      ({ findings }) => findings[0]?.confidence === 0.95,
    );
    record(folder, 'role-limit-lowered', id, seen);
    assert.equal(
      seen.findings[0]?.summary,
      'role app may have 2 connections and has them all: further logins are refused since its limit was set to 2 (none before)',
    );
    assert.equal(seen.findings[0]?.change, 'change-5');
    assert.match(seen.findings[0]?.explanation ?? '', /ALTER ROLE app CONNECTION LIMIT -1;/);
    assert.match(seen.findings[0]?.explanation ?? '', /too many connections for role "app"/);
    await server.query('ALTER ROLE app CONNECTION LIMIT -1');
    assert.deepEqual(
      (await target.diagnose(id, { changes })).findings.filter(({ change }) => change),
      [],
    );
    await Promise.all([batch, ...kept].map((client) => client.end()));
  });

  test('connections that Upkeep itself takes are no cause, and it takes no more than four of them', async () => {
    await server.query('CREATE ROLE upkeep LOGIN CONNECTION LIMIT 4');
    await server.query('GRANT pg_monitor TO upkeep');
    const own = tryTarget(postgres, { url: urlFor(server, 'upkeep') });
    const checks = own.bound.checks.map(({ probe }) => own.check(probe.id));
    const refused = (await Promise.all(checks)).flatMap((outcome) =>
      !outcome.ok && /too many connections/.test(outcome.detail) ? [outcome.detail] : [],
    );
    assert.deepEqual(refused, []);
    const held = await Promise.all(
      ['upkeep', 'upkeep'].map((application) => login(server, 'upkeep', application)),
    );
    const { findings, evidence } = await own.diagnose(id);
    assert.deepEqual(
      findings.filter(({ summary }) => summary.includes('upkeep')),
      [],
    );
    assert.match(
      evidence[0]?.unseen ?? '',
      /^some looks of Upkeep itself: its role upkeep may have 4 connections and had them all; ALTER ROLE/,
    );
    await Promise.all(held.map((client) => client.end()));
    await own.bound.close();
    await server.query('DROP OWNED BY upkeep');
    await server.query('DROP ROLE upkeep');
  });

  test('a role that may no longer log in, and one that is gone', async () => {
    await server.query('ALTER ROLE app NOLOGIN');
    const changes = [changed('app', 'login', 'nologin')];
    await assert.rejects(login(server, 'app', 'one'), /not permitted to log in/);
    const seen = await eventually(
      () => target.diagnose(id, { changes }),
      ({ findings }) => findings[0]?.confidence === 0.95,
    );
    record(folder, 'role-nologin', id, seen);
    assert.equal(seen.findings[0]?.summary, 'role app may not log in since it was made NOLOGIN');
    assert.match(seen.findings[0]?.explanation ?? '', /ALTER ROLE app LOGIN;/);
    await server.query('ALTER ROLE app LOGIN');
    assert.deepEqual((await target.diagnose(id, { changes })).findings, []);
    const gone = await target.diagnose(id, { changes: [changed('old_app', 'login', null)] });
    assert.match(gone.findings[0]?.summary ?? '', /^role old_app is gone/);
  });

  test('the limit of a database is in the ledger and told alike', async () => {
    await server.query('ALTER DATABASE shop CONNECTION LIMIT 0');
    const { snapshots = [] } = await target.seen('postgres.inventory');
    const values = snapshots.find(({ document }) => document === 'postgres.databases')?.values ?? {};
    assert.equal(values.shop, 'owner postgres limit 0');
    const changes = [changed('shop', 'owner postgres', 'owner postgres limit 0', 'postgres.databases')];
    const { findings } = await target.diagnose(id, { changes });
    assert.equal(
      findings[0]?.summary,
      'database shop may have 0 connections and has them all: further logins are refused since its limit was set to 0 (none before)',
    );
  });
});
