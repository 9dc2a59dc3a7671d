/** A folder copied to a bucket over the real protocol, read back, cut off, damaged there, and opened without us by age. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { type S3Server, startS3 } from '../../../../test/servers/s3.ts';
import { systemClock } from '../../../clock.ts';
import type { Bucket } from '../../../core/backup/bucket.ts';
import { newSecret } from '../../../id.ts';
import { s3Buckets } from '../../../s3/index.ts';
import { copyTo } from './copy.ts';
import { indexName, keyName, partName } from './index-file.ts';
import { readBack } from './read-back.ts';
import { createKeyring } from './seal.ts';

const passphrase = 'correct horse battery staple';
const hour = 3_600_000;

suite('a copy in a bucket', () => {
  const root = temporaryFolder('offsite-copy');
  const folder = join(root, 'backup');
  const partBytes = 64 * 1_024;
  const large = randomBytes(partBytes + 1_000);
  const keys = createKeyring(newSecret);
  const ctx = { signal: new AbortController().signal, clock: systemClock, progress() {} };
  let server: S3Server;
  let bucket: Bucket;
  let id = 0;
  let prefix = '';

  before(async () => {
    mkdirSync(join(folder, 'dump/none'), { recursive: true });
    writeFileSync(join(folder, 'dump/large.dat'), large);
    writeFileSync(join(folder, 'empty'), '');
    writeFileSync(join(folder, 'roles.sql'), 'CREATE ROLE shop;\n');
    chmodSync(join(folder, 'roles.sql'), 0o600);
    server = await startS3();
    const address = { bucket: server.bucket, endpoint: server.endpoint, region: 'us-east-1' };
    bucket = s3Buckets.open(address, server.writer);
  });
  beforeEach(() => {
    id += 1;
    prefix = `upkeep/shop/${id}/`;
    server.ways.failsAfter = Number.POSITIVE_INFINITY;
    server.ways.ignoresLock = false;
  });
  after(async () => {
    bucket.close();
    await server.stop();
    removeFolder(root);
  });

  const copy = (lockUntil: number | null = null, manifest = {}) => {
    const about = { of: 'source', plan: 'shop', startedAt: 1 };
    return copyTo(bucket, { folder, prefix, about, manifest, passphrase, lockUntil, keys, partBytes }, ctx);
  };
  const read = (sumOfIndex: string | null, more = {}) =>
    readBack(
      bucket,
      {
        ...{ prefix, passphrase, sumOfIndex, manifest: {}, into: null, keys, what: 'the copy' },
        ...{ sumOfKey: null, opened: () => Promise.resolve(), ...more },
      },
      ctx,
    );
  const wrong = async (sum: string | null, more = {}) => {
    const looks = await read(sum, more);
    const last = looks.at(-1);
    return last?.good === false ? `${last.level} ${last.detail}` : 'nothing';
  };

  test('what is read back is what was copied, to the bit, the mode and the empty folder, and nothing of it lies open', async () => {
    const copied = await copy();
    assert.deepEqual([copied.files, copied.kept, copied.lockedUntil], [3, 0, null]);
    const into = join(root, 'back');
    const looks = await read(copied.sumOfIndex, { into });
    assert.deepEqual(
      looks.map(({ level, good }) => [level, good]),
      [
        [0, true],
        [1, true],
      ],
    );
    assert.match(looks[1]?.detail ?? '', /^3 files, 65 KiB, read back and opened/);
    assert.ok(readFileSync(join(into, 'dump/large.dat')).equals(large));
    assert.equal(statSync(join(into, 'roles.sql')).mode & 0o777, 0o600);
    assert.ok(statSync(join(into, 'dump/none')).isDirectory());
    const lying = [...server.objects].filter(([key]) => key.startsWith(prefix));
    assert.equal(lying.length, 6, 'a key, an index, a part each, and two of what is larger than one');
    for (const [, versions] of lying)
      assert.match(versions[0]?.body.subarray(0, 21).toString() ?? '', /^age-encryption\.org\/v1$/);
    assert.equal(
      lying.some(([, versions]) => versions[0]?.body.includes('ROLE')),
      false,
    );
  });

  test('a copy that was cut off goes on where it ended, and its index comes last', async () => {
    server.ways.failsAfter = 8;
    await assert.rejects(copy(), /cannot be reached/);
    const before = new Set([...server.objects.keys()].filter((key) => key.startsWith(prefix)));
    assert.ok(before.has(`${prefix}${keyName}`) && before.size >= 2, [...before].join());
    assert.ok(!before.has(`${prefix}${indexName}`));
    server.ways.failsAfter = Number.POSITIVE_INFINITY;
    assert.match(await wrong(null), /^0 index\.json\.age is missing/);
    const { kept, sumOfIndex } = await copy();
    assert.equal(kept, before.size - 1);
    assert.equal(await wrong(sumOfIndex), 'nothing');
  });

  test('a flipped bit, a lost part, another index and another passphrase are each seen', async () => {
    const { sumOfIndex, sumOfKey } = await copy();
    assert.match(await wrong('0'.repeat(64)), /^1 the index is another/);
    const locked = { passphrase: 'another one altogether' };
    for (const [known, said] of [
      [null, /^the passphrase does not open the copy, or its key is damaged: give passphrase:/],
      [sumOfKey, /^the passphrase does not open the copy, whose key is as it was written: give passphrase:/],
    ] as const) {
      const [look, ...more] = await read(sumOfIndex, { ...locked, sumOfKey: known });
      assert.deepEqual([more, look?.level, look?.notRun, look?.isWrongKey], [[], 0, true, true]);
      assert.match(look?.detail ?? '', said);
    }
    assert.match(
      await wrong(sumOfIndex, { ...locked, sumOfKey: '0'.repeat(64) }),
      /^0 key\.age is another than the one that was written, and does not open/,
    );
    const other = { files: { 'roles.sql': { bytes: 18, sha256: 'ff' } } };
    assert.match(await wrong(sumOfIndex, { manifest: other }), /^1 roles\.sql has another checksum/);
    const part = `${prefix}${partName('dump/large.dat', 1)}`;
    server.damage(part);
    assert.match(await wrong(sumOfIndex), /^1 dump\/large\.dat: /);
    server.objects.delete(part);
    assert.match(await wrong(sumOfIndex), /^0 files\/dump\/large\.dat\/000002\.age is missing/);
  });

  test('parts that changed places are seen, though each opens', async () => {
    const { sumOfIndex } = await copy();
    const [one, two] = ['empty', 'roles.sql'].map((path) => `${prefix}${partName(path, 0)}`);
    const [first, second] = [one, two].map((key) => server.objects.get(key ?? '') ?? []);
    server.objects.set(one ?? '', second ?? []);
    server.objects.set(two ?? '', first ?? []);
    assert.match(await wrong(sumOfIndex), /^1 empty: has 18 bytes instead of 0, and 1 more/);
  });

  test('a backup that is damaged here is not copied', async () => {
    const manifest = { files: { 'roles.sql': { bytes: 18, sha256: 'ff' } } };
    await assert.rejects(copy(null, manifest), /roles\.sql has another checksum.*damaged/);
    assert.ok(!server.objects.has(`${prefix}${indexName}`));
  });

  test('the lock of every object is read back; one server that forgets it is not believed', async () => {
    const until = Math.ceil(Date.now() / 1_000) * 1_000 + hour;
    assert.equal((await copy(until)).lockedUntil, until);
    server.ways.ignoresLock = true;
    prefix = `${prefix}again/`;
    assert.equal((await copy(until)).lockedUntil, null);
  });

  const age = { name: 'age', apt: 'age' };
  test('age opens it without Upkeep, by the key that the passphrase opens', {
    skip: missing(age),
  }, async () => {
    await copy();
    for (const name of [keyName, partName('roles.sql', 0)])
      writeFileSync(
        join(root, name.replaceAll('/', '-')),
        server.objects.get(`${prefix}${name}`)?.at(-1)?.body ?? '',
      );
    // age asks a terminal for the passphrase, and script(1) is one.
    const sealed = join(root, partName('roles.sql', 0).replaceAll('/', '-'));
    const command = `age -d -i ${join(root, keyName)} -o ${join(root, 'opened')} ${sealed}`;
    const done = spawnSync('script', ['-qec', command, '/dev/null'], {
      input: `${passphrase}\n`,
      encoding: 'utf8',
    });
    assert.equal(done.status, 0, done.stdout);
    assert.equal(readFileSync(join(root, 'opened'), 'utf8'), 'CREATE ROLE shop;\n');
  });
});
