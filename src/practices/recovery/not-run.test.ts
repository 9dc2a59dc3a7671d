/** A restore that proves cannot be tried for want of something here: nothing is said against the backup, and it is told. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { type ServedApp, serveApp } from '../../../test/served-app.ts';
import { missing } from '../../../test/servers/installed.ts';
import { removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import { type RedisServer, redisServer, startRedis } from '../../../test/servers/redis.ts';
import { eventually } from '../../../test/try-target.ts';
import type { Evidence } from '../../core/backup/evidence.ts';
import type { BackupView, ProofView } from '../../core/backup/view.ts';
import * as alertRows from '../../store/alerts.ts';
import type { Audit } from '../../verbs/audit/verify.ts';
import type { BackupList } from '../../verbs/backup/list.ts';

suite('a proof that cannot be made', { skip: missing(redisServer) }, () => {
  const folder = temporaryFolder('not-run');
  const scratch = join(folder, 'scratch');
  let server: RedisServer;
  let served: ServedApp;

  before(async () => {
    chmodSync(folder, 0o711);
    mkdirSync(scratch, { mode: 0o711 });
    server = await startRedis();
    served = await serveApp({
      yaml: `
name: shop
timezone: UTC
targets:
  cache: { system: redis, url: "${server.url}", every: 60s }
backups:
  cache: { of: cache, to: "${folder}/kept", scratch: "${scratch}", rpo: 25h }
`,
    });
  });
  after(async () => {
    await served.stop();
    await server.stop();
    removeFolder(folder);
  });

  const firing = async () =>
    (await alertRows.open(served.app.ctx.store.db))
      .filter(({ state, rule }) => state === 'firing' && rule.startsWith('upkeep.'))
      .map(({ rule }) => rule);

  test('the last proof stands, nothing is called damaged, and the alert of its own goes when one could be made', async () => {
    const { call } = served;
    const taken = await call<BackupView>('backup.take', { name: 'cache', prove: 'yes' });
    assert.equal(taken.proofs[0]?.level, 5, JSON.stringify(taken));
    rmSync(scratch, { recursive: true });
    writeFileSync(scratch, 'somebody put a file here');
    const proof = await call<ProofView>('backup.verify', { id: taken.id });
    assert.deepEqual([proof.isGood, proof.level, proof.looks[0]?.notRun], [false, null, true]);
    const { plans, backups } = await call<BackupList>('backup.list');
    const [plan] = plans;
    assert.deepEqual([backups[0]?.proofs.length, backups[0]?.notRun?.id], [1, proof.id]);
    assert.deepEqual([plan?.proven?.level, plan?.lapsed, plan?.restores?.failed], [5, undefined, undefined]);
    assert.equal(plan?.wrong.length, 1, JSON.stringify(plan?.wrong));
    assert.match(
      plan?.wrong[0] ?? '',
      /^the last proof could not run at level 0: no scratch folder can be made \(.*\): name another with scratch: .* \(what stands was proven .* ago\)$/,
    );
    await eventually(firing, (rules) => rules.join() === 'upkeep.backup-proof-not-run');
    const [evidence] = await call<Evidence[]>('backup.evidence', { id: taken.id });
    assert.equal(evidence?.statement.proof.id, proof.id, 'it is signed as well');
    assert.equal((await call<Audit>('audit.verify')).ok, true);

    rmSync(scratch);
    mkdirSync(scratch, { mode: 0o711 });
    assert.equal((await call<ProofView>('backup.verify', { id: taken.id })).level, 5);
    await eventually(firing, (rules) => rules.length === 0);
    assert.deepEqual((await call<BackupList>('backup.list')).plans[0]?.wrong, []);
  });
});
