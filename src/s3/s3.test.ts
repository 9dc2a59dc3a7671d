/** Against s3rver, which others wrote, and against our stand-in, which has versions, locks and two pairs of keys. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { removeFolder, temporaryFolder } from '../../test/servers/process.ts';
import { type S3Server, startS3 } from '../../test/servers/s3.ts';
import { startS3rver } from '../../test/servers/s3rver.ts';
import type { Bucket } from '../core/backup/bucket.ts';
import { s3Buckets } from './index.ts';

const { signal } = new AbortController();
const region = 'us-east-1';
const day = 86_400_000;
const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = async (bucket: Bucket, key: string) => new Response(await bucket.get(key, signal)).text();

test('s3rver takes, gives and lists; what it ignores of a lock is seen when it is looked at', async () => {
  const folder = temporaryFolder('s3rver');
  const server = await startS3rver(folder, 'acme');
  const address = { bucket: 'acme', endpoint: server.endpoint, region };
  const bucket = s3Buckets.open(address, server.pair);
  try {
    await bucket.put('shop/a b/ü.age', bytes('sealed'), Date.now() + day, signal);
    assert.equal(await textOf(bucket, 'shop/a b/ü.age'), 'sealed');
    const looked = await bucket.look('shop/a b/ü.age', signal);
    assert.deepEqual([looked?.bytes, looked?.lockedUntil], [6, null]);
    assert.equal(await bucket.look('shop/none', signal), null);
    assert.deepEqual(
      (await bucket.list('shop/', signal)).map(({ key, bytes: size }) => [key, size]),
      [['shop/a b/ü.age', 6]],
    );
    assert.ok(Math.abs((await bucket.time(signal)) - Date.now()) < 5_000);
    assert.equal(await bucket.isDeletionRefused('shop/a b/ü.age', signal), false);
    assert.deepEqual(await bucket.list('', signal), []);
  } finally {
    bucket.close();
    await server.stop();
    removeFolder(folder);
  }
});

suite('a server with versions, locks and keys that may not delete', () => {
  let server: S3Server;
  let bucket: Bucket;
  const address = () => ({ bucket: server.bucket, endpoint: server.endpoint, region });
  before(async () => {
    server = await startS3();
    bucket = s3Buckets.open(address(), server.writer);
  });
  after(async () => {
    bucket.close();
    await server.stop();
  });

  test('a lock is set and read back, and holds against the deleter too', async () => {
    const until = Math.floor(Date.now() / 1_000) * 1_000 + day;
    await bucket.put('locked/one', bytes('1'), until, signal);
    assert.equal((await bucket.look('locked/one', signal))?.lockedUntil, until);
    const remover = s3Buckets.openRemover(address(), server.deleter);
    await assert.rejects(
      remover.removeAll('locked/', signal),
      /deleting locked\/ failed: this accessKey may not delete, or a lock of the bucket still holds it/,
    );
    assert.ok(server.objects.has('locked/one'));
    remover.close();
  });

  test('the writer is refused where it tries to delete; the deleter takes every version', async () => {
    for (const text of ['1', '2']) await bucket.put('free/one', bytes(text), null, signal);
    assert.equal(await textOf(bucket, 'free/one'), '2');
    assert.equal(await bucket.isDeletionRefused('free/one', signal), true);
    const remover = s3Buckets.openRemover(address(), server.deleter);
    assert.equal(await remover.removeAll('free/', signal), 2);
    assert.equal(server.objects.has('free/one'), false);
    remover.close();
  });

  test('all pages of a list are read, and the time is the one of the server', async () => {
    for (let index = 0; index < 7; index++) await bucket.put(`many/${index}`, bytes('x'), null, signal);
    assert.equal((await bucket.list('many/', signal)).length, 7);
    server.ways.clockAheadMs = 2 * day;
    assert.ok(Math.abs((await bucket.time(signal)) - Date.now() - 2 * day) < 5_000);
    server.ways.clockAheadMs = 0;
  });

  test('what is wrong is said with its place and its remedy, and never with a secret', async () => {
    const bad = { accessKey: 'AKWRITER', secretKey: 'not-this-one' };
    const wrong = s3Buckets.open(address(), bad);
    await assert.rejects(wrong.list('', signal), (error: Error) => {
      assert.match(error.message, /^s3:\/\/acme at http:\S+: listing .*the secretKey is wrong/);
      assert.doesNotMatch(error.message, /not-this-one/);
      return true;
    });
    const nobody = s3Buckets.open({ ...address(), endpoint: 'http://127.0.0.1:1' }, bad);
    await assert.rejects(nobody.list('', signal), /cannot be reached: .*ECONNREFUSED/);
    const elsewhere = s3Buckets.open({ ...address(), bucket: 'none' }, server.writer);
    await assert.rejects(
      elsewhere.look('x', signal).then(() => elsewhere.list('', signal)),
      /no such bucket/,
    );
    for (const one of [wrong, nobody, elsewhere]) one.close();
  });
});
