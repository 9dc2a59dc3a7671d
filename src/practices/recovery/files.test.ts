/** Files of this machine by the whole program: what paths names is in an encrypted repository that it begins itself. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { serveApp } from '../../../test/served-app.ts';
import { missing } from '../../../test/servers/installed.ts';
import { removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import { restic } from '../../../test/servers/restic.ts';
import type { BackupView } from '../../core/backup/view.ts';

test('files are taken and proven by name of the plan', { skip: missing(restic) }, async () => {
  const folder = temporaryFolder('recovery-files');
  mkdirSync(join(folder, 'etc'));
  writeFileSync(join(folder, 'etc', 'shop.conf'), 'port = 8080\n');
  const { call, stop } = await serveApp({
    yaml: `
name: shop
timezone: UTC
targets:
  here: { system: host, every: 1h }
backups:
  files: { of: here, to: "${folder}/to", paths: ["${folder}/etc"], scratch: "${folder}", smoke: ["${folder}/etc/shop.conf"] }
`,
  });
  try {
    const taken = await call<BackupView>('backup.take', { name: 'files' });
    assert.equal(taken.state, 'good', taken.detail);
    assert.deepEqual([taken.detail, taken.label?.length], ['1 file', 64]);
    assert.deepEqual([taken.proofs[0]?.level, taken.proofs[0]?.isGood], [6, true]);
    assert.equal(statSync(join(folder, 'to', 'files.password')).mode & 0o777, 0o600);
    assert.ok(existsSync(join(folder, 'to', 'files', 'repository', 'config')));
  } finally {
    await stop();
    removeFolder(folder);
  }
});
