/** Copies of a real PostgreSQL's backups in a bucket, by the whole program: made when due, proven there, told when they fail. */
import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { after, before, beforeEach, suite, test } from 'node:test';
import { type ServedApp, serveApp } from '../../../../test/served-app.ts';
import { missing } from '../../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { type S3Server, startS3 } from '../../../../test/servers/s3.ts';
import { eventually } from '../../../../test/try-target.ts';
import { exposureOf } from '../../../core/backup/exposure.ts';
import type { BackupView, CopiedView, OffsiteTrial, ProofView } from '../../../core/backup/view.ts';
import type { ActionView } from '../../../core/view.ts';
import * as alertRows from '../../../store/alerts.ts';
import * as backupRows from '../../../store/backups.ts';
import type { BackupList } from '../../../verbs/backup/list.ts';
import type { RestoreOutcome } from '../../../verbs/backup/restore.ts';
import type { Expiry } from '../deletion.ts';
import { indexName, partName } from './index-file.ts';

const dayMs = 86_400_000;

suite('off-site copies', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  let s3: S3Server;
  let served: ServedApp;
  const folder = temporaryFolder('offsite');

  before(async () => {
    chmodSync(folder, 0o711);
    [server, s3] = await Promise.all([startPostgres(), startS3()]);
    await server.query('CREATE TABLE orders AS SELECT i AS id FROM generate_series(1, 100) i');
    const pair = (of: S3Server['writer']) => `accessKey: ${of.accessKey}, secretKey: ${of.secretKey}`;
    served = await serveApp({
      yaml: `
name: shop
timezone: UTC
environment: staging
targets:
  db: { system: postgres, url: "${server.url}", every: 5s }
backups:
  shop:
    { of: db, engine: postgres.logical, to: "${folder}/kept", scratch: "${folder}", prove: monthly, smoke: [SELECT count(*) = 100 FROM orders], offsite: {
      bucket: ${s3.bucket}, endpoint: "${s3.endpoint}", ${pair(s3.writer)}, deleter: { ${pair(s3.deleter)} },
      passphrase: correct horse battery staple, lock: 30d } }
`,
    });
  });
  beforeEach(() => {
    Object.assign(s3.ways, {
      ignoresLock: false,
      writerDeletes: false,
      clockAheadMs: 0,
      failsAfter: Infinity,
      failsListing: false,
    });
  });
  after(async () => {
    await served.stop();
    await Promise.all([server.stop(), s3.stop()]);
    removeFolder(folder);
  });

  const list = () => served.call<BackupList>('backup.list');
  const take = () => served.call<BackupView>('backup.take', { name: 'shop' });
  const copy = (of = 'shop') => served.call<CopiedView>('backup.copy', { of });
  const alerting = async (rule: string) =>
    (await alertRows.open(served.app.ctx.store.db)).some(
      (one) => one.rule === rule && one.state === 'firing',
    );
  const until = (rule: string, expected: boolean) =>
    eventually(
      () => alerting(rule),
      (is) => is === expected,
    );
  const keysOf = (one: BackupView) => one.folder.replace(`s3://${s3.bucket}/`, '');

  test('the first backup is copied at once, locked, and restored from there; both are in the catalogue', async () => {
    const taken = await take();
    const { plans, backups } = await list();
    assert.deepEqual(backups.map(({ repository, copyOf }) => [repository, copyOf]).sort(), [
      ['local', null],
      ['offsite', taken.id],
    ]);
    const copied = backups.find(({ copyOf }) => copyOf === taken.id);
    assert.equal(copied?.startedAt, taken.startedAt);
    assert.equal(copied?.proofs[0]?.level, 6, JSON.stringify(copied?.proofs[0]?.looks));
    assert.match(copied?.proofs[0]?.looks[1]?.detail ?? '', /read back and opened: as they were written/);
    assert.ok(Math.abs((copied?.lockedUntil ?? 0) - Date.now() - 30 * dayMs) < 60_000);
    assert.equal(plans[0]?.offsite?.newestAt, taken.startedAt);
    assert.equal(plans[0]?.offsite?.proven?.level, 6);
    assert.deepEqual(plans[0]?.wrong, []);
    assert.deepEqual(readdirSync(folder), ['kept'], 'no scratch is left');
  });

  test('the next is not due; asked for it is read back only, and what was damaged there is told while those here stay well', async () => {
    const taken = await take();
    assert.equal((await list()).backups.filter(({ copyOf }) => copyOf === taken.id).length, 0);
    const copied = await copy(taken.id);
    assert.deepEqual(
      copied.proofs.map(({ level, isGood }) => [level, isGood]),
      [[1, true]],
    );
    const again = await copy(taken.id);
    assert.deepEqual(
      [again.id, again.wasThere, copied.wasThere],
      [copied.id, true, undefined],
      'what was copied already stays',
    );
    const fetch = (into: string) => served.call('backup.fetch', { id: copied.id, into: `${folder}/${into}` });
    await fetch('fetched');
    assert.deepEqual(readdirSync(`${folder}/fetched`).sort(), readdirSync(taken.folder).sort());
    await assert.rejects(fetch('fetched'), /is not empty/);
    s3.damage(`${keysOf(copied)}${partName('roles.sql', 0)}`);
    const proof = await served.call<ProofView>('backup.verify', { id: copied.id, by: 'files' });
    assert.equal(proof.isGood, false);
    assert.match(proof.looks.at(-1)?.detail ?? '', /^roles\.sql: /);
    await assert.rejects(fetch('half'), /was not fetched: roles\.sql: /);
    assert.deepEqual(readdirSync(folder).sort(), ['fetched', 'kept'], 'nothing of half');
    // It is whose asked for it; what comes after looks for leftovers of our own.
    rmSync(`${folder}/fetched`, { recursive: true });
    await until('upkeep.offsite-not-proven', true);
    assert.equal(await alerting('upkeep.backup-not-proven'), false);
    assert.match((await list()).plans[0]?.wrong.join() ?? '', /^a copy failed at level 1: roles\.sql/);
    const good = await served.call<ProofView>('backup.verify', { id: taken.id });
    assert.equal(good.isGood, true);
    await copy((await take()).id);
    await until('upkeep.offsite-not-proven', false);
  });

  test('where the newest here is damaged the older is taken, and the newer one and its whole copy are named', async () => {
    const older = await take();
    const newer = await take();
    const copied = await copy(newer.id);
    const roles = `${newer.folder}/roles.sql`;
    const kept = readFileSync(roles);
    writeFileSync(roles, Buffer.concat([kept, Buffer.from('-- more')]));
    assert.equal(
      (await served.call<ProofView>('backup.verify', { id: newer.id, by: 'files' })).isGood,
      false,
    );
    const planned = async (more: object = {}) => {
      const wish = { of: 'shop', into: 'database:shop_again', dryRun: 'yes', ...more };
      const outcome = await served.call<RestoreOutcome>('backup.restore', wish);
      assert.ok(outcome.kind === 'plan');
      return outcome.plan;
    };
    const command = `upkeep backup restore ${copied.id.slice(0, 13)} --into database:shop_again`;
    const named = new RegExp(
      `^the newer one ${newer.id.slice(0, 13)} of .* is not taken: its last proof failed at level 0: roles\\.sql .*; the one in offsite of .* is whole: ${command}$`,
    );
    for (const moment of [undefined, new Date(Date.now() - 1).toISOString()]) {
      const plan = await planned(moment === undefined ? {} : { until: moment });
      assert.equal(plan.backup, older.id);
      assert.match(plan.passedOver ?? '', named);
    }
    const [view] = (await list()).plans;
    assert.ok(view);
    assert.equal(exposureOf(view, newer.startedAt + 5_000), 5_000, 'its whole copy counts');
    s3.damage(`${keysOf(copied)}${partName('roles.sql', 0)}`);
    assert.equal(
      (await served.call<ProofView>('backup.verify', { id: copied.id, by: 'files' })).isGood,
      false,
    );
    writeFileSync(roles, kept);
    assert.equal((await served.call<ProofView>('backup.verify', { id: newer.id })).isGood, true);
    const away = await planned({ from: 'offsite' });
    assert.notEqual(away.backup, copied.id);
    assert.match(
      away.passedOver ?? '',
      /is not taken: .* the one here of .* is whole: upkeep backup restore /,
    );
    await copy((await take()).id);
    await until('upkeep.offsite-not-proven', false);
  });

  test('a bucket out of reach is told; the copy goes on where it ended when it is back', async () => {
    const taken = await take();
    s3.ways.failsAfter = 8;
    const failed = await copy(taken.id);
    assert.equal(failed.state, 'failed');
    assert.match(failed.detail, /s3:\/\/acme at \S+ cannot be reached/);
    await until('upkeep.offsite-failed', true);
    assert.ok(!s3.objects.has(`${keysOf(failed)}${indexName}`));
    s3.ways.failsAfter = Infinity;
    const again = await copy(taken.id);
    assert.deepEqual([again.id, again.state], [failed.id, 'good']);
    assert.match(again.detail, /from an earlier try/);
    await until('upkeep.offsite-failed', false);
  });

  test('a copy that a stop cut off is not given up at the start: it is due, and goes on when asked for', async () => {
    const taken = await take();
    const { offsite } = served.app.ctx.recovery;
    await served.app.ctx.store.db
      .updateTable('backups')
      .set({ state: 'taking' })
      .where('copy_of', 'is not', null)
      .where('state', '=', 'good')
      .execute();
    await served.app.ctx.recovery.clean();
    const plan = served.app.ctx.configuration().backups[0];
    assert.ok(plan && (await offsite.wants(plan)));
    assert.equal((await copy(taken.id)).state, 'good');
  });

  test('a server that forgets the lock is told, and so is a clock that is another than ours', async () => {
    s3.ways.ignoresLock = true;
    const copied = await copy((await take()).id);
    assert.match(copied.detail, /THE SERVER KEEPS NO LOCK/);
    await until('upkeep.offsite-not-locked', true);
    s3.ways.ignoresLock = false;
    s3.ways.clockAheadMs = 2 * dayMs;
    const plan = served.app.ctx.configuration().backups[0];
    const [witness] = plan ? await served.app.ctx.recovery.offsite.witnesses(plan) : [];
    assert.ok(Math.abs((witness?.at ?? 0) - Date.now() - 2 * dayMs) < 60_000);
    const failed = await copy((await take()).id);
    assert.match(failed.detail, /our clock is (1 d 23 h .*|2 d) behind that of s3:/);
  });

  test('the bucket is tried: a writer that may delete and a lost lock are found, and nothing is left that is not locked', async () => {
    const wrong = async () =>
      (await served.call<OffsiteTrial[]>('backup.try')).filter(({ good }) => !good).map(({ what }) => what);
    assert.deepEqual(await wrong(), []);
    assert.deepEqual(
      [...s3.objects.keys()].filter((key) => key.includes('doctor/open')),
      [],
    );
    s3.ways.failsListing = true;
    const ill = (await served.call<OffsiteTrial[]>('backup.try')).find(({ what }) => what === 'clock');
    assert.match(ill?.detail ?? '', /it answered HTTP 500 .*so nothing is known of: clock$/);
    assert.match(ill?.remedy ?? '', /^the storage itself fails/);
    s3.ways.failsListing = false;
    s3.ways.writerDeletes = true;
    s3.ways.ignoresLock = true;
    assert.deepEqual(await wrong(), ['deletion refused', 'lock']);
    s3.ways.failsAfter = 0;
    assert.deepEqual(await wrong(), ['write']);
  });

  test('the deleter takes a copy whole when its lock is over; the key of the writer never does', async () => {
    const plan = served.app.ctx.configuration().backups[0];
    const { hand } = served.app.ctx.recovery.offsite;
    assert.ok(plan?.offsite);
    s3.ways.ignoresLock = true;
    const copied = await copy((await take()).id);
    const ctx = { signal: new AbortController().signal, clock: served.app.ctx.clock, progress() {} };
    assert.deepEqual(await hand.preview(plan, [copied], ctx), [copied.id]);
    const withoutDeleter = { ...plan, offsite: { ...plan.offsite, deleter: null } };
    await assert.rejects(hand.remove(withoutDeleter, copied, ctx), /names no deleter/);
    const same = { ...plan, offsite: { ...plan.offsite, deleter: plan.offsite.writer } };
    await assert.rejects(hand.remove(same, copied, ctx), /has the writer's key/);
    await hand.remove(plan, copied, ctx);
    assert.deepEqual(await hand.preview(plan, [copied], ctx), []);
  });

  test('with everything here lost, the newest copy is restored from there by one command, or not at all', async () => {
    const copied = await copy((await take()).id);
    rmSync(`${folder}/kept`, { recursive: true });
    const restore = (more: object) =>
      served.call<RestoreOutcome>('backup.restore', { of: 'shop', from: 'offsite', ...more });
    const plan = await restore({ into: 'database:shop_again', dryRun: 'yes' });
    assert.ok(plan.kind === 'plan');
    assert.deepEqual([plan.plan.impossible, plan.plan.backup], [null, copied.id]);
    assert.match(
      plan.plan.steps[0] ?? '',
      /^download .* from s3:\/\/acme\/.*, open them and compare every sum$/,
    );
    await assert.rejects(restore({ into: 'over' }), /a copy goes into a folder or a new database first/);
    await assert.rejects(
      restore({ into: 'database:x', until: '2026-01-01 10:00' }),
      /no backup of shop is from before/,
    );
    await assert.rejects(
      restore({ from: 'elsewhere', into: 'database:x' }),
      /no good backup of shop in elsewhere/,
    );
    const done = await restore({ into: 'database:shop_again' });
    assert.ok(done.kind === 'restored', JSON.stringify(done));
    const url = new URL(server.url);
    url.pathname = '/shop_again';
    const client = await import('pg').then(
      ({ default: pg }) => new pg.Client({ connectionString: url.href }),
    );
    await client.connect();
    const { rows } = await client.query('SELECT count(*)::int AS n FROM orders');
    await client.end();
    assert.deepEqual(rows, [{ n: 100 }]);
    s3.damage(`${keysOf(copied)}${partName('roles.sql', 0)}`);
    await assert.rejects(
      restore({ of: copied.id, from: undefined, into: 'database:shop_back' }),
      /was not fetched: roles\.sql/,
    );
    assert.deepEqual(readdirSync(folder), [], 'neither half a restore nor the download is left');
  });

  test('an old copy goes by a yes of the guard, by the key of the deleter alone; the others stay whole', async () => {
    const { store } = served.app.ctx;
    s3.ways.ignoresLock = true;
    const copies: BackupView[] = [];
    for (const _ of [1, 2, 3]) copies.push(await copy((await take()).id));
    const [old, ...others] = copies;
    assert.ok(old);
    const at = Date.now() - 60 * dayMs;
    await store.transaction(async (tx) => {
      await tx
        .deleteFrom('backups')
        .where('copy_of', 'is not', null)
        .where(
          'id',
          'not in',
          copies.map(({ id }) => id),
        )
        .execute();
      // What was lost here before this is gone for good: somebody said so.
      await tx
        .updateTable('backups')
        .set({ state: 'removed' })
        .where('copy_of', 'is', null)
        .where(
          'id',
          'not in',
          copies.flatMap(({ copyOf }) => copyOf ?? []),
        )
        .execute();
      const aged = {
        started_at: at,
        ended_at: at,
        written_at: at,
        marked_at: Date.now() - 8 * dayMs,
        bytes: 1,
      };
      await tx.updateTable('backups').set(aged).where('id', '=', old.id).execute();
      for (const { id } of others) {
        const looks = [{ level: 3, good: true, detail: '', tookMs: 1 }] as const;
        const proof = {
          id: `p${id}`,
          backup: id,
          at: Date.now(),
          level: 3,
          isGood: true,
          restoredInMs: 1,
        } as const;
        await backupRows.insertProof(tx, { ...proof, restoredWith: 'PostgreSQL 15', looks }, null);
      }
    });
    const there = (one: BackupView) => [...s3.objects.keys()].filter((key) => key.startsWith(keysOf(one)));
    const kept = others.map((one) => there(one).length);
    s3.requests.length = 0;
    const { proposals, deletions } = await served.call<Expiry>('backup.expire', { name: 'shop' });
    const id = proposals[0]?.actionId ?? assert.fail(JSON.stringify({ proposals, deletions }));
    const asked = await served.call<ActionView>('action.show', { id });
    assert.equal(asked.state, 'awaiting-approval');
    assert.match(asked.plan.steps.join(), new RegExp(`remove ${old.id} in offsite, taken `));
    assert.ok(there(old).length > 0);
    assert.equal(
      s3.requests.some((one) => one.startsWith('DELETE')),
      false,
      'a plan deletes nothing',
    );
    const approved = async (action: ActionView) => {
      await served.call('action.approve', { id: action.id, digest: action.digest });
      return eventually(
        () => served.call<ActionView>('action.show', { id: action.id }),
        ({ endedAt }) => endedAt !== null,
      );
    };
    const [lost] = others;
    assert.ok(lost);
    const away = [...s3.objects].filter(([key]) => key.startsWith(keysOf(lost)));
    for (const [key] of away) s3.objects.delete(key);
    const refused = await approved(asked);
    assert.match(refused.result ?? '', /a backup is gone from its repository: .*upkeep backup forget/);
    assert.ok(there(old).length > 0, 'a copy is gone, so no other goes');
    for (const [key, object] of away) s3.objects.set(key, object);
    const [second] = (await served.call<Expiry>('backup.expire', { name: 'shop' })).proposals;
    assert.ok(second?.actionId, second?.said);
    const done = await approved(await served.call<ActionView>('action.show', { id: second.actionId }));
    assert.equal(done.state, 'done', done.result ?? '');
    assert.deepEqual(there(old), []);
    assert.deepEqual(
      others.map((one) => there(one).length),
      kept,
    );
    const deleted = s3.requests.filter((one) => one.startsWith('DELETE'));
    assert.ok(deleted.length > 0 && deleted.every((one) => one.includes(old.id)), deleted.join('; '));
    assert.equal((await backupRows.byId(store.db, old.id))?.state, 'removed');
  });
});
