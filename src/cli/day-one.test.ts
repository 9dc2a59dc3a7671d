/** What somebody meets on the first day of backups, by the command line beside an Upkeep that runs. */
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { type ServedApp, serveApp } from '../../test/served-app.ts';
import { missing } from '../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../test/servers/process.ts';
import { eventually } from '../../test/try-target.ts';
import { systemClock } from '../clock.ts';
import type { ActionView } from '../core/view.ts';
import type { Proposed } from '../pipeline/act.ts';
import { systems } from '../systems/index.ts';
import { commands } from './program.ts';
import { processTerminal } from './terminal.ts';

suite('the first day of backups', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  let served: ServedApp;
  let token: string;
  const folder = temporaryFolder('day-one');

  before(async () => {
    chmodSync(folder, 0o711);
    server = await startPostgres({
      settings: { archive_mode: 'on', archive_command: '/bin/true' },
      setup: [
        "CREATE TABLE orders AS SELECT i AS id, repeat('x', 200) AS text FROM generate_series(1, 5000) i",
      ],
    });
    served = await serveApp({
      yaml: `
name: shop
timezone: UTC
targets: { db: { system: postgres, url: "${server.url}", every: 2s } }
backups:
  dump: { of: db, engine: postgres.logical, to: "${folder}" }
  whole: { of: db, engine: postgres.plain, log: archive, to: "${folder}" }
guard: { ask: ["*"] }
`,
    });
    token = await served.token('read', 'operate', 'approve', 'admin');
  });
  after(async () => {
    await served.stop();
    await server.stop();
    removeFolder(folder);
  });

  /** `upkeep …`, with what it printed and said beside it. */
  async function upkeep(...args: string[]) {
    const out: string[] = [];
    const said: string[] = [];
    let code = 0;
    const terminal = {
      ...processTerminal({}),
      out: (line: string) => void out.push(line),
      err: (line: string) => void said.push(line),
    };
    const env = { UPKEEP_URL: served.url, UPKEEP_TOKEN: token };
    const world = { clock: systemClock, systems, notifiers: [], env, cwd: folder };
    const program = commands({ world, terminal, exit: (next) => (code = Math.max(code, next)) });
    await program.parseAsync(args, { from: 'user' });
    return { code, out: out.join('\n'), said: said.join('\n') };
  }

  async function prepared(): Promise<ActionView> {
    const proposed = await served.call<Proposed>('backup.prepare', { name: 'whole' });
    assert.ok('action' in proposed, JSON.stringify(proposed));
    return proposed.action;
  }

  test('needs ends with 1 and names the guard first, SQL below it', async () => {
    const { code, out } = await upkeep('backup', 'needs', 'whole');
    assert.equal(code, 1, out);
    assert.match(
      out,
      /^! whole: archive_command is another one\n(· .*\n)* {4}upkeep backup prepare whole {3}# the guard asks, .*\n {4}or by hand, .*\n {6}ALTER SYSTEM SET archive_command = /m,
    );
  });

  test('sizes say what they are, and a database that is no plan leads to the plans that hold it', async () => {
    await served.call('backup.take', { name: 'dump' });
    const list = await upkeep('backup', 'list', 'dump');
    assert.match(list.out, /good {2}[\d.]+ [KM]iB stored {2}1 table/);
    const plan = await upkeep('backup', 'restore', 'dump', '--into', 'database:again', '--dry-run', 'yes');
    assert.equal(plan.code, 0, plan.out);
    assert.match(plan.out, /^backup \S+ of dump, taken .*, [\d.]+ [KM]iB stored$/m);
    const refused = await upkeep('backup', 'restore', 'dump', '--into', 'folder:/srv/x', '--dry-run', 'yes');
    assert.equal(refused.code, 1, refused.out);
    assert.match(refused.out, /✗ postgres\.logical restores into a new database or over what lives/);
    await assert.rejects(
      upkeep('backup', 'restore', 'postgres', '--dry-run', 'yes'),
      /postgres is no name under backups: and no id of a backup; these hold it: dump, whole/,
    );
    const restored = await upkeep('backup', 'restore', 'dump', '--into', 'database:again');
    assert.match(restored.out, /^✓ backup \S+ of dump restored/);
  });

  test('on the first day each backup says all that holds it, until when, and what confirms the clock', async () => {
    const { code, out } = await upkeep('backup', 'plan-deletion', 'dump');
    assert.equal(code, 0);
    assert.match(
      out,
      /^ {2}! the clock is not confirmed yet: .*upkeep backup trust-clock.*\n.*stored {2}stays:\n {6}it is younger than backups are kept: until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n {6}it is the newest that a restore has proven$/m,
    );
    await upkeep('backup', 'trust-clock', '--why', 'looked at it');
    const after = await upkeep('backup', 'plan-deletion', 'dump');
    assert.match(after.out, /stays:\n {6}it is younger than/);
  });

  test('approve follows the action to its end; its exit code is the result', async () => {
    const first = await prepared();
    await server.query("ALTER SYSTEM SET archive_command = '/bin/false'");
    await server.query('SELECT pg_reload_conf()');
    const stale = await upkeep('action', 'approve', first.id, '--digest', first.digest);
    assert.equal(stale.code, 1, stale.out);
    assert.match(stale.out, /^✗ (failed|refused): .*\n {2}the whole of it: upkeep action show /);
    await server.query("ALTER SYSTEM SET archive_command = '/bin/true'");
    await server.query('SELECT pg_reload_conf()');

    const second = await prepared();
    const { code, out, said } = await upkeep('action', 'approve', second.id, '--digest', second.digest);
    assert.equal(code, 0, `${said}\n${out}`);
    assert.match(said, /^Approved; Ctrl-C ends the watching/);
    assert.match(said, /applied: archive_command.* set; being verified, within 2 m.*, then held for 2 s/);
    assert.match(out, /^✓ done: .*of the log is in the repository/);
    assert.equal((await upkeep('backup', 'needs', 'whole')).code, 0);
  });

  test('approve --no-wait returns at once, and says that it is not done and how to follow it', async () => {
    await server.query("ALTER SYSTEM SET archive_command = '/bin/true'");
    await server.query('SELECT pg_reload_conf()');
    const action = await prepared();
    const { code, out } = await upkeep(
      'action',
      'approve',
      action.id,
      '--digest',
      action.digest,
      '--no-wait',
    );
    assert.equal(code, 0);
    assert.equal(out, `Approved. It is not done yet: upkeep action show ${action.id} tells what came of it.`);
    const ended = await eventually(
      () => served.call<ActionView>('action.show', { id: action.id }),
      ({ endedAt }) => endedAt !== null,
      120_000,
    );
    assert.equal(ended.state, 'done', ended.result ?? '');
  });

  test('approve --json gives the action at its end', async () => {
    await server.query("ALTER SYSTEM SET archive_timeout = '0'");
    await server.query("ALTER SYSTEM SET archive_command = '/bin/true'");
    await server.query('SELECT pg_reload_conf()');
    const action = await prepared();
    const { code, out, said } = await upkeep(
      ...['action', 'approve', action.id, '--digest', action.digest, '--json'],
    );
    const last = JSON.parse(out) as ActionView;
    assert.deepEqual([code, last.state, last.id, said], [0, 'done', action.id, ''], out);
    assert.ok(last.endedAt !== null);
  });
});
