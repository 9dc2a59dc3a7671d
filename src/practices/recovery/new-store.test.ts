/** The machine or its store is lost: a new store with the same upkeep.yaml lists what the engines' repositories hold, and restores it. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { type ServedApp, serveApp } from '../../../test/served-app.ts';
import { missing } from '../../../test/servers/installed.ts';
import { pgbackrestProgram } from '../../../test/servers/pgbackrest.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import { restic } from '../../../test/servers/restic.ts';
import type { BackupView, ProofView } from '../../core/backup/view.ts';
import { archiveCommand, repositoryIn } from '../../systems/postgres/backups/pgbackrest-repository.ts';
import type { BackupList } from '../../verbs/backup/list.ts';
import type { RestoreOutcome } from '../../verbs/backup/restore.ts';

suite('repositories that a new store does not know', {
  skip: missing(postgresServer, pgbackrestProgram, restic),
}, () => {
  const folder = temporaryFolder('lost');
  const source = join(folder, 'source');
  let server: PostgresServer;
  const taken = new Map<string, BackupView>();

  const anew = (kept: string) =>
    serveApp({
      yaml: `
name: shop
timezone: UTC
targets:
  db: { system: postgres, url: "${server.url}", every: 60s }
  here: { system: host, every: 60s }
backups:
  shop: { of: db, engine: postgres.pgbackrest, to: "${folder}/${kept}", scratch: "${folder}/scratch", prove: monthly, rto: 1h }
  files: { of: here, engine: host.files, to: "${folder}/${kept}", scratch: "${folder}/scratch", prove: monthly, paths: ["${source}"] }
`,
    });
  const within = async <T>(served: ServedApp, work: (served: ServedApp) => Promise<T>): Promise<T> => {
    try {
      return await work(served);
    } finally {
      await served.stop();
    }
  };
  const look = async ({ app, call }: ServedApp) => {
    for (const plan of app.ctx.configuration().backups) await app.ctx.recovery.look(plan);
    return call<BackupList>('backup.list');
  };

  before(async () => {
    chmodSync(folder, 0o711);
    for (const name of ['kept', 'scratch', 'source']) mkdirSync(join(folder, name), { mode: 0o711 });
    writeFileSync(join(source, 'shop.conf'), 'port = 8080\n', { mode: 0o640 });
    server = await startPostgres({
      settings: {
        ...{ archive_mode: 'on', archive_timeout: 60, wal_level: 'replica' },
        archive_command: archiveCommand(repositoryIn(join(folder, 'kept', 'shop'))),
      },
    });
    await server.query('CREATE TABLE orders AS SELECT i AS id FROM generate_series(1, 100) i');
    const { uid, gid } = statSync(join(server.folder, 'data'));
    const second = join(folder, 'second');
    const conf = join(folder, 'kept/shop/pgbackrest/conf.d');
    mkdirSync(second, { mode: 0o700 });
    mkdirSync(conf, { recursive: true });
    writeFileSync(
      join(conf, 'second.conf'),
      `[global]\nrepo2-path=${second}\nrepo2-cipher-type=aes-256-cbc\nrepo2-cipher-pass=the same passphrase\n`,
    );
    for (const path of [second, join(folder, 'kept/shop/pgbackrest')]) chownSync(path, uid, gid);
    await within(await anew('kept'), async ({ call }) => {
      for (const [key, order] of [
        ['local', { name: 'shop' }],
        ['repo2', { name: 'shop', repository: 'repo2' }],
        ['files', { name: 'files' }],
      ] as const) {
        const one = await call<BackupView>('backup.take', order);
        assert.equal(one.state, 'good', one.detail);
        taken.set(key, one);
      }
    });
  });
  after(async () => {
    await server.stop('SIGQUIT');
    removeFolder(folder);
  });

  test('with the store lost all are known again, pinned and not proven; proven and restored as ever; a later stranger stays foreign', async () => {
    await within(await anew('kept'), async (served) => {
      const { backups, foreign } = await look(served);
      assert.deepEqual(foreign, []);
      assert.deepEqual(
        backups.map(({ plan, repository, label }) => [plan, repository, label]).sort(),
        [
          ['files', 'local', taken.get('files')?.label],
          ['shop', 'local', taken.get('local')?.label],
          ['shop', 'repo2', taken.get('repo2')?.label],
        ].sort(),
      );
      for (const { isPinned, proofs, detail } of backups) {
        assert.deepEqual([isPinned, proofs.length], [true, 0]);
        assert.match(
          detail,
          /^found in \S+.*; it was not taken by this store and never proven by this Upkeep$/,
        );
      }
      const shop = backups.find(({ plan, repository }) => plan === 'shop' && repository === 'local');
      const proof = await served.call<ProofView>('backup.verify', { id: shop?.id ?? '' });
      assert.deepEqual([proof.isGood, proof.level], [true, 4], JSON.stringify(proof.looks));
      const own = backups.find(({ plan }) => plan === 'files');
      assert.equal((await served.call<ProofView>('backup.verify', { id: own?.id ?? '' })).level, 5);
      const next = await served.call<BackupView>('backup.take', { name: 'files' });
      await served.app.ctx.store.db.deleteFrom('backups').where('id', '=', next.id).execute();
      assert.deepEqual(
        (await look(served)).foreign.map(({ label }) => label),
        [next.label],
        'it came after this store',
      );
    });
  });

  test('on another machine the key and the place are enough: what lies in the further repository, and files without their list', async () => {
    const [from, to] = [join(folder, 'kept'), join(folder, 'elsewhere')];
    mkdirSync(join(to, 'shop/pgbackrest/conf.d'), { recursive: true });
    mkdirSync(join(to, 'files'));
    cpSync(join(from, 'shop/pgbackrest/conf.d/second.conf'), join(to, 'shop/pgbackrest/conf.d/second.conf'));
    cpSync(join(from, 'files.password'), join(to, 'files.password'));
    cpSync(join(from, 'files/repository'), join(to, 'files/repository'), { recursive: true });
    renameSync(from, `${from}.lost`);
    rmSync(source, { recursive: true });
    await within(await anew('elsewhere'), async (served) => {
      const { backups, plans } = await look(served);
      assert.deepEqual(
        backups.filter(({ plan }) => plan === 'shop').map(({ label }) => label),
        [taken.get('repo2')?.label],
      );
      assert.match(plans[0]?.wrong.join() ?? '', /could not be seen: missing stanza path/);
      const restore = (order: Record<string, unknown>) =>
        served.call<RestoreOutcome>('backup.restore', order);
      const done = await restore({ of: 'shop', from: 'repo2', into: `folder:${folder}/cluster` });
      assert.equal(done.kind, 'restored');
      assert.ok(existsSync(join(folder, 'cluster/data/PG_VERSION')));
      const files = backups.find(({ label }) => label === taken.get('files')?.label);
      assert.equal((await restore({ of: files?.id ?? '', into: `folder:${folder}/back` })).kind, 'restored');
      const back = join(folder, 'back', source, 'shop.conf');
      assert.deepEqual([readFileSync(back, 'utf8'), statSync(back).mode & 0o777], ['port = 8080\n', 0o640]);
    });
  });
});
