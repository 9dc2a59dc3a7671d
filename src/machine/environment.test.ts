/** What stands in the environment of Upkeep leads none of its sessions and programs astray. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { missing } from '../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../test/servers/process.ts';
import { root } from '../../test/suites.ts';
import { systemClock } from '../clock.ts';
import { releaseFor } from '../systems/postgres/backups/programs.ts';
import { startScratch } from '../systems/postgres/backups/scratch.ts';
import { ignoredIn, programEnvironment, takeEnvironment } from './environment.ts';
import { spawnProgram } from './spawn-program.ts';

const run = promisify(execFile);
const astray = {
  ...{ PGHOST: '203.0.113.1', PGPORT: '1', PGDATABASE: 'nowhere', PGSERVICE: 'nowhere', PGUSER: 'nobody' },
  ...{ PGOPTIONS: '-c role=nobody', PGSSLMODE: 'require', PGBACKREST_STANZA: 'other' },
  ...{ MYSQL_HOST: '203.0.113.1', MYSQL_PWD: 'secret', MYSQL_TCP_PORT: '1', REDISCLI_AUTH: 'secret' },
  ...{ RESTIC_REPOSITORY: '/nowhere', RESTIC_PASSWORD: 'secret' },
};

test('variables of clients are taken out and named, everything else stays; the copy still knows them', () => {
  const own: Record<string, string | undefined> = { ...astray, PATH: '/bin', PGPASSFILE: '/f', TOKEN: 'x' };
  const env = takeEnvironment(own);
  assert.deepEqual(own, { PATH: '/bin', PGPASSFILE: '/f', TOKEN: 'x' });
  assert.deepEqual(ignoredIn(env), Object.keys(astray).sort());
  assert.equal(env.MYSQL_PWD, 'secret', 'upkeep.yaml may name it');
});

suite('with an environment that points elsewhere', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  const folder = temporaryFolder('environment');
  before(async () => {
    chmodSync(folder, 0o711);
    server = await startPostgres();
    for (const [name, value] of Object.entries(astray)) process.env[name] = value;
  });
  after(async () => {
    for (const name of Object.keys(astray)) delete process.env[name];
    await server.stop();
    removeFolder(folder);
  });

  test('a program of ours gets none of it', async () => {
    const ctx = { signal: new AbortController().signal, clock: systemClock };
    const { output } = await spawnProgram(['env'], { ...ctx, longest: 10_000 });
    const names = output.split('\n').map((line) => line.split('=')[0] ?? '');
    assert.deepEqual(
      Object.keys(astray).filter((name) => names.includes(name)),
      [],
    );
    assert.ok(names.includes('PATH') && names.includes('LC_ALL'), output);
    assert.deepEqual(Object.keys(programEnvironment()).sort(), ['LC_ALL', 'PATH', 'TZ']);
  });

  test('a scratch server is found where it is', async () => {
    const home = join(folder, 'scratch');
    mkdirSync(home);
    const ctx = { signal: AbortSignal.timeout(60_000), clock: systemClock, progress() {} };
    const scratch = await startScratch(releaseFor(15), home, { encoding: 'UTF8' }, ctx);
    try {
      assert.match(scratch.version, /^\d+/);
    } finally {
      await scratch.stop();
    }
  });

  test('the command line asks the server that upkeep.yaml names, and doctor says what it does not listen to', async () => {
    const file = join(folder, 'upkeep.yaml');
    writeFileSync(
      file,
      `name: shop\ntargets:\n  db: { system: postgres, url: "${server.url}", every: 60s }\n`,
    );
    const words = [join(root, 'bin/upkeep.js'), 'doctor', '--config', file, '--json'];
    const { stdout } = await run(join(root, 'node_modules/.bin/node'), words, {
      cwd: folder,
      env: { ...process.env, ...astray },
    }).catch((error: { stdout: string }) => error);
    const said = JSON.parse(stdout) as { subject: string; problem: string }[];
    const own = said.find(({ subject }) => subject === 'environment');
    assert.match(own?.problem ?? '', /MYSQL_HOST, .*PGHOST, .*PGSSLMODE.* not listened to/);
    assert.doesNotMatch(stdout, /support SSL|role "nobody"|203\.0\.113\.1|"secret"/);
  });
});
