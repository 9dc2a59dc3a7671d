/** Backups go only by the guard's road: planned, approved word for word, planned anew, gone whole or not at all. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, suite, test } from 'node:test';
import { type ServedApp, serveApp } from '../../../test/served-app.ts';
import { missing } from '../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import { eventually } from '../../../test/try-target.ts';
import type { DeletionView } from '../../core/backup/deletion.ts';
import type { BackupView } from '../../core/backup/view.ts';
import type { ActionView, JournalEntry } from '../../core/view.ts';
import * as backupRows from '../../store/backups.ts';
import * as meta from '../../store/meta.ts';
import type { Expiry } from './deletion.ts';

const dayMs = 86_400_000;

suite('deletion of backups', { skip: missing(postgresServer) }, () => {
  let server: PostgresServer;
  let served: ServedApp;
  const folder = temporaryFolder('deletion');
  const now = Date.now();
  const ages = [60, 55, 50, 3, 2, 1];
  const idOf = (age: number) => `age${String(age).padStart(3, '0')}`;
  const placeOf = (age: number) => join(folder, 'kept/shop', idOf(age));

  before(async () => {
    chmodSync(folder, 0o711);
    server = await startPostgres();
    served = await serveApp({
      yaml: `
name: shop
timezone: UTC
environment: staging
targets:
  db: { system: postgres, url: "${server.url}", every: 1s }
backups:
  shop: { of: db, to: "${folder}/kept", scratch: "${folder}" }
  cluster: { of: db, engine: postgres.plain, log: archive, to: "${folder}/kept", scratch: "${folder}" }
`,
    });
  });
  after(async () => {
    await served.stop();
    await server.stop();
    removeFolder(folder);
  });

  /** Six that are proven, all as large; the oldest was marked eight days ago. */
  beforeEach(async () => {
    const { store } = served.app.ctx;
    await store.transaction(async (tx) => {
      await tx.deleteFrom('backups').execute();
      await tx.deleteFrom('proofs').execute();
      await meta.write(tx, 'backups.last-run', String(now - dayMs));
      await meta.write(tx, 'backups.clock-doubted-since', '');
      for (const age of ages) {
        const [id, at] = [idOf(age), now - age * dayMs];
        mkdirSync(placeOf(age), { recursive: true });
        writeFileSync(join(placeOf(age), 'dump'), '0123456789');
        utimesSync(placeOf(age), at / 1_000, at / 1_000);
        const begun = { id, plan: 'shop', target: 'db', engine: 'postgres.logical', repository: 'local' };
        await backupRows.insert(tx, { ...begun, folder: placeOf(age), startedAt: at });
        const taken = {
          kind: 'full',
          needs: [],
          bytes: 10,
          logFrom: null,
          manifest: {},
          detail: '',
        } as const;
        await backupRows.settle(tx, id, at, { state: 'good', ...taken });
        const looks = [3, 5].map(
          (level) => ({ level: level === 3 ? 3 : 5, good: true, detail: '', tookMs: 1 }) as const,
        );
        const proof = { id: `p${id}`, backup: id, at, level: 5, isGood: true, restoredInMs: 1 } as const;
        await backupRows.insertProof(tx, { ...proof, restoredWith: 'PostgreSQL 15', looks }, null);
      }
      await backupRows.mark(tx, idOf(60), now - 8 * dayMs);
    });
  });

  const planned = async () =>
    (await served.call<DeletionView[]>('backup.plan-deletion', { name: 'shop' }))[0];
  const row = async (age: number) => await backupRows.byId(served.app.ctx.store.db, idOf(age));
  const decisionsOf = (view: DeletionView | undefined) =>
    Object.fromEntries(view?.decisions.map(({ id, kind, reason }) => [id, `${kind}: ${reason}`]) ?? []);
  const ended = (id: string) =>
    eventually(
      () => served.call<ActionView>('action.show', { id }),
      ({ endedAt }) => endedAt !== null,
    );

  test('the dry run gives every backup its reason and changes nothing', async () => {
    const view = await planned();
    assert.deepEqual(decisionsOf(view), {
      age060: 'remove: old-enough',
      age055: 'mark: old-enough',
      age050: 'keep: too-much-at-once',
      age003: 'keep: younger-than-kept',
      age002: 'keep: younger-than-kept',
      age001: 'keep: younger-than-kept',
    });
    assert.deepEqual(view?.preview, { agrees: true, detail: 'local: age060' });
    assert.equal((await row(55))?.markedAt, null);
    assert.ok(existsSync(placeOf(60)));
  });

  test('what was marked for a week waits for a person, goes as approved, and everything else stays', async () => {
    const { proposals } = await served.call<Expiry>('backup.expire');
    const id = proposals[0]?.actionId ?? assert.fail(JSON.stringify(proposals));
    const asked = await served.call<ActionView>('action.show', { id });
    assert.equal(asked.state, 'awaiting-approval');
    assert.match(asked.judgement.reason, /backup\.remove/);
    // On the wall clock of the team, as everywhere.
    assert.match(
      asked.plan.steps.join(),
      /kept\/shop\/age060, taken \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, 10 B/,
    );
    assert.ok(existsSync(placeOf(60)), 'nothing goes before somebody said yes');
    assert.ok((await row(55))?.markedAt, 'the next one is marked');
    await served.call('action.approve', { id, digest: asked.digest });
    const done = await ended(id);
    assert.equal(done.state, 'done', done.result ?? '');
    assert.equal((await row(60))?.state, 'removed');
    assert.deepEqual(
      [60, 55, 50, 3, 2, 1].map((age) => existsSync(placeOf(age))),
      [false, true, true, true, true, true],
    );
    const journal = await served.call<JournalEntry[]>('journal.list');
    for (const kind of ['backup.marked', 'backup.removing', 'backup.removed'])
      assert.ok(
        journal.some((entry) => entry.kind === kind),
        kind,
      );
  });

  test('a pin between the plan and the yes keeps it', async () => {
    const { proposals } = await served.call<Expiry>('backup.expire');
    const id = proposals[0]?.actionId ?? assert.fail(JSON.stringify(proposals));
    const { digest } = await served.call<ActionView>('action.show', { id });
    await served.call<BackupView>('backup.pin', { id: idOf(60) });
    await served.call('action.approve', { id, digest });
    const refused = await ended(id);
    assert.equal(refused.state, 'refused', refused.result ?? '');
    assert.match(refused.result ?? '', /nothing of shop is to be removed.*pinned/);
    assert.ok(existsSync(placeOf(60)));
    await served.call('backup.unpin', { id: idOf(60) });
    assert.equal(decisionsOf(await planned()).age060, 'remove: old-enough');
    await served.call('backup.unmark', { id: idOf(60) });
    assert.equal(decisionsOf(await planned()).age060, 'mark: old-enough');
  });

  test('before anything goes the catalogue is held against what lies there: where others are gone nothing is removed', async () => {
    const { proposals } = await served.call<Expiry>('backup.expire', { name: 'shop' });
    const id = proposals[0]?.actionId ?? assert.fail(JSON.stringify(proposals));
    const { digest } = await served.call<ActionView>('action.show', { id });
    const away = join(folder, 'moved-away');
    mkdirSync(away);
    for (const age of [50, 3, 2, 1]) renameSync(placeOf(age), join(away, idOf(age)));
    try {
      await served.call('action.approve', { id, digest });
      const refused = await ended(id);
      assert.notEqual(refused.state, 'done');
      assert.match(refused.result ?? '', /4 backups are gone from their repository/);
      assert.match(refused.result ?? '', /upkeep backup forget/);
      assert.ok(existsSync(join(placeOf(60), 'dump')), 'nothing was deleted');
      assert.equal((await row(60))?.state, 'good');
      assert.equal((await row(1))?.state, 'missing');
    } finally {
      for (const age of [50, 3, 2, 1]) renameSync(join(away, idOf(age)), placeOf(age));
    }
    const again = await served.call<Expiry>('backup.expire', { name: 'shop' });
    assert.equal(decisionsOf(again.deletions[0]).age060, 'remove: old-enough', 'what came back counts again');
  });

  test('a clock that jumped and a proof that failed hold everything back, and say so', async () => {
    const { store } = served.app.ctx;
    await store.transaction((tx) => meta.write(tx, 'backups.last-run', String(now - 5 * dayMs)));
    const doubted = await planned();
    assert.equal(decisionsOf(doubted).age060, 'unmark: clock-in-doubt');
    assert.match(doubted?.held.join() ?? '', /trust-clock/);
    await served.call('backup.trust-clock');
    assert.equal(decisionsOf(await planned()).age060, 'remove: old-enough');
    const looks = [{ level: 4, good: false, detail: 'amcheck', tookMs: 1 }] as const;
    const failed = {
      id: 'bad',
      backup: idOf(1),
      at: now,
      level: null,
      isGood: false,
      restoredInMs: null,
      looks,
    };
    await store.transaction((tx) => backupRows.insertProof(tx, { ...failed, restoredWith: '' }, null));
    const troubled = await planned();
    assert.equal(decisionsOf(troubled).age060, 'unmark: in-trouble');
    assert.match(troubled?.held.join() ?? '', /level 4: amcheck \(that was backup \S+\)/);
  });

  test('a doubt of the clock takes the mark away, and says that the week begins anew, then and when it is marked again', async () => {
    const { store } = served.app.ctx;
    await store.transaction((tx) => meta.write(tx, 'backups.last-run', String(now - 5 * dayMs)));
    const whyOf = async (verb: string) => {
      const result = await served.call<Expiry | DeletionView[]>(verb, { name: 'shop' });
      const [view] = Array.isArray(result) ? result : result.deletions;
      return view?.decisions.find(({ id }) => id === idOf(60))?.holds[0]?.why ?? '';
    };
    assert.match(
      await whyOf('backup.expire'),
      /^the clock is in doubt: .*; it was marked on .*, and its week begins anew when it is marked again$/,
    );
    assert.equal((await row(60))?.markedAt, null);
    await served.call('backup.trust-clock');
    const again =
      /^nothing needs it any more; its week begins anew: it was unmarked on .* \(the clock is in doubt: /;
    assert.match(await whyOf('backup.plan-deletion'), again);
    assert.match(await whyOf('backup.expire'), again);
    assert.equal(decisionsOf(await planned()).age060, 'wait: marked');
  });

  test('a folder that was written yesterday is young, whatever the catalogue says', async () => {
    utimesSync(placeOf(60), now / 1_000 - 86_400, now / 1_000 - 86_400);
    const { deletions, proposals } = await served.call<Expiry>('backup.expire');
    assert.equal(decisionsOf(deletions[0]).age060, 'unmark: younger-than-kept');
    assert.deepEqual(proposals, []);
  });

  test('a kill in the middle leaves a backup whole or gone', async () => {
    const { store, recovery } = served.app.ctx;
    for (const age of [60, 55])
      await store.transaction((tx) => backupRows.move(tx, idOf(age), ['good'], 'removing'));
    renameSync(placeOf(60), `${placeOf(60)}.removed`);
    await recovery.clean();
    assert.deepEqual([(await row(60))?.state, (await row(55))?.state], ['removed', 'good']);
    assert.equal(existsSync(`${placeOf(60)}.removed`), false);
    assert.ok(existsSync(join(placeOf(55), 'dump')));
  });

  test('the log beside whole clusters goes with the backup that needed it, by the same yes; what stays has all of its log', async () => {
    const { store } = served.app.ctx;
    const home = join(folder, 'kept/cluster');
    const segment = 1_048_576;
    const name = (number: number) =>
      `00000001${'0'.repeat(8)}${number.toString(16).toUpperCase().padStart(8, '0')}`;
    const days = [60, 40, 3, 2, 1];
    mkdirSync(join(home, 'wal'), { recursive: true });
    for (const [index, age] of days.entries()) {
      const [id, at, logFrom] = [`c${idOf(age)}`, now - age * dayMs, (index * 2 + 2) * segment + 40];
      const place = join(home, id);
      mkdirSync(place, { recursive: true });
      writeFileSync(join(place, 'manifest.json'), JSON.stringify({ from: logFrom }));
      utimesSync(place, at / 1_000, at / 1_000);
      for (const number of [index * 2 + 1, index * 2 + 2]) {
        writeFileSync(join(home, 'wal', name(number)), Buffer.alloc(segment));
        utimesSync(join(home, 'wal', name(number)), at / 1_000, at / 1_000);
      }
      await store.transaction(async (tx) => {
        const begun = { id, plan: 'cluster', target: 'db', engine: 'postgres.plain', repository: 'local' };
        await backupRows.insert(tx, { ...begun, folder: place, startedAt: at });
        const taken = { kind: 'full', needs: [], bytes: 10, manifest: {}, detail: '' } as const;
        await backupRows.settle(tx, id, at, { state: 'good', ...taken, logFrom });
        const looks = [{ level: 3, good: true, detail: '', tookMs: 1 }] as const;
        const proof = { id: `p${id}`, backup: id, at, level: 3, isGood: true, restoredInMs: 1 } as const;
        await backupRows.insertProof(tx, { ...proof, restoredWith: 'PostgreSQL 15', looks }, null);
      });
    }
    const wal = () => readdirSync(join(home, 'wal')).sort();
    const all = wal();
    const [before] = await served.call<DeletionView[]>('backup.plan-deletion', { name: 'cluster' });
    assert.equal(before?.log?.files, 1, 'what no backup begins with');
    await store.transaction((tx) => backupRows.mark(tx, 'cage060', now - 8 * dayMs));
    const [view] = await served.call<DeletionView[]>('backup.plan-deletion', { name: 'cluster' });
    assert.equal(decisionsOf(view).cage060, 'remove: old-enough', JSON.stringify(view));
    assert.deepEqual(view?.log, { files: 3, bytes: 3 * segment, first: name(1), last: name(3) });
    assert.deepEqual(wal(), all, 'a plan deletes nothing');

    const { proposals } = await served.call<Expiry>('backup.expire', { name: 'cluster' });
    const id = proposals[0]?.actionId ?? assert.fail(JSON.stringify(proposals));
    const asked = await served.call<ActionView>('action.show', { id });
    assert.match(asked.plan.summary, /^remove 1 backup and 3 files of the log of cluster/);
    assert.match(
      asked.plan.steps.at(-1) ?? '',
      new RegExp(`^remove 3 files of the log, ${name(1)} to ${name(3)}`),
    );
    await served.call('action.approve', { id, digest: asked.digest });
    const done = await ended(id);
    assert.equal(done.state, 'done', done.result ?? '');
    assert.deepEqual(wal(), all.slice(3), 'from the first file of the oldest that stays on');
    assert.equal(existsSync(join(home, 'cage060')), false);
    const after = async () =>
      (await served.call<DeletionView[]>('backup.plan-deletion', { name: 'cluster' }))[0];
    assert.equal((await after())?.log, null);

    // One that is not where it should be may come back.
    await store.transaction((tx) => backupRows.move(tx, 'cage040', ['good'], 'missing'));
    assert.equal((await after())?.log, null);
    renameSync(join(home, 'cage040'), join(folder, 'away'));
    await store.transaction((tx) => backupRows.move(tx, 'cage040', ['missing'], 'removed'));
    const young = now / 1_000 - 86_400;
    utimesSync(join(home, 'wal', name(5)), young, young);
    assert.equal((await after())?.log, null, 'a file of yesterday holds all of them back');
    utimesSync(join(home, 'wal', name(5)), young - 40 * 86_400, young - 40 * 86_400);
    assert.equal((await after())?.log?.files, 2);
    await store.transaction((tx) => meta.write(tx, 'backups.last-run', String(now - 5 * dayMs)));
    assert.equal((await after())?.log, null, 'nor does anything go by a clock that is in doubt');
  });
});
