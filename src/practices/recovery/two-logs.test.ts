/** Two backups that keep the log of one server, each by itself: one that hangs is not well because the other one is. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { serveApp } from '../../../test/served-app.ts';
import { missing } from '../../../test/servers/installed.ts';
import { pgbackrestProgram } from '../../../test/servers/pgbackrest.ts';
import { postgresServer, startPostgres } from '../../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import { eventually } from '../../../test/try-target.ts';
import { exposureOf } from '../../core/backup/exposure.ts';
import type { BackupView, PlanView } from '../../core/backup/view.ts';
import type { BackupList } from '../../verbs/backup/list.ts';
import type { RestoreOutcome } from '../../verbs/backup/restore.ts';

suite('two logs of one server', { skip: missing(postgresServer, pgbackrestProgram) }, () => {
  test('each plan counts its own, and the window ends where a restore does', async (t) => {
    const folder = temporaryFolder('two-logs');
    t.after(() => removeFolder(folder));
    chmodSync(folder, 0o711);
    const server = await startPostgres({
      settings: { archive_mode: 'on', archive_command: '', archive_timeout: 60, wal_level: 'replica' },
    });
    t.after(() => server.stop('SIGQUIT'));
    await server.query('CREATE TABLE orders AS SELECT i AS id FROM generate_series(1, 100) i');
    // As who keeps a repository enciphered or elsewhere does: a folder that is no repository yet.
    mkdirSync(join(folder, 'a/shop/pgbackrest/conf.d'), { recursive: true });
    chmodSync(join(folder, 'a'), 0o711);
    const served = await serveApp({
      yaml: `
name: shop
timezone: UTC
targets:
  db: { system: postgres, url: "${server.url}", every: 5s }
backups:
  shop: { of: db, engine: postgres.pgbackrest, to: "${folder}/a", scratch: "${folder}", prove: monthly, rpo: 60s }
  shopplain: { of: db, engine: postgres.plain, to: "${folder}/b", scratch: "${folder}", prove: monthly, rpo: 60s }
`,
    });
    t.after(() => served.stop());
    const command = async (text: string) => {
      await server.query(`ALTER SYSTEM SET archive_command = '${text}'`);
      await server.query('SELECT pg_reload_conf()');
    };
    const refused = await served.call<BackupView>('backup.take', { name: 'shop' });
    await command(/ALTER SYSTEM SET archive_command = '(.+)';/.exec(refused.detail)?.[1] ?? assert.fail());
    for (const name of ['shop', 'shopplain']) {
      const taken = await served.call<BackupView>('backup.take', { name });
      assert.equal(taken.state, 'good', taken.detail);
    }
    const plans = async () => {
      const list = await served.call<BackupList>('backup.list');
      const of = (name: string) => list.plans.find((one) => one.name === name) ?? assert.fail(name);
      return { shop: of('shop'), plain: of('shopplain') };
    };
    const wait = (is: (found: { shop: PlanView; plain: PlanView }) => boolean) =>
      eventually(plans, is, 180_000);
    const known = await wait(({ shop, plain }) => shop.log.length > 0 && plain.log.length > 0);
    assert.deepEqual(
      [known.shop, known.plain].map(({ log }) => log.map(({ repository }) => repository)),
      [['repo1'], ['upkeep_shopplain']],
    );
    assert.deepEqual([...known.shop.wrong, ...known.plain.wrong], []);
    // A heartbeat whose log has arrived: from then on the end of the window is measured.
    const [current] = await server.query('SELECT pg_walfile_name(pg_current_wal_lsn()) AS name');
    await server.query('INSERT INTO orders VALUES (0)');
    await server.query('SELECT pg_switch_wal()');
    await eventually(
      () => server.query('SELECT last_archived_wal AS name FROM pg_stat_archiver'),
      ([row]) => String(row?.name ?? '') >= String(current?.name),
    );

    await command('sleep 3600');
    await server.query('INSERT INTO orders VALUES (101)');
    await server.query('SELECT pg_switch_wal()');
    const hung = await wait(({ shop }) => shop.wrong.length > 0);
    assert.match(hung.shop.wrong.join(), /would be lost now; no more than 1 m may be$/);
    assert.deepEqual(hung.plain.wrong, []);
    const now = Date.now();
    const lost = exposureOf(hung.shop, now) ?? assert.fail();
    assert.ok(lost > 60_000, `${lost}`);
    assert.ok((exposureOf(hung.plain, now) ?? Number.NaN) < 45_000, JSON.stringify(hung.plain.log));
    const dryRun = async (until: number) => {
      const wish = {
        of: 'shop',
        into: `folder:${folder}/back`,
        until: new Date(until).toISOString(),
        dryRun: 'yes',
      };
      const outcome = await served.call<RestoreOutcome>('backup.restore', wish);
      return outcome.kind === 'plan' ? outcome.plan.impossible : assert.fail(outcome.kind);
    };
    assert.equal(await dryRun(now - lost), null, 'the end of the window can be restored');
    assert.match((await dryRun(now - 1_000)) ?? '', /the log in the repository goes to/);
  });
});
