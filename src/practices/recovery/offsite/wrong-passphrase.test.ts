/** Another passphrase than that of the day of a copy: nothing is said against the copy, what lacks is named, and it heals. */
import assert from 'node:assert/strict';
import { chmodSync, rmSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { type ServedApp, serveApp } from '../../../../test/served-app.ts';
import { missing } from '../../../../test/servers/installed.ts';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { type RedisServer, redisServer, startRedis } from '../../../../test/servers/redis.ts';
import { type S3Server, startS3 } from '../../../../test/servers/s3.ts';
import { eventually } from '../../../../test/try-target.ts';
import { readConfiguration } from '../../../config/read.ts';
import type { BackupView, ProofView } from '../../../core/backup/view.ts';
import { notifiers } from '../../../notifiers/index.ts';
import * as alertRows from '../../../store/alerts.ts';
import { systems } from '../../../systems/index.ts';
import type { BackupList } from '../../../verbs/backup/list.ts';
import { indexName, keyName } from './index-file.ts';

suite('a wrong passphrase', { skip: missing(redisServer) }, () => {
  let server: RedisServer;
  let s3: S3Server;
  let served: ServedApp;
  const folder = temporaryFolder('wrong-passphrase');
  const right = 'correct horse battery staple';
  const wrong = 'another one of four words';

  const yaml = (passphrase: string) => {
    const pair = (of: S3Server['writer']) => `accessKey: ${of.accessKey}, secretKey: ${of.secretKey}`;
    return `
name: shop
timezone: UTC
listen: { port: 0 }
targets:
  cache: { system: redis, url: "${server.url}", every: 60s }
backups:
  dump:
    { of: cache, engine: redis.rdb, to: "${folder}/kept", scratch: "${folder}", prove: monthly, rpo: 25h, offsite: {
      bucket: ${s3.bucket}, endpoint: "${s3.endpoint}", ${pair(s3.writer)}, passphrase: ${passphrase} } }
`;
  };
  const given = async (passphrase: string) => {
    const file = `${served.folder}/upkeep.yaml`;
    const text = yaml(passphrase);
    await served.app.reload(
      readConfiguration({ file, text, env: {}, systems, notifiers, readFile: () => '' }),
    );
  };

  before(async () => {
    chmodSync(folder, 0o711);
    [server, s3] = await Promise.all([startRedis(), startS3()]);
    served = await serveApp({ yaml: yaml(right) });
  });
  after(async () => {
    await served.stop();
    await Promise.all([server.stop(), s3.stop()]);
    removeFolder(folder);
  });

  const list = () => served.call<BackupList>('backup.list');
  const verify = (id: string) => served.call<ProofView>('backup.verify', { id });
  const firing = async () =>
    (await alertRows.open(served.app.ctx.store.db))
      .filter(({ state, rule }) => state === 'firing' && rule.startsWith('upkeep.'))
      .map(({ rule }) => rule)
      .join();

  test('the last proof stands, nothing is called damaged, and the right passphrase heals it by itself', async () => {
    await served.call<BackupView>('backup.take', { name: 'dump', prove: 'yes' });
    const copy = (await list()).backups.find(({ copyOf }) => copyOf !== null);
    assert.ok(copy);
    const before = (await list()).plans[0]?.offsite;
    assert.equal(before?.newestIs, 'restored', JSON.stringify(copy.proofs));

    await given(wrong);
    const proof = await verify(copy.id);
    assert.deepEqual([proof.looks[0]?.notRun, proof.looks[0]?.isWrongKey], [true, true]);
    const [plan] = (await list()).plans;
    assert.deepEqual(plan?.offsite, before, 'what stood stands');
    assert.match(
      plan?.wrong.join() ?? '',
      /^the last proof could not run at level 0: the passphrase does not open the copy of dump made on \S+ \S+ UTC, whose key is as it was written: give passphrase: under offsite: of that day \(what stands was proven .* ago\)$/,
    );
    await eventually(firing, (rules) => rules === 'upkeep.offsite-proof-not-run');

    await given(right);
    await eventually(firing, (rules) => rules === '');
    assert.deepEqual((await list()).plans[0]?.wrong, []);
    const [healed] = (await list()).backups.filter(({ copyOf }) => copyOf !== null);
    assert.deepEqual([healed?.proofs.length, healed?.notRun], [2, undefined]);
  });

  test('another key than the one that was written is damage', async () => {
    const copy = (await list()).backups.find(({ copyOf }) => copyOf !== null);
    assert.ok(copy);
    const key = `${copy.folder.replace(`s3://${s3.bucket}/`, '')}${keyName}`;
    s3.damage(key);
    await served.restart();
    const proof = await verify(copy.id);
    assert.deepEqual([proof.isGood, proof.looks[0]?.notRun], [false, undefined]);
    assert.match(
      proof.looks[0]?.detail ?? '',
      /^key\.age is (another than the one that was written|damaged)/,
    );
    s3.damage(key);
    assert.equal((await verify(copy.id)).isGood, true);
  });

  test('a copy that was cut off is begun anew under another passphrase, and what is whole stays', async () => {
    const { store } = served.app.ctx;
    const taken = await served.call<BackupView>('backup.take', { name: 'dump' });
    const half = await served.call<BackupView>('backup.copy', { of: taken.id });
    const whole = (await list()).backups.filter(({ copyOf, id }) => copyOf !== null && id !== half.id);
    s3.objects.delete(`${half.folder.replace(`s3://${s3.bucket}/`, '')}${indexName}`);
    await store.db.deleteFrom('proofs').where('backup', '=', half.id).execute();
    await store.db.updateTable('backups').set({ state: 'failed' }).where('id', '=', half.id).execute();

    await given(wrong);
    const anew = await served.call<BackupView>('backup.copy', { of: taken.id });
    assert.equal(anew.state, 'good', anew.detail);
    assert.notEqual(anew.id, half.id);
    assert.equal(anew.proofs[0]?.isGood, true);
    const after = (await list()).backups;
    const old = after.find(({ id }) => id === half.id);
    assert.equal(old?.state, 'failed');
    assert.match(old?.detail ?? '', /was cut off, and its key\.age does not open with the passphrase of now/);
    for (const { id } of whole) assert.equal(after.find((one) => one.id === id)?.state, 'good');
    assert.deepEqual((await list()).plans[0]?.wrong, []);
    await given(right);
    assert.equal((await verify(whole[0]?.id ?? '')).isGood, true);
    for (const { folder: at } of [anew, half])
      for (const key of s3.objects.keys())
        if (key.startsWith(at.replace(`s3://${s3.bucket}/`, ''))) s3.objects.delete(key);
  });

  test('a new store is told that copies lie there and what opens them, whatever is asked of them', async () => {
    rmSync(`${folder}/kept`, { recursive: true });
    const fresh = await serveApp({ yaml: yaml(wrong) });
    try {
      await assert.rejects(
        fresh.call('backup.restore', { of: 'dump', from: 'offsite', into: `folder:${folder}/back` }),
        /1 copy in s3:\/\/acme at \S+ cannot be used here: \S+: its key\.age does not open with this passphrase, or is damaged: give passphrase: of the day that it was copied/,
      );
    } finally {
      await fresh.stop();
    }
    const again = await serveApp({ yaml: yaml(right) });
    try {
      const { app } = again;
      const done = await again.call<{ kind: string }>('backup.restore', {
        ...{ of: 'dump', from: 'offsite', into: `folder:${folder}/back` },
      });
      assert.equal(done.kind, 'restored');
      assert.ok(app);
    } finally {
      await again.stop();
    }
  });
});
