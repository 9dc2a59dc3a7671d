import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import type pg from 'pg';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { login, urlFor } from '../../../../test/servers/postgres-session.ts';
import { eventually, readingOf, targetName, tryTarget } from '../../../../test/try-target.ts';
import { postgres } from '../index.ts';
import { connectionsExhausted } from './connections-exhausted.ts';

suite('logins turned away', { skip: missing(postgresServer) }, () => {
  const maxConnections = 10;
  let server: PostgresServer;

  before(async () => {
    server = await startPostgres({
      settings: { max_connections: maxConnections, superuser_reserved_connections: 2 },
      setup: [
        'CREATE ROLE watcher LOGIN',
        'GRANT pg_monitor TO watcher',
        'CREATE ROLE app LOGIN',
        'CREATE ROLE few LOGIN CONNECTION LIMIT 1',
      ],
    });
  });
  after(() => server.stop());

  const fill = async () => {
    const clients: pg.Client[] = [];
    for (;;) {
      try {
        clients.push(await login(server, 'app', 'leaky-api'));
      } catch {
        return clients;
      }
    }
  };

  test('who holds the slots is seen by a session kept from before', async () => {
    const target = tryTarget(postgres, { url: urlFor(server, 'watcher') });
    await target.seen('postgres.liveness');
    const clients = await fill();
    const outcome = await target.seen('postgres.activity');
    assert.equal(readingOf(outcome, 'postgres.connections.used_ratio'), 1);
    assert.equal(readingOf(outcome, 'postgres.connections.left'), 0);
    const { findings, evidence } = await target.diagnose('postgres.connections-exhausted');
    assert.equal(findings[0]?.summary, '8 of 8 connection slots are taken, 7 by role app (leaky-api)');
    const reserved = evidence.map((piece) =>
      piece.facts?.used === undefined ? piece : { ...piece, facts: { ...piece.facts, used: 9 } },
    );
    assert.match(
      connectionsExhausted.conclude(reserved, 'tried')[0]?.summary ?? '',
      /^all 8 connection slots are taken, and 1 of those kept for superusers, 7 by role app/,
    );
    assert.match(findings[0]?.explanation ?? '', /7 idle\) from 127\.0\.0\.1.*mostly idle/);
    // Half of 8 slots is room enough where logins are refused; the one of ours stays.
    const [end] = findings[0]?.recommendations ?? [];
    assert.deepEqual(end?.input, { role: 'app', application: 'leaky-api', idleForSeconds: 10, most: 4 });
    assert.match(end?.why ?? '', /without 4 of 7 there is room for the 1 session that others have now$/);
    const at = [1_000, 2_000];
    const others = (state: string, values: number[]) => ({
      labels: { role: 'shop', application: 'web', state },
      at,
      values,
    });
    const busy = await target.diagnose('postgres.connections-exhausted', {
      history: async () => [others('idle', [1, 0]), others('active', [1, 1])],
    });
    assert.equal(busy.findings[0]?.recommendations[0]?.input.most, 5, 'the shop had 2 at once');
    assert.match(busy.findings[0]?.recommendations[0]?.why ?? '', /2 sessions that others had at most/);
    // One that works says that its application lives: then half a minute.
    const sleeping = clients[0]?.query('SELECT pg_sleep(2)');
    const working = await eventually(
      async () => (await target.diagnose('postgres.connections-exhausted')).findings[0],
      (finding) => /1 active/.test(finding?.explanation ?? ''),
    );
    assert.equal(working?.recommendations[0]?.input.idleForSeconds, 30);
    await sleeping;
    assert.deepEqual(findings[0]?.unseen, []);
    await Promise.all(clients.map((client) => client.end()));
    await target.bound.close();
  });

  test('with our own login refused what was last seen is used and what is not known is said', async () => {
    const target = tryTarget(postgres, { url: urlFor(server, 'watcher') });
    const clients = await fill();
    const refused = await target.check('postgres.liveness');
    assert.ok(!refused.ok);
    assert.equal(refused.why, 'refused');
    assert.match(refused.detail, /\(53300\)/);
    const [up] = refused.readings ?? [];
    assert.deepEqual(
      [up?.metric, up?.value, up?.about?.summary],
      ['postgres.up', 0, 'All connections are taken'],
    );
    const activity = await target.check('postgres.activity');
    assert.equal(readingOf(activity, 'postgres.connections.used_ratio'), 1);
    assert.equal(readingOf(activity, 'postgres.connections.left'), 0);

    const now = Date.now();
    const { findings } = await target.diagnose('postgres.connections-exhausted', {
      detail: () => refused.detail,
      latest: (_, metric) =>
        metric === 'postgres.connections.by'
          ? [
              {
                labels: { role: 'app', application: 'leaky-api', state: 'idle' },
                value: 6,
                at: now - 10_000,
              },
              { labels: { role: 'old', application: 'gone', state: 'idle' }, value: 9, at: now - 90_000 },
            ]
          : [],
    });
    assert.match(
      findings[0]?.summary ?? '',
      /^all connection slots are taken, 6 by role app \(leaky-api\), as last seen \d\d s before$/,
    );
    assert.match(findings[0]?.explanation ?? '', /alive and turns logins away/);
    assert.match(findings[0]?.unseen.join() ?? '', /no reserved slot is assumed/);
    assert.equal(findings[0]?.evidence.length, 3);
    assert.deepEqual((await target.diagnose('postgres.credentials-refused')).findings, []);
    await Promise.all(clients.map((client) => client.end()));
    await target.bound.close();
  });

  test('the limit of one role is not taken for a full server', async () => {
    const kept = await login(server, 'few', 'kept');
    const target = tryTarget(postgres, { url: urlFor(server, 'few') });
    const outcome = await target.check('postgres.activity');
    assert.ok(!outcome.ok && outcome.why === 'refused');
    assert.equal(readingOf(outcome, 'postgres.connections.used_ratio'), undefined);
    assert.equal(readingOf(outcome, 'postgres.connections.left'), undefined);
    const { findings } = await target.diagnose('postgres.connections-exhausted');
    assert.match(findings[0]?.summary ?? '', /the connection limit of role few is reached/);
    await kept.end();
    await target.bound.close();
  });

  test('a server with free slots has no finding', async () => {
    const target = tryTarget(postgres, { url: urlFor(server, 'watcher') });
    assert.deepEqual((await target.diagnose('postgres.connections-exhausted')).findings, []);
    await target.bound.close();
  });
});

suite('credentials refused', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres({ password: 'right' });
  });
  after(() => server.stop());

  test('a wrong password: the server is alive and says 28P01', async () => {
    const target = tryTarget(postgres, { url: server.url.replace('right', 'wrong') });
    const outcome = await target.check('postgres.liveness');
    assert.ok(!outcome.ok);
    assert.equal(outcome.why, 'denied');
    assert.match(outcome.detail, /28P01/);
    const { findings, evidence } = await target.diagnose('postgres.credentials-refused', {
      detail: () => outcome.detail,
    });
    assert.match(findings[0]?.summary ?? '', /^PostgreSQL is alive, but the password was not accepted/);
    assert.deepEqual(findings[0]?.evidence, [`${targetName}.login`, `${targetName}.last-answer`]);
    assert.ok(!JSON.stringify(evidence).includes('wrong'), 'no secret in the evidence');
    await target.bound.close();
  });

  test('no password and no such role are told apart', async () => {
    const none = tryTarget(postgres, { url: server.url.replace(':right', '') });
    assert.match(
      (await none.diagnose('postgres.credentials-refused')).findings[0]?.summary ?? '',
      /asks for a password and none is configured/,
    );
    await none.bound.close();
  });

  test('a server that was found and never told who we are is unknown, not down', async () => {
    const found = tryTarget(postgres, { url: server.url.replace(':right', '') });
    const outcome = await found.check('postgres.liveness');
    assert.ok(!outcome.ok);
    assert.equal(outcome.why, 'broken-probe');
    assert.match(
      outcome.detail,
      /^no login is configured: the server asks for a password and the url has none; put role and password into url$/,
    );
    await found.bound.close();
  });

  test('the right password has no finding', async () => {
    const target = tryTarget(postgres, { url: server.url });
    const { findings } = await target.diagnose('postgres.credentials-refused', {
      detail: () => 'password authentication failed (28P01)',
    });
    assert.deepEqual(findings, []);
    await target.bound.close();
  });
});
