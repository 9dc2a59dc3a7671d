/** Backups of a real PostgreSQL by the whole program: taken, proven, told when they fail, ground of what the guard allows. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, suite, test } from 'node:test';
import { type ServedApp, serveApp } from '../../../test/served-app.ts';
import { missing } from '../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import { eventually } from '../../../test/try-target.ts';
import type { BackupView, ProofView } from '../../core/backup/view.ts';
import type { IncidentView, Overview } from '../../core/view.ts';
import * as backupRows from '../../store/backups.ts';
import type { BackupList } from '../../verbs/backup/list.ts';

suite('recovery', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  let served: ServedApp | undefined;
  const folder = temporaryFolder('recovery');

  before(async () => {
    chmodSync(folder, 0o711);
    server = await startPostgres();
    await server.query('CREATE TABLE orders AS SELECT i AS id FROM generate_series(1, 1000) i');
  });
  afterEach(async () => {
    await served?.stop();
    served = undefined;
  });
  after(async () => {
    await server.stop();
    removeFolder(folder);
  });

  const serve = async (to = 'kept') => {
    served = await serveApp({
      yaml: `
name: shop
timezone: UTC
targets:
  db: { system: postgres, url: "${server.url}", every: 5s }
backups:
  shop: { of: db, to: "${folder}/${to}", scratch: "${folder}", smoke: ["SELECT count(*) = 1000 FROM orders"] }
`,
    });
    return served;
  };
  const list = () => served?.call<BackupList>('backup.list') as Promise<BackupList>;

  test('what was taken is proven by a restore at once, and both are written down', async () => {
    const { call, app } = await serve();
    const taken = await call<BackupView>('backup.take', { name: 'shop' });
    assert.equal(taken.state, 'good', taken.detail);
    assert.equal(taken.detail, '1 table, 1,000 rows');
    assert.deepEqual([taken.proofs[0]?.level, taken.proofs[0]?.isGood], [6, true]);
    assert.ok(existsSync(join(taken.folder, 'manifest.json')));
    const { plans } = await list();
    assert.equal(plans[0]?.newestAt, taken.startedAt);
    assert.equal(plans[0]?.proven?.level, 6);
    assert.deepEqual(plans[0]?.wrong, []);
    const overview = await call<Overview>('status.show');
    assert.deepEqual(overview.backups, plans);
    const journal = await call<{ kind: string }[]>('journal.list');
    for (const kind of ['backup.taken', 'backup.proven'])
      assert.ok(journal.some((entry) => entry.kind === kind));
    assert.deepEqual(readdirSync(folder), ['kept'], 'no scratch is left');
    const restore = await backupRows.provenRestore(app.ctx.store.db, 'db');
    assert.equal(restore?.level, 6);
  });

  test('a backup that is damaged later is told as an incident, protects nobody, and is well when a good one follows', async () => {
    const { call, app } = await serve();
    const taken = await call<BackupView>('backup.take', { name: 'shop' });
    rmSync(join(taken.folder, 'roles.sql'));
    const proof = await call<ProofView>('backup.verify', { id: taken.id });
    assert.equal(proof.isGood, false);
    assert.match(proof.looks.at(-1)?.detail ?? '', /roles\.sql is missing/);
    assert.equal(await backupRows.provenRestore(app.ctx.store.db, 'db'), null);
    const incident = () =>
      eventually(
        async () => (await call<IncidentView[]>('incident.list', { status: 'all' }))[0],
        (one) => one !== undefined,
      );
    assert.match((await incident())?.title ?? '', /backups of shop|db/);
    assert.match((await list()).plans[0]?.wrong.join() ?? '', /failed at level 1: roles\.sql is missing/);
    await call('backup.take', { name: 'shop' });
    assert.equal((await list()).plans[0]?.wrong.join(), '');
  });

  test('a backup that cannot be taken fails with the words of the tool and leaves no folder', async () => {
    writeFileSync(join(folder, 'file'), '');
    const { call } = await serve('file');
    const taken = await call<BackupView>('backup.take', { name: 'shop' });
    assert.equal(taken.state, 'failed');
    assert.match(taken.detail, /ENOTDIR/);
    await assert.rejects(
      call('backup.take', { name: 'stop' }),
      /nothing under backups: is called stop; there is shop/,
    );
  });

  test('one that was under way when Upkeep ended has failed, and nothing of it stays', async () => {
    const { app } = await serve();
    const left = join(folder, 'kept/shop/left');
    const begun = { id: 'left', plan: 'shop', target: 'db', engine: 'postgres.logical', repository: 'local' };
    await app.ctx.store.transaction((tx) => backupRows.insert(tx, { ...begun, folder: left, startedAt: 1 }));
    await app.ctx.recovery.clean();
    const found = await backupRows.byId(app.ctx.store.db, 'left');
    assert.deepEqual([found?.state, found?.detail], ['failed', 'Upkeep was stopped while it was taken']);
  });
});
