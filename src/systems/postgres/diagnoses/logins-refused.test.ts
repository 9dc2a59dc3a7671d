/** Logins that are refused at the door, on a server that asks for passwords; and that no password leaves it. */
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import pg from 'pg';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { urlFor } from '../../../../test/servers/postgres-session.ts';
import { eventually, type TriedTarget, targetName, tryTarget } from '../../../../test/try-target.ts';
import type { Change } from '../../../core/change.ts';
import type { Finding } from '../../../core/evidence.ts';
import { postgres } from '../index.ts';
import { refusalsIn } from './login-refusals.ts';

const id = 'postgres.logins-refused';

suite('logins refused at the door', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  let target: TriedTarget;
  let hba = '';

  before(async () => {
    server = await startPostgres({
      settings: { logging_collector: 'on', log_directory: 'log', log_line_prefix: '%m [%p] ' },
      setup: [
        'CREATE ROLE watcher LOGIN SUPERUSER',
        `CREATE ROLE app LOGIN PASSWORD 'first'`,
        `CREATE ROLE late LOGIN PASSWORD 'first' VALID UNTIL '2001-01-01'`,
        'CREATE DATABASE shop',
      ],
    });
    hba = join(server.folder, 'data', 'pg_hba.conf');
    const text = readFileSync(hba, 'utf8');
    writeFileSync(hba, `host all app,late 127.0.0.1/32 scram-sha-256\n${text}`);
    await server.query('SELECT pg_reload_conf()');
    target = tryTarget(postgres, { url: urlFor(server, 'watcher') });
  });
  after(async () => {
    await target.bound.close();
    await server.stop('SIGQUIT');
  });

  const knock = async (user: string, password: string, database = 'postgres') => {
    const client = new pg.Client({ host: '127.0.0.1', port: server.port, user, password, database });
    client.on('error', () => {});
    await client.connect().then(
      () => client.end(),
      () => {},
    );
  };
  const first = (of: RegExp, changes: readonly Change[] = []): Promise<Finding> =>
    eventually(
      async () => (await target.diagnose(id, { changes })).findings.find(({ summary }) => of.test(summary)),
      (found) => found !== undefined,
    ).then((found) => {
      assert.ok(found);
      return found;
    });
  const documents = async () => {
    const seen = await target.seen('postgres.inventory');
    return {
      text: JSON.stringify(seen),
      of: (name: string) => seen.snapshots?.find((one) => one.document === name)?.values ?? {},
    };
  };

  test('a password that was changed: the ledger sees that it was, and neither it nor its hash', async () => {
    const before = await documents();
    await server.query(`ALTER ROLE app PASSWORD 'second'`);
    const now = await documents();
    assert.match(now.of('postgres.passwords').app ?? '', /^set #[0-9a-f]{8}$/);
    assert.notEqual(now.of('postgres.passwords').app, before.of('postgres.passwords').app);
    assert.equal(now.of('postgres.passwords').late, before.of('postgres.passwords').late);
    const [{ rolpassword = '' } = {}] = await server.query(
      `SELECT rolpassword FROM pg_authid WHERE rolname = 'app'`,
    );
    for (const secret of ['second', String(rolpassword), String(rolpassword).split('$')[2] ?? ''])
      assert.ok(secret !== '' && !now.text.includes(secret), 'a secret is shown');

    await knock('app', 'first');
    const unknown = await first(/^the password that role app logs in with is not accepted/);
    assert.equal(unknown.confidence, 0.85);
    const change: Change = {
      ...{
        id: 'c7',
        kind: 'access',
        target: targetName,
        service: null,
        summary: 'app',
        isReported: false,
        url: null,
      },
      differences: [
        { name: 'app', before: 'set #00000000', after: now.of('postgres.passwords').app ?? null },
      ],
      ...{ after: Date.now() - 60_000, at: Date.now() - 1_000, source: 'postgres.passwords' },
    };
    const known = await first(/^the password that role app/, [change]);
    assert.equal(known.change, 'c7');
    assert.equal(known.confidence, 0.95);
    assert.match(known.explanation, /The ledger has what changed: app: set #00000000 -> set #/);
  });

  test('who was let in since may be another program with the same role: told with doubt', async () => {
    const client = new pg.Client({
      host: '127.0.0.1',
      port: server.port,
      user: 'app',
      password: 'second',
      database: 'postgres',
    });
    await client.connect();
    const { findings } = await target.diagnose(id);
    const doubted = findings.find(({ summary }) => /role app logs in with/.test(summary));
    assert.equal(doubted?.confidence, 0.4);
    await client.end();
  });

  test('a validity that has passed needs no change: the log tells it of the server only', async () => {
    await knock('late', 'first');
    const finding = await first(
      /^the password of role late is valid no longer: its VALID UNTIL \(2001-01-01/,
    );
    assert.match(finding.explanation, /ALTER ROLE late VALID UNTIL 'infinity'/);
  });

  test('a database that is called otherwise, and the right to connect', async () => {
    await knock('app', 'second', 'shpo');
    await first(/^database shpo does not exist; shop is there/);
    const granted = (await documents()).of('postgres.grants')['database shop'] ?? null;
    assert.match(granted ?? '', /; public: CONNECT, TEMPORARY$/, 'the grants that nobody made');
    await server.query('REVOKE CONNECT ON DATABASE shop FROM PUBLIC');
    await knock('app', 'second', 'shop');
    await first(/^who asks for database shop may not connect to it/);
    const revoked: Change = {
      ...{
        id: 'c8',
        kind: 'access',
        target: targetName,
        service: null,
        summary: 'shop',
        isReported: false,
        url: null,
      },
      differences: [
        {
          name: 'database shop',
          before: granted,
          after: (await documents()).of('postgres.grants')['database shop'] ?? null,
        },
      ],
      ...{ after: Date.now() - 60_000, at: Date.now() - 1_000, source: 'postgres.grants' },
    };
    assert.equal((await first(/^who asks for database shop/, [revoked])).change, 'c8');
    const { findings } = await target.diagnose('postgres.privilege-revoked', { changes: [revoked] });
    assert.match(findings[0]?.summary ?? '', /^public lost CONNECT on database shop, and is refused since$/);
    assert.match(findings[0]?.explanation ?? '', /GRANT CONNECT ON DATABASE shop TO PUBLIC;/);
    await server.query('GRANT CONNECT ON DATABASE shop TO PUBLIC');
    const back = (await target.diagnose(id, { changes: [revoked] })).findings;
    assert.ok(!back.some(({ summary }) => /shop may not connect/.test(summary)), 'it was given back');
  });

  test('a rule of pg_hba.conf that was taken away, which the ledger has too', async () => {
    const before = (await documents()).of('postgres.access-rules');
    assert.equal(before['host all app,late 127.0.0.1 255.255.255.255'], 'scram-sha-256');
    const kept = readFileSync(hba, 'utf8');
    writeFileSync(hba, 'local all all trust\nhost all watcher,postgres 127.0.0.1/32 trust\n');
    await server.query('SELECT pg_reload_conf()');
    await eventually(
      () => knock('app', 'second').then(() => target.diagnose(id)),
      ({ findings }) =>
        findings.some(({ summary }) =>
          /^no rule of pg_hba\.conf lets role app in from 127\.0\.0\.1 to database postgres/.test(summary),
        ),
    );
    assert.equal(
      (await documents()).of('postgres.access-rules')['host all app,late 127.0.0.1 255.255.255.255'],
      undefined,
    );
    writeFileSync(hba, kept);
    await server.query('SELECT pg_reload_conf()');
  });

  test('who tries names that are nobody’s is told with doubt', async () => {
    appendFileSync(hba, 'host all all 127.0.0.1/32 scram-sha-256\n');
    await server.query('SELECT pg_reload_conf()');
    await knock('oracle-dba', 'x');
    const stranger = await first(/^role oracle-dba does not exist/);
    assert.ok(stranger.confidence < 0.5);
  });
});

test('what is older than the look back, and what is no refusal, is left out', () => {
  const lines = [
    '2026-11-22 09:00:00.000 UTC [1] FATAL:  password authentication failed for user "old"',
    '2026-11-22 10:00:00.000 UTC [2] FATAL:  password authentication failed for user "app"',
    '2026-11-22 10:00:00.000 UTC [2] DETAIL:  Password does not match for user "app".',
    '2026-11-22 10:00:05.000 UTC [3] FATAL:  password authentication failed for user "app"',
    '2026-11-22 10:00:06.000 UTC [4] LOG:  connection authorized: user=app database=shop',
  ];
  const found = refusalsIn(lines, Date.parse('2026-11-22T09:50:00Z'));
  assert.deepEqual(
    found.map(({ why, role, count }) => ({ why, role, count })),
    [{ why: 'password', role: 'app', count: 2 }],
  );
  assert.equal(found[0]?.firstAt, Date.parse('2026-11-22T10:00:00Z'));
});
