/** A snapshot of an empty server restores, and proves little: that is said. */
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { test } from 'node:test';
import { serveApp } from '../../../../test/served-app.ts';
import { missing } from '../../../../test/servers/installed.ts';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { redisServer, startRedis } from '../../../../test/servers/redis.ts';
import type { Evidence } from '../../../core/backup/evidence.ts';
import type { BackupView } from '../../../core/backup/view.ts';

test('the proof of an empty Redis says that there was nothing in it, and its evidence is found by name', {
  skip: missing(redisServer),
}, async (t) => {
  const folder = temporaryFolder('empty');
  chmodSync(folder, 0o711);
  const redis = await startRedis();
  const served = await serveApp({
    yaml: `
name: shop
timezone: UTC
targets: { cache: { system: redis, url: "${redis.url}", every: 60s } }
backups: { snap: { of: cache, to: "${folder}/kept", scratch: "${folder}" } }
`,
  });
  t.after(async () => {
    await served.stop();
    await redis.stop();
    removeFolder(folder);
  });
  const taken = await served.call<BackupView>('backup.take', { name: 'snap', prove: 'yes' });
  const said = taken.proofs[0]?.looks.find(({ level }) => level === 5)?.detail;
  assert.equal(said, 'nothing was in it: 0 keys, so there was no value to compare');
  const [evidence] = await served.call<Evidence[]>('backup.evidence', { id: 'snap' });
  assert.equal(evidence?.statement.proof.id, taken.proofs[0]?.id);
  await assert.rejects(
    served.call('backup.evidence', { id: 'snup' }),
    /no backup has the id snup|snup is no name/,
  );
});
