/** Two Upkeeps with stores of their own on one repository, and a snapshot that somebody made by hand. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { type ServedApp, serveApp } from '../../../test/served-app.ts';
import { missing } from '../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import { restic } from '../../../test/servers/restic.ts';
import { eventually } from '../../../test/try-target.ts';
import type { BackupView, ProofView } from '../../core/backup/view.ts';
import * as alertRows from '../../store/alerts.ts';
import type { BackupList } from '../../verbs/backup/list.ts';
import type { Adopted } from './adopt-asked.ts';
import type { Expiry } from './deletion.ts';

const run = promisify(execFile);

suite('one repository of two Upkeeps', { skip: missing(postgresServer, restic) }, () => {
  const folder = temporaryFolder('shared');
  const apps: ServedApp[] = [];
  let server: PostgresServer;

  const begin = async () => {
    const app = await serveApp({
      yaml: `
name: shop
timezone: UTC
targets:
  db: { system: postgres, url: "${server.url}", every: 60s }
  here: { system: host, every: 1h }
backups:
  shop: { of: db, engine: postgres.logical, to: "${folder}/to", scratch: "${folder}", prove: monthly }
  files: { of: here, engine: host.files, to: "${folder}/to", scratch: "${folder}", prove: monthly, paths: ["${folder}/etc"] }
  cluster: { of: db, engine: postgres.plain, to: "${folder}/to", scratch: "${folder}/scratch", prove: monthly, log: archive }
`,
    });
    apps.push(app);
    await look(app);
    return app;
  };
  const look = async ({ app, call }: ServedApp) => {
    for (const plan of app.ctx.configuration().backups) {
      await app.ctx.recovery.look(plan);
      await app.ctx.recovery.judge(plan);
    }
    return call<BackupList>('backup.list');
  };
  const take = async ({ call }: ServedApp, name: string) => {
    const taken = await call<BackupView>('backup.take', { name });
    assert.equal(taken.state, 'good', taken.detail);
    return taken;
  };
  const firing = async ({ app }: ServedApp) =>
    (await alertRows.open(app.ctx.store.db))
      .filter(({ rule, state }) => rule === 'upkeep.backup-foreign' && state === 'firing')
      .map(({ target }) => target)
      .sort();

  before(async () => {
    const wal = join(folder, 'to/cluster/wal');
    chmodSync(folder, 0o711);
    mkdirSync(wal, { recursive: true });
    mkdirSync(join(folder, 'scratch'), { mode: 0o711 });
    chmodSync(wal, 0o777);
    server = await startPostgres({
      checksums: true,
      settings: {
        ...{ archive_mode: 'on', archive_timeout: 1, autovacuum: 'off' },
        archive_command: `test ! -f ${wal}/%f && cp %p ${wal}/%f`,
      },
    });
    await server.query('CREATE TABLE orders AS SELECT i AS id FROM generate_series(1, 10) i');
    mkdirSync(join(folder, 'etc'));
    writeFileSync(join(folder, 'etc', 'shop.conf'), 'port = 8080\n');
  });
  after(async () => {
    for (const app of apps) await app.stop();
    await server.stop();
    removeFolder(folder);
  });

  test('what the other takes is an alert and holds back every removal until somebody takes it over', async () => {
    const one = await begin();
    for (const name of ['shop', 'files']) await take(one, name);
    const other = await begin();
    assert.deepEqual(await firing(other), [], 'what was there before is known from the start');
    assert.equal((await look(other)).backups.length, 2);
    const [dump, snapshot] = [await take(one, 'shop'), await take(one, 'files')];
    assert.deepEqual((await look(one)).foreign, [], 'its own are no strangers');

    const { foreign, plans, backups } = await look(other);
    assert.equal(backups.length, 2);
    assert.deepEqual(
      foreign.map(({ plan, label, holdsBack }) => [plan, label, holdsBack]),
      [
        ['shop', dump.id, true],
        ['files', snapshot.label, true],
      ],
    );
    const files = plans.find(({ name }) => name === 'files');
    assert.match(
      files?.wrong.join() ?? '',
      new RegExp(`not taken by this Upkeep.*${snapshot.label?.slice(0, 12)}.*upkeep backup adopt files`),
    );
    await eventually(
      () => firing(other),
      (targets) => targets.join() === 'db,here',
    );
    await other.call('backup.trust-clock');
    const { deletions } = await other.call<Expiry>('backup.expire', { name: 'files' });
    assert.match(deletions[0]?.held.join() ?? '', /upkeep\.backup-foreign is open on here/);

    const { adopted, left } = await other.call<Adopted>('backup.adopt', { name: 'files' });
    assert.deepEqual([adopted.map(({ label }) => label), left], [[snapshot.label], []]);
    assert.equal(adopted[0]?.isPinned, true);
    const dumps = await other.call<Adopted>('backup.adopt', { name: 'shop' });
    assert.deepEqual(
      dumps.adopted.map(({ id }) => id),
      [dump.id],
    );
    await eventually(
      () => firing(other),
      (targets) => targets.length === 0,
    );
    assert.deepEqual((await look(other)).foreign, []);
    await assert.rejects(
      other.call('backup.adopt', { name: 'files' }),
      /files: nothing lies there that this Upkeep does not know/,
    );
  });

  test('what no Upkeep took cannot be counted; once somebody has looked at it, it is listed and holds nothing back', async () => {
    const [one = assert.fail()] = apps;
    await one.call('backup.adopt', { name: 'files' }).catch(() => {});
    await run('restic', ['backup', '--quiet', join(folder, 'etc')], {
      env: {
        ...process.env,
        RESTIC_REPOSITORY: join(folder, 'to/files/repository'),
        RESTIC_PASSWORD_FILE: join(folder, 'to/files.password'),
      },
    });
    const [stranger] = (await look(one)).foreign;
    assert.equal(stranger?.holdsBack, true);
    await eventually(
      () => firing(one),
      (targets) => targets.includes('here'),
    );
    const { adopted, left } = await one.call<Adopted>('backup.adopt', { name: 'files' });
    assert.deepEqual([adopted, left.map(({ label }) => label)], [[], [stranger?.label]]);
    await eventually(
      () => firing(one),
      (targets) => !targets.includes('here'),
    );
    await one.restart();
    const again = await look(one);
    assert.deepEqual(
      again.foreign.map(({ label, holdsBack }) => [label, holdsBack]),
      [[stranger?.label, undefined]],
    );
    assert.deepEqual((await firing(one)).includes('here'), false);
  });

  test('copies of a cluster with the log beside them are known to a new store, told of, held for and taken over alike', async () => {
    const [one = assert.fail()] = apps;
    const before = await take(one, 'cluster');
    const other = await begin();
    const found = (await look(other)).backups.find(({ plan }) => plan === 'cluster');
    assert.deepEqual([found?.id, found?.state, found?.isPinned], [before.id, 'good', true]);
    const apartMs = Math.abs((found?.startedAt ?? 0) - before.startedAt);
    assert.ok(apartMs < 60_000, `${apartMs} ms apart`);
    assert.equal(found?.logFrom, before.logFrom);
    assert.match(
      found?.detail ?? '',
      /^found in its folder: .*B, and the log from then on; it was not taken by/,
    );
    const proof = await other.call<ProofView>('backup.verify', { id: before.id });
    assert.deepEqual([proof.isGood, proof.level], [true, 5], JSON.stringify(proof.looks));

    const after = await take(one, 'cluster');
    const { foreign, plans } = await look(other);
    const strange = foreign.filter(({ plan }) => plan === 'cluster');
    assert.deepEqual(
      strange.map(({ label, holdsBack, bytes }) => [label, holdsBack, bytes]),
      [[after.id, true, after.bytes]],
    );
    const cluster = plans.find(({ name }) => name === 'cluster');
    assert.match(cluster?.wrong.join() ?? '', /not taken by this Upkeep.*upkeep backup adopt cluster/);
    await eventually(
      () => firing(other),
      (targets) => targets.includes('db'),
    );
    await other.call('backup.trust-clock');
    const { deletions } = await other.call<Expiry>('backup.expire', { name: 'cluster' });
    assert.match(deletions[0]?.held.join() ?? '', /upkeep\.backup-foreign is open on db/);

    const { adopted, left } = await other.call<Adopted>('backup.adopt', { name: 'cluster' });
    assert.deepEqual([adopted.map(({ id }) => id), left], [[after.id], []]);
    await eventually(
      () => firing(other),
      (targets) => !targets.includes('db'),
    );
  });
});
