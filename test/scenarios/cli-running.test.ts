/** The command line beside an Upkeep that runs: what it shows, what the guard refuses, what an edit changes. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { freePort } from '../servers/free-port.ts';
import { missing } from '../servers/installed.ts';
import { postgresServer, startPostgres } from '../servers/postgres.ts';
import { login, urlFor } from '../servers/postgres-session.ts';
import { type CommandLine, commandLine, type Running } from './command-line.ts';
import { until } from './watched-stack.ts';

async function running(
  t: TestContext,
  configuration: Readonly<Record<string, unknown>>,
): Promise<{ cli: CommandLine; upkeep: Running }> {
  const cli = commandLine();
  cli.configure(configuration);
  const upkeep = await cli.run();
  t.after(async () => {
    await upkeep.stop();
    cli.remove();
  });
  return { cli, upkeep };
}

interface Listed {
  readonly id: string;
  readonly status: string;
  readonly targets: readonly string[];
}

test('what runs is shown, held alone, and takes over an edit without losing an alert; a broken edit changes nothing', {
  timeout: 400_000,
}, async (t) => {
  const web = { system: 'http', url: `http://127.0.0.1:${await freePort()}/`, every: '500ms' };
  const { cli, upkeep } = await running(t, { targets: { web } });

  const incident = await until('the incident', async () => {
    const { code, out } = await cli.call('incident', 'list', '--json');
    assert.equal(code, 0);
    return (JSON.parse(out) as Listed[])[0];
  });
  const status = await cli.call('status');
  assert.equal(status.code, 1);
  assert.match(status.out, /watching for [\s\S]*Incidents\n.*web: Endpoint is down/);
  assert.ok(!status.out.includes('\u001b'));

  const second = await cli.call('run', '--port', '0');
  assert.deepEqual([second.code, second.err.trim().split('\n').length], [2, 1], second.err);
  assert.match(second.err, /another Upkeep \(pid \d+\) uses .*state\.db; stop it/);

  cli.configure({ targets: { web: { ...web, evry: '1s' } } });
  await until('the problem', async () => {
    const { problems } = (await upkeep.api('/configuration')) as { problems: { path: string }[] };
    return problems.find(({ path }) => path === 'targets.web.evry');
  });
  for (const line of upkeep.log().trim().split('\n'))
    assert.doesNotThrow(() => JSON.parse(line), 'run --json logs JSON alone');
  assert.match(upkeep.log(), /upkeep\.yaml:\d+:\d+ targets\.web\.evry: /);
  assert.match(upkeep.log(), /the edited configuration has problems; the old one stays in force/);
  assert.match(
    (await cli.call('status')).out,
    /The edited configuration has 1 problem; .*bin\/upkeep\.js check/,
  );

  const other = { system: 'tcp', host: '127.0.0.1', port: Number(new URL(upkeep.url).port), every: '500ms' };
  cli.configure({ targets: { web, other } });
  await until('the new target', async () => {
    const { targets } = (await upkeep.api('/overview')) as { targets: { name: string; health: string }[] };
    return targets.find(({ name, health }) => name === 'other' && health === 'ok');
  });
  const after = JSON.parse((await cli.call('incident', 'list', '--json')).out) as Listed[];
  assert.deepEqual(
    after.map(({ id, status }) => [id, status]),
    [[incident.id, 'open']],
  );
});

test('a command that looks keeps nobody from starting, and nobody is told to end it', {
  timeout: 400_000,
}, async (t) => {
  const silent = createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const cli = commandLine();
  t.after(() => {
    silent.closeAllConnections();
    silent.close();
    cli.remove();
  });
  const web = { system: 'http', url: `http://127.0.0.1:${port}/`, every: '30s', timeout: '20s' };
  cli.configure({ targets: { web } });
  await (await cli.run()).stop();

  const unanswered = Promise.withResolvers<void>();
  silent.once('request', () => unanswered.resolve());
  const looking = cli.call('status');
  await unanswered.promise;
  const upkeep = await cli.run();
  silent.closeAllConnections();
  const { code, err } = await looking;
  assert.deepEqual([code, err], [1, '']);
  await upkeep.stop();
});

test('after it was killed, lists say that nothing runs and as of when; while it runs they do not', {
  timeout: 400_000,
}, async (t) => {
  const web = { system: 'http', url: `http://127.0.0.1:${await freePort()}/`, every: '500ms' };
  const cli = commandLine();
  t.after(() => cli.remove());
  cli.configure({
    timezone: 'Australia/Sydney',
    targets: { web },
    notify: { terminal: { notifier: 'console' } },
    oncall: {
      people: { ann: { name: 'Ann', reach: { terminal: 'ann' } } },
      rotations: { primary: { people: ['ann'], every: 'weekly', handoff: 'monday 09:00' } },
    },
  });
  const upkeep = await cli.run();
  await until('the incident', async () => {
    const { out } = await cli.call('incident', 'list', '--json');
    return (JSON.parse(out) as Listed[])[0];
  });
  assert.doesNotMatch((await cli.call('incident', 'list')).out, /not running/);
  await upkeep.kill();
  const said = /^Upkeep is not running; this is as of \d{4}-\d\d-\d\d \d\d:\d\d:\d\d, .* ago\.\n/;
  for (const words of [
    ['incident', 'list'],
    ['oncall', 'now'],
  ]) {
    const { out } = await cli.call(...words);
    assert.match(out, said, words.join(' '));
  }
  const { out } = await cli.call('incident', 'list', '--json');
  assert.equal((JSON.parse(out) as Listed[]).length, 1, 'JSON stays what it is');
});

test('what policy forbids or does not name is refused, and the journal says so; a changed journal is seen', {
  skip: missing(postgresServer),
  timeout: 400_000,
}, async (t) => {
  const server = await startPostgres({
    setup: [
      'create role upkeep login',
      'grant pg_monitor, pg_signal_backend to upkeep',
      'create role batch login',
      'create table orders as select 1 as id',
      'grant select, update on orders to batch',
    ],
  });
  t.after(() => server.stop());
  const database = { system: 'postgres', url: urlFor(server, 'upkeep'), every: '1s' };
  const { cli, upkeep } = await running(t, {
    targets: { forbidden: database, unnamed: { ...database, environment: 'staging' } },
    rules: { 'postgres.blocked-sessions': { warning: 0, for: '1s' } },
    guard: {
      never: [{ action: 'postgres.terminate-backend', target: 'forbidden', why: 'payroll' }],
      always: ['postgres.terminate-backend on forbidden'],
    },
  });
  const holder = await login(server, 'batch', 'nightly-import');
  const waiter = await login(server, 'batch', 'shop');
  t.after(() => Promise.all([holder.end(), waiter.end()]));
  await holder.query('begin');
  await holder.query('update orders set id = 2');
  waiter.query('update orders set id = 3').catch(() => {});

  const reasons = await until('both refusals', async () => {
    const { code, out } = await cli.call('journal', 'list', '--limit', '500', '--json');
    assert.equal(code, 0);
    const entries = JSON.parse(out) as { kind: string; payload: { target: string; reason: string } }[];
    const refused = entries.filter(({ kind }) => kind === 'action.refused').map(({ payload }) => payload);
    const byTarget = new Map(refused.map(({ target, reason }) => [target, reason]));
    return byTarget.size === 2 ? byTarget : undefined;
  });
  assert.match(
    reasons.get('forbidden') ?? '',
    /policy never: postgres\.terminate-backend on forbidden \(payroll\)/,
  );
  assert.match(
    reasons.get('unnamed') ?? '',
    /no policy names .* on unnamed; what is not named is denied \(".* on unnamed" below guard\.ask/,
  );
  assert.equal((await holder.query('select 1 as alive')).rows.length, 1, 'the session was left alone');

  const whole = await cli.call('audit', 'verify');
  assert.equal(whole.code, 0);
  assert.match(whole.out, /✓ the journal's chain is whole: \d+ entries/);
  await upkeep.stop();
  const store = new DatabaseSync(join(cli.folder, 'data', 'state.db'));
  store.exec(
    "update journal set payload = replace(payload, 'payroll', 'nothing') where kind = 'action.refused'",
  );
  store.close();
  const changed = await cli.call('audit', 'verify');
  assert.equal(changed.code, 1, changed.err);
  assert.match(changed.out, /✗ the journal was changed at entry \d+: entry \d+ was changed/);
});
