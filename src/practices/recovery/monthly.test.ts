/** Drills that come by themselves, by the whole program and a clock that we move: told apart, written down, signed, alerted. */
import assert from 'node:assert/strict';
import { chmodSync, readdirSync } from 'node:fs';
import { suite, test } from 'node:test';
import { serveApp } from '../../../test/served-app.ts';
import { missing } from '../../../test/servers/installed.ts';
import { postgresServer, startPostgres } from '../../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import { eventually } from '../../../test/try-target.ts';
import type { BackupView } from '../../core/backup/view.ts';
import type { JournalEntry } from '../../core/view.ts';
import * as alertRows from '../../store/alerts.ts';

const day = 86_400_000;

suite('drills of each month', { skip: missing(postgresServer) }, () => {
  test('a control is planned for the night, sees what it broke, is due a month later, and is an alert when it sees nothing', async (t) => {
    const folder = temporaryFolder('monthly');
    t.after(() => removeFolder(folder));
    chmodSync(folder, 0o711);
    const server = await startPostgres();
    t.after(() => server.stop('SIGQUIT'));
    await server.query('CREATE TABLE orders AS SELECT i AS id FROM generate_series(1, 1000) i');
    const served = await serveApp({
      yaml: `
name: shop
timezone: UTC
targets:
  db: { system: postgres, url: "${server.url}", every: 60s }
backups:
  shop: { of: db, engine: postgres.logical, to: "${folder}/kept", scratch: "${folder}", prove: monthly }
`,
    });
    t.after(() => served.stop());
    const { recovery, configuration, store } = served.app.ctx;
    const [plan] = configuration().backups;
    assert.ok(plan);
    const { monthly } = recovery;
    assert.equal(await monthly.isDue(plan), false, 'there is nothing to drill yet');
    const taken = await served.call<BackupView>('backup.take', { name: 'shop' });
    assert.equal(taken.state, 'good', taken.detail);
    assert.equal(await monthly.isDue(plan), true);

    served.pass(16 * 60_000);
    const planned = () =>
      store.db.selectFrom('jobs').selectAll().where('kind', '=', 'backup-drill').orderBy('run_at').execute();
    const [job] = await eventually(planned, (all) => all.length > 0);
    assert.match(new Date(Number(job?.run_at)).toISOString(), /T04:30:00/);

    const entries = async (kind: string) =>
      (await served.call<JournalEntry[]>('journal.list', { limit: 500 })).filter((one) => one.kind === kind);
    await monthly.run(plan, 'test');
    const [seen] = await entries('backup.controlled');
    assert.match(String(seen?.payload.detail), /^8 bytes of .* were flipped in a copy: level 1: /);
    assert.match(String(seen?.payload.evidence), /"publicKey":".*"signature":".*"statement":.*"isSeen":true/);
    assert.deepEqual(readdirSync(folder), ['kept'], 'the copy is gone');
    assert.equal(
      (await recovery.prove(taken.id, 'test', { withoutRestore: true })).isGood,
      true,
      'the backup is as it was',
    );
    assert.equal(await monthly.isDue(plan), false);
    // What the schedule would begin after so long, the test does itself.
    await store.db.deleteFrom('jobs').execute();
    served.pass(28 * day);
    assert.equal(await monthly.isDue(plan), true);

    // Proofs that compare with nothing see nothing.
    await store.db.updateTable('backups').set({ manifest: '{}' }).where('id', '=', taken.id).execute();
    const manifest = await served.call<BackupView>('backup.take', { name: 'shop' });
    const { manifest: text } = await store.db
      .selectFrom('backups')
      .select('manifest')
      .where('id', '=', manifest.id)
      .executeTakeFirstOrThrow();
    const blind = JSON.stringify({ ...JSON.parse(text ?? '{}'), files: {} });
    await store.db.updateTable('backups').set({ manifest: blind }).where('id', '=', manifest.id).execute();
    await monthly.run(plan, 'test');
    const [missed] = await entries('backup.control-missed');
    assert.match(
      String(missed?.payload.detail),
      /were flipped in a copy, and its proof was good|called broken/,
    );
    await eventually(
      () => alertRows.open(store.db),
      (open) => open.some(({ rule, state }) => rule === 'upkeep.backup-control-missed' && state === 'firing'),
    );
    assert.equal(await monthly.isDue(plan), true, 'and it is due again');
  });
});
