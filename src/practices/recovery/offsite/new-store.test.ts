/** The place is lost: another machine, a new store and the same upkeep.yaml bring back what lies in the bucket. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { type ServedApp, serveApp } from '../../../../test/served-app.ts';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { type S3Server, startS3 } from '../../../../test/servers/s3.ts';
import { eventually } from '../../../../test/try-target.ts';
import type { Evidence } from '../../../core/backup/evidence.ts';
import type { BackupView, ProofView } from '../../../core/backup/view.ts';
import type { Audit } from '../../../verbs/audit/verify.ts';
import type { BackupList } from '../../../verbs/backup/list.ts';
import type { RestoreOutcome } from '../../../verbs/backup/restore.ts';

suite('backups that a new store does not know', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  let s3: S3Server;
  let taken: BackupView;
  const folder = temporaryFolder('new-store');

  /** As on a machine where nothing of Upkeep was before. */
  const anew = (passphrase = 'correct horse battery staple') => {
    const pair = (of: S3Server['writer']) => `accessKey: ${of.accessKey}, secretKey: ${of.secretKey}`;
    return serveApp({
      yaml: `
name: shop
timezone: UTC
environment: staging
targets:
  db: { system: postgres, url: "${server.url}", every: 60s }
backups:
  shop:
    { of: db, engine: postgres.logical, to: "${folder}/kept", scratch: "${folder}", prove: monthly, offsite: {
      bucket: ${s3.bucket}, endpoint: "${s3.endpoint}", ${pair(s3.writer)}, deleter: { ${pair(s3.deleter)} },
      passphrase: ${passphrase}, lock: 30d } }
`,
    });
  };
  const list = (served: ServedApp) => served.call<BackupList>('backup.list');
  const known = (served: ServedApp, repository: string) =>
    eventually(
      async () => (await list(served)).backups.filter((one) => one.repository === repository),
      (found) => found.length > 0,
    );
  const within = async <T>(served: ServedApp, work: (served: ServedApp) => Promise<T>): Promise<T> => {
    try {
      return await work(served);
    } finally {
      await served.stop();
    }
  };
  const rowsIn = async (database: string) => {
    const url = new URL(server.url);
    url.pathname = `/${database}`;
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    const { rows } = await client.query('SELECT count(*)::int AS n, sum(id)::int AS sum FROM orders');
    await client.end();
    return rows[0];
  };

  before(async () => {
    chmodSync(folder, 0o711);
    [server, s3] = await Promise.all([startPostgres(), startS3()]);
    await server.query('CREATE TABLE orders AS SELECT i AS id FROM generate_series(1, 100) i');
    taken = await within(await anew(), (served) => served.call<BackupView>('backup.take', { name: 'shop' }));
    assert.equal(taken.state, 'good', taken.detail);
  });
  after(async () => {
    await Promise.all([server.stop(), s3.stop()]);
    removeFolder(folder);
  });

  test('folders that lie in their place are known by their manifests: not proven, pinned, and restored from', async () => {
    await within(await anew(), async (served) => {
      const [own] = await known(served, 'local');
      assert.deepEqual([own?.id, own?.state, own?.isPinned, own?.proofs.length], [taken.id, 'good', true, 0]);
      assert.match(
        own?.detail ?? '',
        /^found in its folder: \d+ files?, .*; it was not taken by this store$/,
      );
      const { foreign, plans } = await list(served);
      assert.deepEqual(foreign, []);
      assert.equal(plans[0]?.restores?.isProven, false);
      const done = await served.call<RestoreOutcome>('backup.restore', {
        of: 'shop',
        into: 'database:shop_here',
      });
      assert.equal(done.kind, 'restored');
      assert.deepEqual(await rowsIn('shop_here'), { n: 100, sum: 5_050 });
    });
  });

  test('with the folders gone, the copies are known from the bucket alone and restored by the command of the plan', async () => {
    rmSync(`${folder}/kept`, { recursive: true });
    await within(await anew(), async (served) => {
      const [copy] = await known(served, 'offsite');
      assert.deepEqual(
        [copy?.copyOf, copy?.state, copy?.startedAt, copy?.isPinned, copy?.proofs.length],
        [taken.id, 'good', taken.startedAt, true, 0],
      );
      assert.match(
        copy?.detail ?? '',
        /^found in s3:\/\/acme at .*; it was not sent from this store; proven by another Upkeep on \S+ \S+ UTC, level 5 \(content holds\); signed with key [\w-]{12}…, which is not known here; not by this one yet$/,
      );
      const evidence = await served.call<Evidence[]>('backup.evidence', { id: copy?.id ?? '' });
      assert.deepEqual(
        evidence.map(({ statement }) => statement.backup.id).sort(),
        [taken.id, copy?.id ?? ''].sort(),
        'of the backup, and of the copy itself',
      );
      assert.equal((await served.call<Audit>('audit.verify')).ok, true, 'it is none of ours');
      const { plans } = await list(served);
      assert.deepEqual(
        [plans[0]?.offsite?.newestAt, plans[0]?.offsite?.newestIs],
        [taken.startedAt, 'unread'],
      );
      const restore = (more: object) =>
        served.call<RestoreOutcome>('backup.restore', { of: 'shop', ...more });
      const wrongPlace = { from: 'offsite', into: `folder:${folder}/x` };
      const refused = /^postgres\.logical restores into a new database \(--into database:name\)$/;
      const dry = await restore({ ...wrongPlace, dryRun: 'yes' });
      assert.match((dry.kind === 'plan' && dry.plan.impossible) || '', refused);
      await assert.rejects(restore(wrongPlace), { message: refused });
      await assert.rejects(
        restore({ from: 'offsite', into: 'database:shop_here' }),
        /shop_here/,
        'what is there already is refused before anything is downloaded',
      );
      const done = await restore({ from: 'offsite', into: 'database:shop_away' });
      assert.equal(done.kind, 'restored');
      assert.deepEqual(await rowsIn('shop_away'), { n: 100, sum: 5_050 });
      const proof = await served.call<ProofView>('backup.verify', { id: copy?.id ?? '' });
      assert.deepEqual([proof.isGood, proof.level], [true, 5]);
    });
  });

  test('asked for at once, before anybody looked, it is looked for; another passphrase is told', async () => {
    await within(await anew(), async (served) => {
      const { store } = served.app.ctx;
      await known(served, 'offsite');
      await store.db.deleteFrom('proofs').execute();
      await store.db.deleteFrom('backups').execute();
      const done = await served.call<RestoreOutcome>('backup.restore', {
        ...{ of: 'shop', from: 'offsite', into: 'database:shop_sought', dryRun: 'yes' },
      });
      assert.ok(done.kind === 'plan' && done.plan.impossible === null);
      const id = done.plan.backup;
      await store.db.deleteFrom('backups').execute();
      const again = await served.call<RestoreOutcome>('backup.restore', {
        ...{ of: id.slice(0, 20), into: 'database:shop_sought', dryRun: 'yes' },
      });
      assert.ok(again.kind === 'plan' && again.plan.backup === id);
    });
    await within(await anew('another one of four words'), async (served) => {
      const said = await eventually(
        async () => (await list(served)).plans[0]?.wrong.join('; ') ?? '',
        (wrong) => /cannot be used here/.test(wrong),
      );
      assert.match(
        said,
        /1 copy in s3:\/\/acme at \S+ cannot be used here: \S+: its key\.age does not open with this passphrase, or is damaged: give passphrase:/,
      );
    });
    mkdirSync(`${folder}/kept`, { recursive: true });
  });
});
