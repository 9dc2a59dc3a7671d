/** The log of a real PostgreSQL that cannot be written down here: why stands wherever people ask. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { serveApp } from '../../../test/served-app.ts';
import { missing } from '../../../test/servers/installed.ts';
import { postgresServer, startPostgres } from '../../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import { eventually } from '../../../test/try-target.ts';
import type { NeedView } from '../../core/backup/needs.ts';
import type { BackupList } from '../../verbs/backup/list.ts';

suite('a log that is not received', { skip: missing(postgresServer) }, () => {
  test('says why in the list and among the needs, and goes on by itself', async (t) => {
    const folder = temporaryFolder('stopped');
    t.after(() => removeFolder(folder));
    chmodSync(folder, 0o711);
    mkdirSync(join(folder, 'kept/shop'), { recursive: true });
    const wal = join(folder, 'kept/shop/wal');
    writeFileSync(wal, 'in its way');
    const server = await startPostgres();
    t.after(() => server.stop('SIGQUIT'));
    const served = await serveApp({
      yaml: `
name: shop
timezone: UTC
targets:
  db: { system: postgres, url: "${server.url}", every: 5s }
backups:
  shop: { of: db, engine: postgres.plain, to: "${folder}/kept", scratch: "${folder}" }
`,
    });
    t.after(() => served.stop());
    const wrong = async () => (await served.call<BackupList>('backup.list')).plans[0]?.wrong ?? [];
    const found = await eventually(wrong, (lines) => lines.some((line) => /not received/.test(line)));
    assert.match(found.join('\n'), /the log is not received \(.* so far\).*EEXIST.*wal/);
    const needs = await served.call<NeedView[]>('backup.needs', { name: 'shop' });
    const need = needs.find(({ what }) => /not received/.test(what));
    assert.ok(need && !need.isAdvice);

    rmSync(wal);
    await eventually(
      () => server.query('SELECT active FROM pg_replication_slots'),
      ([row]) => row?.active === true,
      20_000,
    );
  });
});
