/** Two real servers behind a real HAProxy: the primary is killed, the standby takes over, and nobody writes twice. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import pg from 'pg';
import { freePort } from '../../../../test/servers/free-port.ts';
import { haproxyServer } from '../../../../test/servers/haproxy.ts';
import { missing } from '../../../../test/servers/installed.ts';
import { startListening } from '../../../../test/servers/listening.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { login, urlFor } from '../../../../test/servers/postgres-session.ts';
import { baseBackup, type Standby, startStandby } from '../../../../test/servers/postgres-standby.ts';
import { applied, assertGuarded, planned, refusal, verified } from '../../../../test/try-action.ts';
import { eventually, readingOf, tryTarget } from '../../../../test/try-target.ts';
import type { FailoverPart } from '../../../core/failover.ts';
import { postgres } from '../index.ts';

const id = 'postgres.promote';

async function startProxy(primary: number, replica: number) {
  const socket = `127.0.0.1:${await freePort()}`;
  const proxy = await startListening({
    binary: haproxyServer,
    files: (port) => ({
      'haproxy.cfg': [
        'global',
        `  stats socket ipv4@${socket} level admin`,
        'defaults',
        '  mode tcp',
        '  timeout connect 1s',
        '  timeout client 30s',
        '  timeout server 30s',
        'listen shop',
        `  bind 127.0.0.1:${port}`,
        `  server db1 127.0.0.1:${primary}`,
        `  server db2 127.0.0.1:${replica} disabled`,
        '',
      ].join('\n'),
    }),
    args: (_port, folder) => ['-W', '-db', '-f', join(folder, 'haproxy.cfg')],
    ready: /Loading success|forked/,
  });
  return { socket, port: proxy.port, stop: () => proxy.stop() };
}

const clientOf = (port: number) =>
  new pg.Client({ host: '127.0.0.1', port, user: 'app', database: 'postgres' });

async function insertThrough(port: number, n: number): Promise<void> {
  const client = clientOf(port);
  await client.connect();
  try {
    await client.query('INSERT INTO orders VALUES ($1)', [n]);
  } finally {
    await client.end();
  }
}

const grants = [
  'CREATE ROLE app LOGIN',
  'CREATE ROLE watcher LOGIN',
  'GRANT pg_monitor TO watcher',
  'GRANT EXECUTE ON FUNCTION pg_promote(boolean, integer) TO watcher',
  'CREATE TABLE orders (id int)',
  'GRANT INSERT, SELECT ON orders TO app',
];
/** Where no program fences: the old primary refuses writes by itself. */
const fencing = [
  'GRANT ALTER SYSTEM ON PARAMETER default_transaction_read_only TO watcher',
  'GRANT EXECUTE ON FUNCTION pg_reload_conf() TO watcher',
  'GRANT pg_signal_backend TO watcher',
];

interface Scene {
  readonly primary: PostgresServer;
  readonly replica: Standby;
  readonly port: number;
  targets(
    more?: Partial<FailoverPart['settings']>,
    primaryUrl?: string,
  ): Record<'primary' | 'replica', ReturnType<typeof tryTarget>>;
}

suite('failover of two servers', { skip: missing(postgresServer, baseBackup, haproxyServer) }, () => {
  const ends: (() => Promise<unknown>)[] = [];
  const stage = async (): Promise<Scene> => {
    const primary = await startPostgres({ setup: grants, settings: { wal_log_hints: 'on' } });
    ends.push(() => primary.stop('SIGQUIT'));
    const replica = await startStandby(primary);
    ends.push(() => replica.stop());
    const proxy = await startProxy(primary.port, replica.port);
    ends.push(() => proxy.stop());
    return {
      primary,
      replica,
      port: proxy.port,
      targets(more = {}, primaryUrl = urlFor(primary, 'watcher')) {
        const settings: FailoverPart['settings'] = {
          ...{ name: 'shop', primary: 'db', replica: 'db-replica', fence: null },
          switch: { by: 'proxy', proxy: 'proxy', backend: 'shop', primary: 'db1', replica: 'db2' },
          through: `127.0.0.1:${proxy.port}`,
          ...more,
        };
        const side = (name: 'primary' | 'replica', own: string, other: string) => {
          const part = {
            settings,
            side: name,
            other: { url: other },
            socket: proxy.socket,
          };
          const tried = tryTarget(postgres, { url: own }, { failover: part });
          ends.push(() => tried.bound.close());
          return tried;
        };
        const replicaUrl = urlFor(replica, 'watcher');
        return {
          primary: side('primary', primaryUrl, replicaUrl),
          replica: side('replica', replicaUrl, primaryUrl),
        };
      },
    };
  };
  const clear = async () => {
    for (const end of ends.splice(0).reverse()) await end();
  };

  test('a primary that is killed: what is not sure is refused, then the standby takes over and is written to', async (t) => {
    t.after(clear);
    const { primary, replica, port, targets } = await stage();
    await insertThrough(port, 1);
    const tried = targets();
    const seen = (name: string) => async () =>
      readingOf(await tried.replica.seen('postgres.failover'), `postgres.failover.${name}`);
    assert.match(await refusal(tried.primary, id, {}), /promote db-replica/);
    const { readings } = await eventually(
      () => tried.replica.seen('postgres.failover'),
      ({ readings }) => readings[0]?.value === 1,
    );
    assert.match(readings[0]?.about?.detail ?? '', /^db-replica has no primary_slot_name/);
    assert.equal(await seen('split_brain')(), 0);
    assert.deepEqual((await tried.replica.diagnose('postgres.split-brain')).findings, []);

    // Alive, and this Upkeep may not fence it: the remedy is named.
    const alive = await refusal(tried.replica, id, {});
    assert.match(alive, /answers and cannot be fenced.* as a superuser on db: psql .*GRANT ALTER SYSTEM/);
    // Silence is no proof of death.
    const silent = targets({}, 'postgres://watcher@198.51.100.1:5432/postgres?connect_timeout=1');
    assert.match(await refusal(silent.replica, id, {}), /streams from a primary that does not answer us/);
    await replica.query('SELECT pg_wal_replay_pause()');
    assert.match(await refusal(tried.replica, id, {}), /replay is paused/);
    await replica.query('SELECT pg_wal_replay_resume()');

    // It dies in the midst of its work: what arrived last is the beginning of a record.
    const bulk = await login(primary, 'postgres', 'bulk');
    bulk.query('INSERT INTO orders SELECT -n FROM generate_series(1, 3000000) n').catch(() => {});
    await eventually(
      () => replica.query('SELECT pg_last_wal_receive_lsn() > $$0/6000000$$ AS much'),
      ([row]) => row?.much === true,
    );
    await primary.crash();
    const { findings } = await tried.primary.diagnose('postgres.unreachable');
    const { action, target } = findings[0]?.recommendations.at(-1) ?? {};
    assert.deepEqual([action, target], [id, 'db-replica']);
    await eventually(
      () => refusal(tried.replica, id, {}),
      (text) => /^planned/.test(text),
    );
    assert.match(await refusal(silent.replica, id, {}), /may live on behind a broken network/);
    const badFence = targets({ fence: ['false'] });
    const unfenced = await planned(badFence.replica, id, {});
    assert.equal(unfenced.fences, 'db');
    await assert.rejects(applied(badFence.replica, unfenced), /false did not fence db.*was not promoted/);
    assert.equal((await replica.query('SELECT pg_is_in_recovery() AS standby'))[0]?.standby, true);
    // The roles were exchanged after a promotion, the fence was not.
    const stale = { ...unfenced, target: 'db', fences: 'db-replica', steps: ['false  # fences db-replica'] };
    const asked: string[] = [];
    const made = await badFence.replica.action(id).plan(
      {},
      {
        ...badFence.replica.context(),
        async applied(action) {
          asked.push(action);
          return [{ state: 'done', appliedAt: 1, plan: stale }];
        },
      },
    );
    assert.match(
      'refused' in made ? made.refused : '',
      /^failover\.shop: db was promoted at 1970-.*the next failover would stop db-replica, which is to take over, and leave db running; name the program that stops db\. A program that/,
    );
    assert.deepEqual(asked, [id]);

    const plan = await planned(tried.replica, id, {});
    await assertGuarded(tried.replica, plan);
    assert.match(plan.summary, /does not answer; lost would be what was committed after .* ago/);
    assert.deepEqual(plan.touches, ['production-change']);
    assert.deepEqual([plan.undo.possible, /pg_rewind/.test(plan.undo.how)], [false, true]);
    assert.match((await verified(tried.replica, plan)).detail, /still a standby/);
    assert.match(
      await applied(tried.replica, plan),
      /db is gone .*db-replica was promoted and clients are led to it.*Backups with of: db must follow in upkeep\.yaml: of: db-replica$/,
    );
    const good = await verified(tried.replica, plan);
    assert.deepEqual(
      [good.good, /a write through .* arrived there/.test(good.detail)],
      [true, true],
      good.detail,
    );
    await insertThrough(port, 2);
    assert.deepEqual(await replica.query('SELECT id FROM orders ORDER BY id'), [{ id: 1 }, { id: 2 }]);
    assert.match(await applied(tried.replica, plan), /was promoted already/);
    const [first, ...others] = (await tried.primary.diagnose('postgres.unreachable')).findings;
    assert.match(
      first?.summary ?? '',
      /^db-replica was promoted in place of tried \(timeline 2\): do not start tried as a primary$/,
    );
    assert.ok((first?.confidence ?? 0) > Math.max(...others.map(({ confidence }) => confidence)));
    assert.deepEqual(
      [first, ...others].flatMap((finding) => finding?.recommendations ?? []),
      [],
      'nothing that would start it',
    );
    assert.equal(plan.fences, undefined, 'it was gone, no program fences it');

    // Somebody starts the old one again: two primaries of one history.
    await primary.revive();
    assert.match((await verified(tried.replica, plan)).detail, /split brain: db takes writes as well/);
    assert.equal(await seen('split_brain')(), 1);
    const [split] = (await tried.replica.diagnose('postgres.split-brain')).findings;
    assert.match(
      split?.summary ?? '',
      /^two primaries: db \(up for [\d. hms]+, timeline 1, at .*\) and db-replica \(up for [\d. hms]+, timeline 2, at .*\) both take writes$/,
    );
    assert.match(split?.explanation ?? '', /First stop the one that clients are not led to/);
    assert.deepEqual(split?.recommendations, []);
  });

  test('a primary that answers is fenced by itself and loses nothing; a failed promotion puts all back', async (t) => {
    t.after(clear);
    const { primary, replica, port, targets } = await stage();
    for (const statement of fencing) await primary.query(statement);
    const tried = targets().replica;
    await eventually(
      () => refusal(tried, id, {}),
      (text) => /^planned/.test(text),
    );
    const writer = clientOf(port);
    writer.on('error', () => {});
    await writer.connect();
    const plan = await planned(tried, id, {});
    assert.match(plan.summary, /which answers; nothing is lost/);

    // What can never arrive: the standby is cut off after the plan was made.
    const started = await primary.query('SELECT pg_postmaster_start_time() AS at');
    await replica.query(`ALTER SYSTEM SET recovery_min_apply_delay = '1h'`);
    await replica.query('SELECT pg_reload_conf()');
    await eventually(
      () => replica.query('SHOW recovery_min_apply_delay'),
      ([row]) => row?.recovery_min_apply_delay === '1h',
    );
    await assert.rejects(applied(tried, plan), /behind on purpose.*nothing was done/);
    await replica.query('ALTER SYSTEM RESET recovery_min_apply_delay');
    await replica.query('SELECT pg_reload_conf()');
    assert.deepEqual(await primary.query('SELECT pg_postmaster_start_time() AS at'), started);
    await insertThrough(port, 1);

    await eventually(
      () => refusal(tried, id, {}),
      (text) => /^planned/.test(text),
    );
    let last = 1;
    const writing = (async () => {
      for (;;) {
        await writer.query('INSERT INTO orders VALUES ($1)', [last + 1]);
        last += 1;
      }
    })().catch(() => {});
    assert.match(await applied(tried, plan), /db takes no writes.*db-replica was promoted/);
    await writing;
    const verdict = await verified(tried, plan);
    assert.equal(verdict.good, true, verdict.detail);
    // Every commit that a client was told of is there.
    const [kept] = await replica.query('SELECT max(id)::int AS last FROM orders');
    assert.ok(last > 1 && Number(kept?.last) >= last, `${kept?.last} of ${last}`);
    const direct = clientOf(primary.port);
    await direct.connect();
    await assert.rejects(direct.query('INSERT INTO orders VALUES (0)'), /read-only transaction/);
    await direct.end();
  });
});
