/** The command line while no Upkeep runs: what it prints, and how it ends. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type TestContext, test } from 'node:test';
import { freePort } from '../servers/free-port.ts';
import { missing } from '../servers/installed.ts';
import { postgresServer, startPostgres } from '../servers/postgres.ts';
import { urlFor } from '../servers/postgres-session.ts';
import { type CommandLine, type CommandLineOptions, commandLine } from './command-line.ts';

function within(t: TestContext, options: CommandLineOptions = {}): CommandLine {
  const cli = commandLine(options);
  t.after(cli.remove);
  return cli;
}

const watching = (url: string) => ({ targets: { web: { system: 'http', url } } });

test('what init writes is accepted by check, and is not written over unasked', async (t) => {
  const cli = within(t, { env: { DATABASE_URL: 'postgres://app@127.0.0.1:1/app' } });
  const first = await cli.call('init');
  assert.deepEqual([first.code, first.err], [0, '']);
  assert.match(first.out, /DATABASE_URL in the environment[\s\S]*Wrote upkeep\.yaml/);
  const checked = await cli.call('check');
  assert.equal(checked.code, 0, checked.out);
  assert.match(checked.out, /✓ upkeep\.yaml is good: \d+ targets?/);
  const again = await cli.call('init');
  assert.equal(again.code, 2);
  assert.match(again.err, /^upkeep: upkeep\.yaml is there already; --force writes over it/);
});

test('a document goes into the file that --write names, whose folder is made; else it says why not', async (t) => {
  const cli = within(t);
  cli.configure(watching('http://127.0.0.1:1/'));
  const file = join('.claude', 'agents', 'maintainer.md');
  const written = await cli.call('agent', 'definition', '--form', 'studio', '--write', file);
  assert.equal(written.code, 0, written.err);
  assert.match(readFileSync(join(cli.folder, file), 'utf8'), /upkeep/i);
  const refused = await cli.call('agent', 'definition', '--write', 'upkeep.yaml/maintainer.md');
  assert.equal(refused.code, 2);
  assert.match(refused.err, /maintainer\.md cannot be written: E\w+; name a file in a folder/);
});

test('a start that fails says why in one line, ends with 2 and leaves nothing behind', async (t) => {
  const cli = within(t);
  const taken = createServer();
  const port = await freePort();
  await new Promise<void>((resolve) => taken.listen(port, '127.0.0.1', resolve));
  t.after(() => taken.close());
  const { targets } = watching('http://127.0.0.1:1/');
  cli.configure({ listen: { host: '127.0.0.1', port }, targets });
  const first = await cli.call('run');
  assert.equal(first.code, 2);
  assert.equal(
    first.err.trim().split('\n').at(-1),
    `upkeep: 127.0.0.1:${port} is taken by pid ${process.pid} (node); stop it, or choose another port with --port or listen.port`,
  );
  assert.deepEqual(readdirSync(cli.folder), ['upkeep.yaml']);
  cli.configure({ listen: { host: '127.0.0.1', port: 0 }, store: '/proc/nope', targets });
  const nowhere = await cli.call('run');
  assert.equal(nowhere.code, 2);
  assert.match(nowhere.err.trim(), /^(upkeep: )?the store's folder \/proc\/nope cannot be written .*$/);
});

test('check names every problem with its place, its path and what helps; nothing is coloured', async (t) => {
  const cli = within(t);
  cli.configure(
    [
      'targets:',
      '  web: { system: http, url: "http://127.0.0.1/", evry: 10s }',
      `  db: { system: postgres, url: "$${'{NO_SUCH_VARIABLE}'}" }`,
      'services:',
      '  shop: { targets: [wbe] }',
    ].join('\n'),
  );
  const checked = await cli.call('check');
  assert.equal(checked.code, 2);
  assert.match(checked.out, /^upkeep\.yaml:2:\d+ targets\.web\.evry: .*did you mean every\?/m);
  assert.match(checked.out, /^upkeep\.yaml:3:\d+ targets\.db\.url: .*NO_SUCH_VARIABLE is not set/m);
  assert.match(checked.out, /^upkeep\.yaml:5:\d+ services\.shop\.targets\[0\]: .*did you mean web\?/m);
  assert.match(checked.out, /^3 problems$/m);
  assert.ok(!`${checked.out}${checked.err}`.includes('\u001b'));
  const { ok, problems } = JSON.parse((await cli.call('check', '--json')).out) as {
    ok: boolean;
    problems: { line: number }[];
  };
  assert.deepEqual([ok, problems.map(({ line }) => line)], [false, [2, 3, 5]]);
  const run = await cli.call('run');
  assert.equal(run.code, 2, 'what check refuses, run refuses');
  assert.match(run.err, /upkeep\.yaml:2:/);
});

test('check tries the store, says where it is named, and makes nothing', async (t) => {
  const cli = within(t);
  const watched = '  web: { system: http, url: "http://127.0.0.1/" }';
  const says = async (store: string, ...options: string[]) => {
    cli.configure(['targets:', watched, `store: ${store}`].join('\n'));
    return cli.call('check', ...options);
  };
  const blocked = await says('upkeep.yaml/data');
  assert.equal(blocked.code, 2);
  assert.match(
    blocked.out,
    /^upkeep\.yaml:3:8 store: the store's folder .*data is a file or lies below one \(ENOTDIR.*set another `store:`/m,
  );
  assert.match(blocked.out, /^1 problem$/m);
  const away = await says(`postgres://me:hunter2@127.0.0.1:${await freePort()}/state`, '--json');
  const { ok, problems } = JSON.parse(away.out) as { ok: boolean; problems: { message: string }[] };
  assert.deepEqual([away.code, ok, problems.length], [2, false, 1]);
  assert.match(problems[0]?.message ?? '', /state cannot be used .*; start the server/);
  assert.ok(!away.out.includes('hunter2'));
  assert.equal((await says('upkeep.yaml/data', '--no-store')).code, 0);
  assert.equal((await says('./deep/data')).code, 0);
  assert.deepEqual(readdirSync(cli.folder), ['upkeep.yaml']);
});

test('wrong usage ends with 2 and says what there is; a finding ends with 1', async (t) => {
  const cli = within(t);
  cli.configure(watching(`http://127.0.0.1:${await freePort()}/`));
  const unknown = await cli.call('statsu');
  assert.equal(unknown.code, 2);
  assert.match(unknown.err, /status/);
  assert.equal((await cli.call('status', '--nonsense')).code, 2);
  assert.equal((await cli.call('check', 'nowhere.yaml')).code, 2);
  const status = await cli.call('status');
  assert.equal(status.code, 1, status.err);
  assert.match(status.out, /Upkeep is not running; looked once, now/);
  assert.match(status.out, /✗ +web .*ECONNREFUSED/);
  assert.ok(!status.out.includes('\u001b'));
  const found = await cli.call('investigate', 'web', '--json');
  assert.equal(found.code, 1, found.err);
  const { findings } = JSON.parse(found.out) as { findings: { target: string }[] };
  assert.equal(findings[0]?.target, 'web');
  const incidents = await cli.call('incident', 'list', '--json');
  assert.deepEqual([incidents.code, JSON.parse(incidents.out)], [0, []]);
  const nobody = await cli.call('incident', 'show', '0199');
  assert.notEqual(nobody.code, 0);
  assert.match(nobody.err, /no incident/);
});

test('run refuses a port that is taken, a folder it may not write, and the store of a newer Upkeep', async (t) => {
  const cli = within(t);
  const holder = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => holder.once('listening', resolve));
  t.after(() => holder.close());
  const address = holder.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  cli.configure({ ...watching('http://127.0.0.1:1/'), listen: { port } });
  isRefused(await cli.call('run'), new RegExp(`127\\.0\\.0\\.1:${port} is taken .*--port`));

  isRefused(
    await cli.call('demo', '--port', String(port)),
    new RegExp(
      `^upkeep: 127\\.0\\.0\\.1:${port} is taken by pid ${process.pid} \\(node\\); .*bin/upkeep\\.js demo --port 0$`,
    ),
  );

  cli.configure({ ...watching('http://127.0.0.1:1/'), store: './upkeep.yaml/data' });
  isRefused(
    await cli.call('run', '--port', '0'),
    /upkeep\.yaml\/data is a file or lies below one .*set another `store:`/,
  );

  cli.configure(watching('http://127.0.0.1:1/'));
  mkdirSync(join(cli.folder, 'data'), { recursive: true });
  for (const name of readdirSync(join(cli.folder, 'data'))) rmSync(join(cli.folder, 'data', name));
  const database = new DatabaseSync(join(cli.folder, 'data', 'state.db'));
  database.exec(
    `create table meta (key text primary key, value text); insert into meta values ('schema_version', '99');
     create table migrations (name text, timestamp text); insert into migrations values ('0099-later', '')`,
  );
  database.close();
  isRefused(await cli.call('run', '--port', '0'), /was written by a newer Upkeep .*version 99/);
  const checked = await cli.call('check');
  assert.deepEqual([checked.code, checked.err], [2, '']);
  assert.match(checked.out, /^upkeep\.yaml:1:1 store: .*was written by a newer Upkeep .*version 99/m);
});

test('run refuses a folder that belongs to somebody else', {
  skip: process.getuid?.() === 0 ? missing({ name: 'setpriv', apt: 'util-linux' }) : 'needs root',
}, async (t) => {
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];
  const owner = within(t, { through: nobody });
  owner.configure(watching('http://127.0.0.1:1/'));
  chmodSync(owner.folder, 0o755);
  const refused = await owner.call('run', '--port', '0');
  isRefused(refused, /data cannot be written \(EACCES.*make it writable for the user that runs Upkeep/);
  const checked = await owner.call('check');
  assert.equal(checked.code, 2);
  assert.match(checked.out, /store: .*data cannot be written \(EACCES.*make it writable for the user/);
});

function isRefused({ code, err }: { code: number | null; err: string }, why: RegExp): void {
  const lines = err.trim().split('\n').filter(Boolean);
  assert.deepEqual([code, lines.length], [2, 1], err);
  assert.match(lines[0] ?? '', why);
}

test('doctor names the grant that a role lacks', { skip: missing(postgresServer) }, async (t) => {
  const server = await startPostgres({ setup: ['create role plain login'] });
  t.after(() => server.stop());
  const cli = within(t);
  cli.configure({ targets: { db: { system: 'postgres', url: urlFor(server, 'plain') } } });
  const lacking = await cli.call('doctor');
  assert.equal(lacking.code, 1, lacking.err);
  assert.match(lacking.out, /db postgres\.[\s\S]*grant pg_monitor to plain/i);
  await server.query('grant pg_monitor to plain');
  const granted = await cli.call('doctor', '--json');
  const ailments = JSON.parse(granted.out) as { subject: string; remedy: string }[];
  assert.deepEqual(
    ailments.filter(({ remedy }) => /pg_monitor/.test(remedy)),
    [],
  );
});
