/** What is wrong with backups is wrong after a restart too: nobody is called again for it, and nobody is told that it is over. */
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { serveApp } from '../../../test/served-app.ts';
import { missing } from '../../../test/servers/installed.ts';
import { removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import { redisServer, startRedis } from '../../../test/servers/redis.ts';
import { eventually } from '../../../test/try-target.ts';
import type { BackupView, ProofView } from '../../core/backup/view.ts';
import * as alertRows from '../../store/alerts.ts';
import * as journal from '../../store/journal.ts';

test('alerts of backups outlive a restart, and end with the plan that they are of', {
  skip: missing(redisServer),
}, async (t) => {
  const folder = temporaryFolder('restart');
  chmodSync(folder, 0o711);
  const scratch = join(folder, 'scratch');
  writeFileSync(scratch, 'somebody put a file here');
  const redis = await startRedis();
  let gone: string | null = null;
  const served = await serveApp({
    yaml: `
name: shop
timezone: UTC
targets: { cache: { system: redis, url: "${redis.url}", every: 60s } }
backups:
  unproven: { of: cache, to: "${folder}/a", scratch: "${scratch}", rpo: 25h }
  untaken: { of: cache, to: "${folder}/b", scratch: "${folder}", rpo: 25h }
`,
    change: (configuration) => ({
      ...configuration,
      backups: configuration.backups.filter(({ name }) => name !== gone),
    }),
  });
  t.after(async () => {
    await served.stop();
    removeFolder(folder);
  });
  const firing = async () =>
    (await alertRows.open(served.app.ctx.store.db))
      .filter(({ state, rule }) => state === 'firing' && rule.startsWith('upkeep.backup'))
      .map(({ rule, id, incidentId }) => ({ rule, id, incidentId }))
      .toSorted((a, b) => (a.rule < b.rule ? -1 : 1));
  const ended = async () =>
    (await journal.list(served.app.ctx.store.db, { kinds: ['alert.resolved'], limit: 50 })).length;
  const rules = async () => (await firing()).map(({ rule }) => rule).join();

  const { id } = await served.call<BackupView>('backup.take', { name: 'unproven' });
  await served.call<ProofView>('backup.verify', { id });
  await redis.stop();
  await served.call<BackupView>('backup.take', { name: 'untaken' });
  const both = 'upkeep.backup-failed,upkeep.backup-late,upkeep.backup-proof-not-run';
  await eventually(rules, (found) => found === both);
  const before = await firing();
  const endedBefore = await ended();

  await served.restart();
  await served.app.ctx.recovery.look(served.app.ctx.configuration().backups[0] ?? assert.fail());
  await served.app.ctx.assessor.settled();
  assert.deepEqual(await firing(), before);
  assert.equal(await ended(), endedBefore);

  gone = 'untaken';
  await served.restart();
  await eventually(rules, (found) => found === 'upkeep.backup-proof-not-run');
  assert.equal(await ended(), endedBefore + 2);
});
