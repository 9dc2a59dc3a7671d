/** Files in a repository of restic that lies in a bucket behind TLS alone. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { makeCertificate, openssl } from '../../../../test/servers/certificates.ts';
import { missing } from '../../../../test/servers/installed.ts';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { restic } from '../../../../test/servers/restic.ts';
import { type S3rverServer, startS3rver } from '../../../../test/servers/s3rver.ts';
import { systemClock } from '../../../clock.ts';
import type { Proving, RestoreInto, Taken } from '../../../core/backup/engine.ts';
import { newSecret } from '../../../id.ts';
import { connect } from '../connection.ts';
import { files } from './files.ts';

const ctx = { signal: new AbortController().signal, clock: systemClock, progress() {}, newSecret };
const conn = connect();

suite('files in a bucket', { skip: missing(restic, openssl) }, () => {
  const home = temporaryFolder('files-bucket');
  const source = join(home, 'source');
  const folder = join(home, 'to', 'plan');
  const secret = 'S3RVER';
  let s3: S3rverServer;
  let number = 0;

  before(async () => {
    const authority = await makeCertificate(home, 'authority', { names: ['authority'], isAuthority: true });
    const leaf = await makeCertificate(home, 's3', { names: ['localhost'], issuer: authority });
    s3 = await startS3rver(join(home, 'objects'), 'acme', leaf);
    mkdirSync(join(source, 'deep'), { recursive: true });
    writeFileSync(join(source, 'shop.conf'), 'port = 8080\n', { mode: 0o640 });
    writeFileSync(join(source, 'deep', 'large'), randomBytes(300_000));
    mkdirSync(folder, { recursive: true });
    const lines = [
      '# where it lies',
      `RESTIC_REPOSITORY=s3:https://localhost:${s3.port}/acme/plan`,
      `RESTIC_CACERT=${authority.certificateFile}`,
      ...['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].map((name) => `${name}="${secret}"`),
    ];
    writeFileSync(`${folder}.env`, lines.join('\n'), { mode: 0o600 });
  });
  after(async () => {
    await s3.stop().catch(() => {});
    removeFolder(home);
  });

  const proven = async ({ manifest, label = '' }: Taken): Promise<Proving> => {
    const scratch = join(home, `s${++number}`);
    mkdirSync(scratch, { mode: 0o700 });
    const smoke = [{ query: join(source, 'shop.conf') }];
    try {
      return await files.prove(conn, { folder, label, manifest, scratch, usualBytes: [], smoke }, ctx);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  };
  const levels = ({ looks }: Proving) =>
    looks.map(({ level, good }) => `${level}${good ? '' : ' red'}`).join(' ');
  const last = ({ looks }: Proving) => looks.at(-1)?.detail ?? '';
  const objects = () =>
    readdirSync(join(home, 'objects'), { recursive: true, withFileTypes: true }).filter((one) =>
      one.isFile(),
    );

  test('taken, listed, proven, restored and deleted there; damage there turns red, and away is not gone', async () => {
    assert.deepEqual(await files.list?.(conn, { folder }, ctx), [], 'nothing was begun');
    const first = await files.take(conn, { folder, paths: [source] }, ctx);
    writeFileSync(join(source, 'shop.conf'), 'port = 9090\n');
    const second = await files.take(conn, { folder, paths: [source] }, ctx);
    assert.equal(existsSync(join(folder, 'repository')), false, 'nothing of it lies on this machine');
    assert.ok(objects().length > 5);
    const held = async () => (await files.list?.(conn, { folder }, ctx))?.map(({ label }) => label);
    assert.deepEqual(await held(), [first.label, second.label]);
    assert.equal(
      await files.twin?.(conn, { folder }, join(home, 'twin'), ctx),
      null,
      'nor can a copy be made',
    );
    const proof = await proven(first);
    assert.equal(levels(proof), '0 1 2 3 4 5 6', last(proof));
    const into: RestoreInto = { kind: 'folder', folder: join(home, 'back') };
    const order = { folder, label: first.label ?? '', manifest: first.manifest, into, until: null };
    await files.restore?.(conn, order, ctx);
    assert.equal(readFileSync(join(home, 'back', source, 'shop.conf'), 'utf8'), 'port = 8080\n');

    const preview = await files.planDeletion?.(conn, { folder }, [first.label ?? ''], ctx);
    assert.deepEqual(preview?.labels, [first.label]);
    await files.applyDeletion?.(conn, { folder }, [first.label ?? ''], ctx);
    assert.deepEqual(await held(), [second.label]);

    const packs = objects().filter(({ parentPath, name }) => /\/data\//.test(join(parentPath, name)));
    const pack = packs.find(({ name }) => name.endsWith('._S3rver_object')) ?? assert.fail('no pack');
    const file = join(pack.parentPath, pack.name);
    const bytes = readFileSync(file);
    bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 255;
    writeFileSync(file, bytes);
    const red = await proven(second);
    assert.equal(levels(red), '0 1 red', last(red));

    await s3.stop();
    const told = async (work: () => Promise<unknown> | undefined) =>
      assert.rejects(
        async () => work(),
        (error: Error) => {
          assert.equal(error.message.includes(secret), false, error.message);
          return /cannot be read: .*refused/.test(error.message);
        },
      );
    await told(() => files.list?.(conn, { folder }, ctx));
    await told(() => files.take(conn, { folder, paths: [source] }, ctx));
    assert.match(last(await proven(second)), /refused/);
  });

  test('a file that says it wrongly is refused before restic runs, and no key of it is told', async () => {
    const other = join(home, 'to', 'other');
    for (const [text, mode, words] of [
      ['RESTIC_REPOSITORY=s3:http://a/b\n', 0o644, /chmod 600/],
      ['AWS_SECRET_ACCESS_KEY=geheim\n', 0o600, /must say where the repository lies/],
      ['RESTIC_PASSWORD_COMMAND=geheim\n', 0o600, /line 1 .*RESTIC_PASSWORD_COMMAND is not handed/],
      ['RESTIC_REPOSITORY=/tmp/geheim\n', 0o600, /must say where/],
      ['geheim\n', 0o600, /line 1 .*NAME=VALUE/],
    ] as const) {
      rmSync(`${other}.env`, { force: true });
      writeFileSync(`${other}.env`, text, { mode });
      await assert.rejects(
        files.take(conn, { folder: other, paths: [source] }, ctx),
        (error: Error) => words.test(error.message) && !error.message.includes('geheim'),
      );
    }
  });
});
