/** Proofs of backups that lie together are controlled on a twin of their repository, which is not touched by it. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { type ServedApp, serveApp } from '../../../test/served-app.ts';
import { missing } from '../../../test/servers/installed.ts';
import { pgbackrestProgram } from '../../../test/servers/pgbackrest.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import { restic } from '../../../test/servers/restic.ts';
import type { BackupView } from '../../core/backup/view.ts';
import type { JournalEntry } from '../../core/view.ts';
import { archiveCommand, repositoryIn } from '../../systems/postgres/backups/pgbackrest-repository.ts';
import { undertakings } from './undertakings.ts';

suite('the control of proofs in a repository', {
  skip: missing(postgresServer, pgbackrestProgram, restic),
}, () => {
  const folder = temporaryFolder('control');
  const kept = join(folder, 'kept');
  let server: PostgresServer;
  let served: ServedApp;

  before(async () => {
    chmodSync(folder, 0o711);
    for (const name of ['kept', 'source', 'scratch']) mkdirSync(join(folder, name), { mode: 0o711 });
    writeFileSync(join(folder, 'source', 'shop.conf'), 'port = 8080\n'.repeat(500));
    server = await startPostgres({
      settings: {
        ...{ archive_mode: 'on', archive_timeout: 60, wal_level: 'replica' },
        archive_command: archiveCommand(repositoryIn(join(kept, 'shop'))),
      },
    });
    await server.query('CREATE TABLE orders AS SELECT i AS id FROM generate_series(1, 100) i');
    const backup = (of: string, engine: string, more: string) =>
      `{ of: ${of}, engine: ${engine}, to: "${kept}", scratch: "${folder}/scratch", prove: monthly, ${more} }`;
    served = await serveApp({
      yaml: `
name: shop
timezone: UTC
targets:
  db: { system: postgres, url: "${server.url}", every: 60s }
  here: { system: host, every: 60s }
backups:
  shop: ${backup('db', 'postgres.pgbackrest', 'rto: 1h')}
  files: ${backup('here', 'host.files', `paths: ["${folder}/source"]`)}
`,
    });
  });
  after(async () => {
    await served.stop();
    await server.stop('SIGQUIT');
    removeFolder(folder);
  });

  const sumsIn = (repository: string) =>
    readdirSync(repository, { recursive: true, withFileTypes: true })
      .filter((one) => one.isFile() && !one.name.includes('.tmp'))
      .map((one) => join(one.parentPath, one.name))
      .map((file) => `${file} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`)
      .toSorted();

  for (const [name, repository, words] of [
    [
      'shop',
      'shop/pgbackrest/repository/backup',
      /flipped in a copy: level 1: backup \d{8}-\d{6}F: .*invalid: [1-9]/,
    ],
    ['files', 'files/repository', /flipped in a copy: level 1: restic check \(exit code 1\)/],
  ] as const)
    test(`${name}: flipped bytes are seen, the repository is as it was, and a kill leaves nothing for good`, async () => {
      const { recovery, configuration, store } = served.app.ctx;
      const plan = configuration().backups.find((one) => one.name === name) ?? assert.fail();
      const taken = await served.call<BackupView>('backup.take', { name });
      assert.equal(taken.state, 'good', taken.detail);
      assert.equal(await recovery.monthly.isDue(plan), true);
      const before = sumsIn(join(kept, repository));
      const told: Promise<readonly string[]>[] = [];
      const watching = watch(kept, (_event, entry) => {
        if (!entry?.startsWith('upkeep-proof-') || told.length > 0) return;
        told.push(
          undertakings(store.db).then((all) => all.map((one) => ('folder' in one ? one.folder : ''))),
        );
      });
      await recovery.monthly.run(plan, 'test').finally(() => watching.close());
      const entries = await served.call<JournalEntry[]>('journal.list', { limit: 500 });
      const found = entries.filter(
        ({ kind, payload }) => /control|not-run/.test(kind) && payload.plan === name,
      );
      assert.deepEqual(
        found.filter(({ payload }) => payload.what !== 'moment').map(({ kind }) => kind),
        ['backup.controlled'],
        JSON.stringify(found),
      );
      assert.match(String(found.find(({ kind }) => kind === 'backup.controlled')?.payload.detail), words);
      assert.deepEqual(sumsIn(join(kept, repository)), before, 'not a byte of it changed');
      assert.equal((await recovery.prove(taken.id, 'test', { withoutRestore: true })).isGood, true);
      assert.deepEqual(
        readdirSync(kept).filter((one) => one.startsWith('upkeep-proof-')),
        [],
        'the copy is gone',
      );
      const [during = []] = await Promise.all(told);
      assert.ok(
        during.some((one) => one.startsWith(join(kept, 'upkeep-proof-'))),
        'a start after a kill knows of it',
      );
    });
});
