/** What backups of a real PostgreSQL lack, and how it is mended by the guard's road. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { asSuperuser } from '../../../test/pasted.ts';
import { type ServedApp, serveApp } from '../../../test/served-app.ts';
import { missing } from '../../../test/servers/installed.ts';
import { pgbackrestProgram } from '../../../test/servers/pgbackrest.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import { eventually } from '../../../test/try-target.ts';
import { printResult } from '../../cli/print/result.ts';
import { processTerminal } from '../../cli/terminal.ts';
import type { NeedView } from '../../core/backup/needs.ts';
import { scopes } from '../../core/verb.ts';
import type { ActionView } from '../../core/view.ts';
import type { Proposed } from '../../pipeline/act.ts';
import { releaseFor } from '../../systems/postgres/backups/programs.ts';

suite('what backups need', { skip: missing(postgresServer, pgbackrestProgram) }, () => {
  let server: PostgresServer;
  let served: ServedApp;
  const folder = temporaryFolder('needs');

  before(async () => {
    chmodSync(folder, 0o711);
    server = await startPostgres({
      settings: { max_wal_senders: 2, archive_mode: 'off', wal_level: 'replica' },
      setup: ['CREATE ROLE watcher LOGIN', 'CREATE TABLE orders AS SELECT 1 AS id'],
    });
    // As packages lay it out: nobody may replicate who is not named.
    await server.query('SELECT pg_reload_conf()');
    mkdirSync(join(folder, 'whole/pgbackrest/conf.d'), { recursive: true });
    writeFileSync(
      join(folder, 'whole/pgbackrest/conf.d/key.conf'),
      '[global]\nrepo1-cipher-type=aes-256-cbc\nrepo1-cipher-pass=secret-1\n',
    );
    served = await serveApp({
      yaml: `
name: shop
timezone: UTC
targets:
  server: { system: process, pidFile: "${server.folder}/data/postmaster.pid", start: ["${releaseFor(15).bin}/postgres", -D, "${server.folder}/data"], user: postgres, every: 60s }
  db: { dependsOn: [server], system: postgres, url: "${server.url}", every: 1s }
  watched: { system: postgres, url: "postgres://watcher@127.0.0.1:${server.port}/postgres", every: 1s }
backups:
  whole: { of: db, engine: postgres.pgbackrest, to: "${folder}" }
  copies: { of: watched, engine: postgres.plain, to: "${folder}" }
  dump: { of: watched, to: "${folder}" , engine: postgres.logical }
guard: { ask: ["*"] }
`,
    });
  });
  after(async () => {
    await Promise.allSettled([served.stop()]);
    await server.stop();
    removeFolder(folder);
  });

  const needs = async (name: string) => served.call<NeedView[]>('backup.needs', { name });
  const said = (found: readonly NeedView[]) => found.map(({ what }) => what).join('\n');
  const carriedOut = async (name: string): Promise<ActionView> => {
    const proposed = await served.call<Proposed>('backup.prepare', { name });
    assert.ok('action' in proposed, JSON.stringify(proposed));
    const { id, digest, state, judgement } = proposed.action;
    assert.equal(state, 'awaiting-approval', judgement.reason);
    await served.call('action.approve', { id, digest }, { name: 'token:second', scopes });
    return settled(id);
  };
  const settled = async (id: string) =>
    (await eventually(
      () => served.call<ActionView>('action.show', { id }),
      ({ state }) => !['awaiting-approval', 'permitted', 'applying', 'verifying', 'undoing'].includes(state),
      120_000,
    )) as ActionView;

  test('settings, privileges, replication, the disk and the key are each told with their remedy', async () => {
    const whole = await needs('whole');
    assert.match(said(whole), /archive_mode is off \(needs a restart\)/);
    assert.match(said(whole), /archive_command is not set/);
    const command = whole.find(({ what }) => /archive_command/.test(what));
    assert.equal(command?.remedy, 'upkeep backup prepare whole');
    assert.match(
      command?.byHand ?? '',
      /^ALTER SYSTEM SET archive_command = 'pgbackrest --config=.*archive-push %p';$/,
    );
    const printed = printResult(processTerminal({}), 'backup.needs', whole, Date.now(), 'UTC');
    assert.equal(printed.split('upkeep backup prepare whole').length, 2, printed);
    assert.match(
      printed,
      /prepare whole +# the guard asks, then .*\n +or by hand.*:\n(.*\n)*.*ALTER SYSTEM SET archive_mode/,
    );
    assert.match(said(whole), /on the disk of the data/);
    const second = join(folder, 'whole/pgbackrest/conf.d/second.conf');
    writeFileSync(second, '[global]\nrepo2-type=s3\nrepo2-s3-bucket=acme\n');
    const told = said(await needs('whole'));
    assert.doesNotMatch(told, /on the disk of the data/, 'one that is declared is not asked for again');
    assert.match(told, /archive_mode is off/);
    rmSync(second);
    const key = whole.find(({ what }) => /the key of the repository/.test(what));
    assert.ok(key?.isAdvice && !JSON.stringify(whole).includes('secret-1'));
    const copies = await needs('copies');
    assert.match(said(copies), /max_wal_senders is 2, of which \d are in use \(needs a restart\)/);
    assert.deepEqual(
      copies
        .filter(({ what }) => /may not read|replication/.test(what) && !/^the log is not received/.test(what))
        .map(({ remedy }) => remedy),
      ['GRANT pg_read_all_data TO watcher;', 'ALTER ROLE watcher REPLICATION;'],
    );
    assert.match(said(copies), /role watcher may not read public\.orders/);
    const rights = copies.find(({ what }) => /backup prepare is refused/.test(what));
    assert.match(rights?.remedy ?? '', /GRANT ALTER SYSTEM ON PARAMETER max_wal_senders TO watcher;/);
    assert.equal(rights?.isAdvice, true, 'the statements by hand remain');
    const lines = printResult(processTerminal({}), 'backup.needs', copies, Date.now(), 'UTC').split('\n');
    const from = lines.findIndex((line) => /^ +psql .* \\$/.test(line));
    const typed = lines.slice(
      from,
      lines.findIndex((line, index) => index > from && !line.endsWith('\\')) + 1,
    );
    assert.ok(
      typed
        .slice(1)
        .every((line) => /^ +-c '[A-Z][^']*;'( \\| {3}# as a superuser on the server)$/.test(line)),
      typed.join('\n'),
    );
    asSuperuser(server, typed.join('\n'));
    assert.doesNotMatch(
      said(await needs('copies')),
      /backup prepare is refused/,
      'what is printed is enough',
    );
    await server.query('REVOKE ALTER SYSTEM ON PARAMETER max_wal_senders FROM watcher');
    assert.match(said(await needs('dump')), /role watcher may not read public\.orders/);
  });

  test('what the guard permits is written, waits for the restart, and is taken back', async () => {
    const action = await carriedOut('whole');
    assert.equal(action.state, 'done', action.result ?? '');
    assert.match(action.result ?? '', /after a restart of PostgreSQL: archive_mode/);
    assert.ok(
      action.plan.steps.some((step) =>
        /^ALTER SYSTEM SET archive_mode = on; -- was off; needs a restart$/.test(step),
      ),
    );
    const waits = (await needs('whole')).find(({ what }) => /archive_mode/.test(what));
    assert.equal(
      waits?.what,
      'archive_mode is off: its new value is written and waits for a restart of PostgreSQL',
    );
    const way = `runuser -u postgres -- ${releaseFor(15).bin}/pg_ctl -D ${server.folder}/data -m fast restart`;
    assert.ok(waits?.byHand?.startsWith(way), waits?.byHand);
    assert.match(waits?.remedy ?? '', /^upkeep action propose process\.restart server /);
    assert.ok(action.result?.includes(way), action.result ?? '');
    assert.doesNotMatch(said(await needs('whole')), /archive_command/);
    const again = await served.call<Proposed>('backup.prepare', { name: 'whole' });
    assert.ok(
      'refused' in again && /archive_mode .* waits for a restart.*pg_ctl/.test(again.refused),
      JSON.stringify(again),
    );
    const { pid } = server;
    const undoing = await served.call<Proposed>('action.undo', { id: action.id });
    assert.ok('action' in undoing);
    const { id, digest } = undoing.action;
    await served.call('action.approve', { id, digest }, { name: 'token:second', scopes });
    const auto = () => server.query("SELECT name FROM pg_file_settings WHERE sourcefile LIKE '%auto.conf'");
    assert.equal((await settled(id)).state, 'done');
    assert.deepEqual(await auto(), []);
    assert.equal(server.pid, pid, 'nothing restarted it');
  });

  test('without a restart the first file of the log must be in the repository; a command of somebody else is shown', async () => {
    await server.query("ALTER SYSTEM SET archive_mode = 'on'");
    await server.query("ALTER SYSTEM SET archive_command = '/bin/true'");
    await server.restart('SIGINT');
    const action = await carriedOut('whole');
    assert.equal(action.state, 'done', action.result ?? '');
    assert.match(action.result ?? '', /[0-9A-F]{24} of the log is in the repository/);
    assert.ok(
      action.plan.steps.some((step) => step.endsWith('-- was /bin/true')),
      action.plan.steps.join('\n'),
    );
    assert.doesNotMatch(said(await needs('whole')), /archive_/);
    const again = await served.call<Proposed>('backup.prepare', { name: 'whole' });
    assert.ok('refused' in again && /has every setting/.test(again.refused), JSON.stringify(again));
    const denied = await served.call<Proposed>('backup.prepare', { name: 'copies' });
    assert.ok(
      'refused' in denied &&
        /GRANT ALTER SYSTEM ON PARAMETER max_wal_senders TO watcher/.test(denied.refused),
    );
  });
});
