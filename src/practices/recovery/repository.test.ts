/** Backups that lie together in one repository of their engine, told apart by its names of them. */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { type ServedApp, serveApp } from '../../../test/served-app.ts';
import { missing } from '../../../test/servers/installed.ts';
import { pgbackrestProgram } from '../../../test/servers/pgbackrest.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import { eventually } from '../../../test/try-target.ts';
import type { DeletionView } from '../../core/backup/deletion.ts';
import type { BackupView, ProofView } from '../../core/backup/view.ts';
import type { ActionView } from '../../core/view.ts';
import * as alertRows from '../../store/alerts.ts';
import type { BackupList } from '../../verbs/backup/list.ts';
import type { Adopted } from './adopt-asked.ts';
import type { Expiry } from './deletion.ts';

suite('a repository of backups', { skip: missing(postgresServer, pgbackrestProgram) }, () => {
  let server: PostgresServer;
  let served: ServedApp;
  const folder = temporaryFolder('repository');

  before(async () => {
    chmodSync(folder, 0o711);
    server = await startPostgres({
      settings: { archive_mode: 'on', archive_command: '', archive_timeout: 60, wal_level: 'replica' },
    });
    await server.query('CREATE TABLE orders AS SELECT i AS id FROM generate_series(1, 100) i');
    served = await serveApp({
      yaml: `
name: shop
timezone: UTC
environment: staging
targets:
  db: { system: postgres, url: "${server.url}", every: 60s }
backups:
  shop: { of: db, engine: postgres.pgbackrest, to: "${folder}", scratch: "${folder}", prove: monthly }
`,
    });
  });
  after(async () => {
    await served.stop();
    await server.stop();
    removeFolder(folder);
  });

  const look = async () => {
    const { recovery, configuration } = served.app.ctx;
    await recovery.look(configuration().backups[0] ?? assert.fail());
    return served.call<BackupList>('backup.list');
  };

  test('each has its label, what it needs is told by ids, and what the catalogue does not know is foreign', async () => {
    const refused = await served.call<BackupView>('backup.take', { name: 'shop' });
    const command =
      /ALTER SYSTEM SET archive_command = '(.+)';/.exec(refused.detail)?.[1] ?? assert.fail(refused.detail);
    await server.query(`ALTER SYSTEM SET archive_command = '${command}'`);
    await server.query('SELECT pg_reload_conf()');
    const full = await served.call<BackupView>('backup.take', { name: 'shop' });
    assert.equal(full.state, 'good', full.detail);
    assert.match(full.label ?? '', /^\d{8}-\d{6}F$/);
    assert.equal(full.folder, join(folder, 'shop'));
    assert.equal(full.proofs[0]?.isGood, true, JSON.stringify(full.proofs[0]?.looks));
    const next = await served.call<BackupView>('backup.take', { name: 'shop' });
    assert.equal(next.state, 'good', next.detail);
    if (next.kind !== 'full') assert.deepEqual(next.needs, [full.id]);
    const { foreign, backups, plans } = await look();
    assert.deepEqual(foreign, []);
    assert.deepEqual(
      backups.map(({ state }) => state),
      ['good', 'good', 'failed'],
    );
    assert.ok((backups[0]?.writtenAt ?? 0) > 0);
    assert.deepEqual(plans[0]?.wrong, []);
    const [deletion] = await served.call<DeletionView[]>('backup.plan-deletion');
    assert.deepEqual(new Set(deletion?.decisions.map(({ kind }) => kind)), new Set(['keep']));
    const { db } = served.app.ctx.store;
    await db.deleteFrom('backups').where('id', '=', next.id).execute();
    assert.deepEqual(
      (await look()).foreign.map(({ label }) => label),
      [next.label],
    );
    await db.updateTable('backups').set({ label: '20200101-000000F' }).where('id', '=', full.id).execute();
    const moved = await look();
    assert.equal(moved.backups.find(({ id }) => id === full.id)?.state, 'missing');
    assert.equal(moved.foreign.length, 2);
    await db.updateTable('backups').set({ label: full.label }).where('id', '=', full.id).execute();
    assert.equal((await look()).backups.find(({ id }) => id === full.id)?.state, 'good');
    const { adopted, left } = await served.call<Adopted>('backup.adopt', { name: 'shop' });
    assert.deepEqual(
      adopted.map(({ label, kind, needs, isPinned }) => ({ label, kind, needs, isPinned })),
      [{ label: next.label, kind: next.kind, needs: next.needs, isPinned: true }],
    );
    assert.deepEqual(left, []);
  });

  test('a second repository has backups, proofs and a standing of its own; out of reach, it alone is red and nothing is missing', async () => {
    const home = join(folder, 'shop/pgbackrest');
    const { uid, gid } = statSync(home);
    const second = join(folder, 'second');
    mkdirSync(second, { mode: 0o700 });
    chownSync(second, uid, gid);
    writeFileSync(join(home, 'conf.d/second.conf'), `[global]\nio-timeout=2\nrepo2-path=${second}\n`);
    await served.call<BackupView>('backup.take', { name: 'shop' });
    const due = async () => {
      const { recovery, configuration } = served.app.ctx;
      return recovery.elsewhere.due(configuration().backups[0] ?? assert.fail());
    };
    await look();
    assert.deepEqual(await due(), ['repo2']);
    const many = (await look()).backups.length;
    await assert.rejects(
      served.call('backup.take', { name: 'shop', repository: 'repo9' }),
      /repository: shop has no repo9; there is local, repo2 \(local is the first\); did you mean repo2\?/,
    );
    assert.equal((await look()).backups.length, many, 'a typing error is no backup that failed');
    const taken = await served.call<BackupView>('backup.take', { name: 'shop', repository: 'repo2' });
    assert.deepEqual([taken.state, taken.repository, taken.kind], ['good', 'repo2', 'full'], taken.detail);
    assert.deepEqual([taken.proofs[0]?.level, taken.proofs[0]?.isGood], [5, true], 'the first is restored');
    const well = await look();
    assert.equal(well.backups.find(({ id }) => id === taken.id)?.state, 'good');
    assert.deepEqual(well.plans[0]?.seconds, [
      {
        repository: 'repo2',
        newestAt: taken.startedAt,
        proven: { at: taken.proofs[0]?.at, level: 5, restoredInMs: taken.proofs[0]?.restoredInMs },
      },
    ]);
    assert.deepEqual(await due(), []);
    const [deletion] = await served.call<DeletionView[]>('backup.plan-deletion');
    assert.equal(deletion?.decisions.find(({ id }) => id === taken.id)?.repository, 'repo2');

    renameSync(second, `${second}.away`);
    const away = await look();
    assert.equal(
      away.backups.find(({ id }) => id === taken.id)?.state,
      'good',
      'what cannot be seen is not gone',
    );
    assert.deepEqual(away.plans[0]?.wrong, ['repository repo2 cannot be read: missing stanza path']);
    const { recovery, configuration, store } = served.app.ctx;
    await recovery.judge(configuration().backups[0] ?? assert.fail());
    const firing = async () =>
      (await alertRows.open(store.db)).filter(({ state }) => state === 'firing').map(({ rule }) => rule);
    await eventually(firing, (rules) => rules.includes('upkeep.repository-unreachable'));
    assert.equal((await firing()).includes('upkeep.backup-not-proven'), false);
    renameSync(`${second}.away`, second);
    await look();
    await recovery.judge(configuration().backups[0] ?? assert.fail());
    await eventually(firing, (rules) => !rules.includes('upkeep.repository-unreachable'));
  });

  test('a backup that nothing needs goes out of its repository by a yes of the guard, alone and with its log', async () => {
    const { db } = served.app.ctx.store;
    const day = 86_400_000;
    /** Nothing that is due in between is to run. */
    const later = async (days: number) => {
      await db.deleteFrom('jobs').execute();
      served.pass(days * day);
      await served.call('backup.trust-clock');
    };
    const take = async (repository?: string) => {
      const wish = { name: 'shop', prove: 'yes', ...(repository && { repository }) };
      const taken = await served.call<BackupView>('backup.take', wish);
      assert.deepEqual(
        [taken.state, taken.proofs[0]?.isGood],
        ['good', true],
        JSON.stringify(taken.proofs[0]?.looks),
      );
      return taken;
    };
    const inSecond = async () =>
      (await look()).backups.filter(({ repository, state }) => repository === 'repo2' && state === 'good');
    const [oldest] = await inSecond();
    // No more than a fifth of the bytes goes in one run.
    await db
      .updateTable('backups')
      .set({ bytes: 1 })
      .where('id', '=', oldest?.id ?? '')
      .execute();
    await later(8);
    const next = await take('repo2');
    assert.equal(next.kind, 'full', 'a week later');
    await later(8);
    const newest = await take('repo2');
    await later(20);
    await take();
    const marked = await served.call<Expiry>('backup.expire', { name: 'shop' });
    assert.deepEqual(marked.proposals, []);
    const kinds = new Map(marked.deletions[0]?.decisions.map(({ id, kind }) => [id, kind]));
    assert.equal(kinds.get(oldest?.id ?? ''), 'mark', JSON.stringify(marked.deletions[0]?.decisions));
    assert.deepEqual([kinds.get(next.id), kinds.get(newest.id)], ['keep', 'keep']);
    await later(8);
    const { proposals } = await served.call<Expiry>('backup.expire', { name: 'shop' });
    const id = proposals[0]?.actionId ?? assert.fail(JSON.stringify(proposals));
    const asked = await served.call<ActionView>('action.show', { id });
    assert.equal(asked.state, 'awaiting-approval');
    assert.match(asked.plan.steps.join(), new RegExp(`^remove ${oldest?.label} in .* in repo2, taken `));
    assert.equal((await inSecond()).length, 3, 'nothing goes before somebody said yes');
    const approved = async (action: ActionView) => {
      await served.call('action.approve', { id: action.id, digest: action.digest });
      return eventually(
        () => served.call<ActionView>('action.show', { id: action.id }),
        ({ endedAt }) => endedAt !== null,
        120_000,
      );
    };
    // What another Upkeep took lies there, and this store has no row of it.
    const rowOf = () => db.selectFrom('backups').selectAll().where('id', '=', newest.id);
    const others = await rowOf().executeTakeFirstOrThrow();
    await db.deleteFrom('backups').where('id', '=', newest.id).execute();
    const held = await approved(asked);
    assert.match(
      held.result ?? '',
      new RegExp(
        `nothing of shop is removed: .*not taken by this Upkeep: ${newest.label}.*upkeep backup adopt shop`,
      ),
    );
    assert.equal((await look()).backups.find((one) => one.id === oldest?.id)?.state, 'good');
    await db.insertInto('backups').values(others).execute();
    const anew = await served.call<Expiry>('backup.expire', { name: 'shop' });
    const again = anew.proposals[0]?.actionId ?? assert.fail(JSON.stringify(anew));
    const done = await approved(await served.call<ActionView>('action.show', { id: again }));
    assert.equal(done.state, 'done', done.result ?? '');
    assert.deepEqual(new Set((await inSecond()).map((one) => one.id)), new Set([next.id, newest.id]));
    const { backups, foreign } = await look();
    assert.equal(backups.find((one) => one.id === oldest?.id)?.state, 'removed');
    assert.equal(
      foreign.some(({ label }) => label === oldest?.label),
      false,
      'and it is not there either',
    );
    assert.equal(
      backups.some(({ state }) => state === 'missing'),
      false,
      'nor is anything else gone',
    );
    const left = await served.call<ProofView>('backup.verify', { id: next.id });
    assert.equal(left.isGood, true, left.looks.at(-1)?.detail);
  });
});
