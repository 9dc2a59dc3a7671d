import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { connect } from 'node:tls';
import { parse } from 'yaml';
import { missing } from '../../test/servers/installed.ts';
import { systemClock } from '../clock.ts';
import { faultNames } from './fault.ts';
import { get, send } from './http.ts';
import { announcement, haproxy, locate, openssl, redisServer } from './optional.ts';
import { type Stack, startStack } from './stack.ts';
import { until } from './until.ts';

const lacking = missing(
  { name: redisServer.command, apt: redisServer.apt },
  { name: haproxy.command, apt: haproxy.apt },
  { name: openssl.command, apt: openssl.apt },
);
const clock = systemClock;
const log = () => {};

describe('the stack', { skip: lacking, timeout: 120_000 }, () => {
  let stack: Stack;
  let web: string;

  before(async () => {
    stack = await startStack({ clock, log });
    web = `http://127.0.0.1:${stack.ports.web}`;
  });
  after(() => stack.stop());

  const health = () => get(`${web}/health`, 5_000);
  const answers = (what: string, status: number, text: RegExp, ask = health) =>
    until(clock, what, 15_000, async () => {
      const answer = await ask();
      assert.equal(answer.status, status, answer.body);
      assert.match(answer.body, text);
      return true;
    });
  /** Injects, lets `look` see the symptom, heals, and waits until the shop is well and the load too. */
  const during = async (name: string, look: () => Promise<void>) => {
    const fault = stack.faults.find((candidate) => candidate.name === name);
    assert.ok(fault);
    assert.equal(await fault.isPresent(), false);
    await stack.inject(name);
    assert.equal(await fault.isPresent(), true);
    await look();
    await stack.heal(name);
    assert.equal(await fault.isPresent(), false);
    await answers(`the shop being well after ${name}`, 200, /"status":"ok"/);
    await until(clock, 'a second of load without failures', 15_000, () => {
      const last = stack.load().recent.at(-1);
      return last !== undefined && last.ok > 0 && last.failed === 0;
    });
  };

  test('runs a shop whose load succeeds', async () => {
    await until(clock, 'two seconds of load without a failure', 15_000, () => {
      const last = stack.load().recent.slice(-2);
      return last.length === 2 && last.every(({ ok, failed }) => ok > 10 && failed === 0);
    });
    assert.ok((stack.load().recent.at(-1)?.p95Ms ?? 0) > 0);
    const [row] = await stack.servers.postgres.admin(
      "select sum(calls)::int as n from pg_stat_statements where query ~ 'update orders'",
    );
    assert.ok(Number(row?.n) > 0, 'the load changes orders');
    assert.deepEqual(stack.missing, []);
    assert.deepEqual(
      stack.faults.map((fault) => fault.name),
      [...faultNames],
    );
  });

  test('has a configuration that names what runs', () => {
    const { targets, services, guard } = parse(stack.configuration());
    assert.deepEqual(Object.keys(targets), ['web', 'api', 'api-process', 'db', 'cache', 'certificate']);
    assert.equal(targets.web.url, `${web}/health`);
    assert.equal(Number(readFileSync(targets['api-process'].pidFile, 'utf8')), stack.pids().api);
    assert.deepEqual(services.shop.targets, ['web', 'api']);
    assert.equal(guard.always.length, 5);
    assert.equal(guard.ask, undefined);
  });

  test('upkeep may look and terminate, but not change the shop', async () => {
    const client = stack.servers.postgres.client('upkeep', 'test');
    await client.connect();
    try {
      const { rows } = await client.query('select query from pg_stat_activity where usename = $1', ['app']);
      assert.ok(rows.every((row) => row.query !== '<insufficient privilege>'));
      await assert.rejects(client.query('delete from orders'), { code: '42501' });
    } finally {
      await client.end();
    }
  });

  test('each fault has its own key and says what it does', () => {
    assert.equal(new Set(stack.faults.map((fault) => fault.key)).size, stack.faults.length);
    for (const fault of stack.faults)
      assert.ok(fault.does.length > 10 && fault.title.length < 30, fault.name);
  });

  test('api-killed: the proxy answers 503 and the port is closed', () =>
    during('api-killed', async () => {
      await answers('503 from the proxy', 503, /Service Unavailable/);
      await assert.rejects(get(`http://127.0.0.1:${stack.ports.api}/live`, 1_000), /ECONNREFUSED/);
      assert.equal(stack.pids().api, undefined);
    }));

  test('api-frozen: the port is open, nobody answers', () =>
    during('api-frozen', async () => {
      await answers('503 from the proxy', 503, /Service Unavailable/);
      await assert.rejects(get(`http://127.0.0.1:${stack.ports.api}/live`, 300), /no answer within/);
    }));

  test('blocked-transaction: sessions of the API wait for nightly-import', () =>
    during('blocked-transaction', async () => {
      await until(clock, 'a crowd of waiters', 15_000, async () => {
        const rows = await stack.servers.postgres.admin(
          `select w.usename, r.application_name, r.state from pg_stat_activity w
             join pg_stat_activity r on r.pid = any(pg_blocking_pids(w.pid))
            where r.application_name = 'nightly-import'`,
        );
        for (const row of rows) assert.equal(row.state, 'idle in transaction');
        return rows.some((row) => row.usename === 'app');
      });
      await answers('a starved pool', 503, /timeout exceeded/);
    }));

  test('connections-exhausted: ordinary roles get 53300, the superuser gets in', () =>
    during('connections-exhausted', async () => {
      const client = stack.servers.postgres.client('app', 'test');
      await assert.rejects(client.connect(), { code: '53300' });
      await answers('53300 through the proxy', 503, /53300/);
    }));

  test('redis-full: writes are refused with OOM, reads are fine', () =>
    during('redis-full', async () => {
      await answers('OOM through the proxy', 503, /OOM command not allowed/);
      assert.equal((await get(`${web}/orders/4000`, 2_000)).status, 200);
      assert.equal((await send('POST', `${web}/orders/4000`, 2_000)).status, 503);
    }));

  test('wrong-password: PostgreSQL refuses the API', () =>
    during('wrong-password', () => answers('28P01 through the proxy', 503, /28P01 .*app/)));

  test('certificate-expired: clients refuse, HTTP goes on', () =>
    during('certificate-expired', async () => {
      await assert.rejects(handshake(), { code: 'CERT_HAS_EXPIRED' });
      assert.equal((await health()).status, 200);
    }).then(handshake));

  test('a fault that is there already is healed before it is injected again', async () => {
    await stack.inject('api-killed');
    await stack.inject('api-killed');
    await assert.rejects(stack.inject('api-frozen'), /the API does not run/);
    await stack.healAll();
    await answers('the shop being well', 200, /"status":"ok"/);
    await assert.rejects(stack.inject('flood'), /there is no fault flood here: use one of api-killed/);
  });

  test('an API that somebody else restarts is still one of the stack', async () => {
    const { 'api-process': target } = parse(stack.configuration()).targets;
    await stack.inject('api-killed');
    const [command, ...args] = target.start;
    const restarted = spawn(command, args, { cwd: target.cwd, detached: true, stdio: 'ignore' });
    restarted.unref();
    await until(clock, 'the restarted API', 10_000, () => stack.pids().api === restarted.pid);
    await answers('the shop being well', 200, /"status":"ok"/);
  });

  test('stop leaves no process and no folder', async () => {
    const pids = Object.values(stack.pids());
    assert.equal(pids.length, 5);
    await stack.inject('blocked-transaction');
    await Promise.all([stack.stop(), stack.stop()]);
    for (const pid of pids) assert.equal(isAlive(pid), false, `${pid} lives on`);
    assert.equal(existsSync(stack.folder), false);
    await stack.stop();
  });

  async function handshake(): Promise<void> {
    const ca = readFileSync(`${stack.folder}/tls/ca.pem`);
    const socket = connect({ host: '127.0.0.1', port: stack.ports.apiTls ?? 0, ca });
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    socket.destroy();
  }
});

test('the stack runs without Redis, proxy and TLS, and says so in its configuration', {
  timeout: 180_000,
}, async (t) => {
  const without = [redisServer.command, haproxy.command, openssl.command];
  const stack = await startStack({ clock, log, without });
  t.after(() => stack.stop());
  await until(clock, 'load on the API itself', 10_000, () => stack.load().ok > 5);
  const { targets, services } = parse(stack.configuration());
  assert.deepEqual(Object.keys(targets), ['api', 'api-process', 'db']);
  assert.deepEqual(services.shop.targets, ['api']);
  assert.deepEqual(targets.api.dependsOn, ['db', 'api-process']);
  assert.deepEqual(
    stack.faults.map((fault) => fault.name),
    faultNames.filter((name) => name !== 'redis-full' && name !== 'certificate-expired'),
  );
  assert.deepEqual(stack.ports, { ...stack.ports, cache: null, web: null, apiTls: null });
});

test('what is not installed is announced with the command that installs it', () => {
  const absent = { command: 'upkeep-no-such-server', apt: 'no-such-package', without: 'the demo goes on' };
  assert.equal(locate(absent), undefined);
  assert.equal(
    announcement(absent),
    'upkeep-no-such-server is not installed: the demo goes on (apt-get install no-such-package)',
  );
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
