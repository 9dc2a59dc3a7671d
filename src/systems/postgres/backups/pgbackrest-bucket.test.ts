/** pgBackRest whose only repository lies in a bucket behind TLS: nothing but the log on its way is ever kept on this machine. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { makeCertificate, openssl } from '../../../../test/servers/certificates.ts';
import { missing } from '../../../../test/servers/installed.ts';
import { pgbackrestProgram } from '../../../../test/servers/pgbackrest.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { type S3rverServer, startS3rver } from '../../../../test/servers/s3rver.ts';
import { eventually } from '../../../../test/try-target.ts';
import { systemClock } from '../../../clock.ts';
import type { Proving, Taken } from '../../../core/backup/engine.ts';
import { close, connect, type PostgresConnection } from '../client.ts';
import { postgresConfig } from '../config.ts';
import { recoveryPointProbe } from '../probes/recovery-point.ts';
import { pgbackrestEngine as engine } from './pgbackrest.ts';
import { archiveCommand, repositoryIn } from './pgbackrest-repository.ts';

const ctx = { signal: new AbortController().signal, clock: systemClock, progress() {} };
const skip = missing(postgresServer, pgbackrestProgram, openssl);

suite('pgBackRest whose only repository is a bucket', { skip }, () => {
  let server: PostgresServer;
  let s3: S3rverServer;
  let conn: PostgresConnection;
  const folder = temporaryFolder('bucket');
  const home = join(folder, 'shop');
  const secrets = ['cipher-of-the-bucket', 'S3RVER'];
  let number = 0;

  before(async () => {
    chmodSync(folder, 0o711);
    const authority = await makeCertificate(folder, 'authority', { names: ['authority'], isAuthority: true });
    const leaf = await makeCertificate(folder, 's3', { names: ['localhost'], issuer: authority });
    copyFileSync(authority.certificateFile, join(folder, 'ca.pem'));
    chmodSync(join(folder, 'ca.pem'), 0o644);
    s3 = await startS3rver(join(folder, 'objects'), 'acme', leaf);
    const included = join(home, 'pgbackrest/conf.d');
    mkdirSync(included, { recursive: true });
    const settings = {
      ...{ type: 's3', path: '/shop', 's3-bucket': 'acme', 's3-endpoint': 'localhost' },
      ...{ 'storage-port': s3.port, 'storage-ca-file': join(folder, 'ca.pem') },
      ...{ 's3-region': 'us-east-1', 's3-uri-style': 'path', 's3-key': 'S3RVER', 's3-key-secret': 'S3RVER' },
      ...{ 'cipher-type': 'aes-256-cbc', 'cipher-pass': 'cipher-of-the-bucket' },
    };
    const lines = Object.entries(settings).map(([name, value]) => `repo1-${name}=${value}`);
    writeFileSync(join(included, 'bucket.conf'), ['[global]', 'io-timeout=2', ...lines, ''].join('\n'));
    server = await startPostgres({
      settings: {
        archive_mode: 'on',
        archive_command: archiveCommand(repositoryIn(home)),
        ...{ archive_timeout: 60, autovacuum: 'off' },
      },
      setup: [
        'CREATE TABLE orders (id bigint PRIMARY KEY, note text)',
        "INSERT INTO orders SELECT i, 'note ' || i FROM generate_series(1, 500) i",
      ],
    });
    conn = connect(postgresConfig.parse({ url: server.url }));
  });
  after(async () => {
    await close(conn);
    await server.stop('SIGQUIT');
    await s3.stop().catch(() => {});
    removeFolder(folder);
  });

  const prove = async ({ manifest, label = '' }: Taken, more: object = {}): Promise<Proving> => {
    const scratch = join(folder, `s${++number}`);
    mkdirSync(scratch, { mode: 0o700 });
    const order = { folder: home, label, manifest, scratch, usualBytes: [], smoke: [], ...more };
    try {
      return await engine.prove(conn, order, ctx);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  };
  const levels = ({ looks }: Proving) =>
    looks.map(({ level, good }) => `${level}${good ? '' : ' red'}`).join(' ');
  const last = ({ looks }: Proving) => looks.at(-1)?.detail ?? '';

  test('taken, listed, proven to the last level, restored to a moment, deleted by name, and red when it is away', async () => {
    const first = await engine.take(conn, { folder: home }, ctx);
    assert.equal(first.kind, 'full');
    assert.deepEqual(await engine.repositories?.(conn, { folder: home }, ctx), [
      { name: undefined, trouble: null },
    ]);
    const held = async () =>
      (await engine.list?.(conn, { folder: home }, ctx))?.map(({ label, repository }) => [label, repository]);
    assert.deepEqual(await held(), [[first.label, undefined]]);
    const here = readdirSync(join(home, 'pgbackrest'), { recursive: true }).map(String);
    assert.deepEqual(
      here.filter((path) => /backup\.manifest|-[0-9a-f]{40}/.test(path)),
      [],
      'nothing of it lies on this machine',
    );
    const place = { folder: home, label: first.label ?? '' };
    assert.equal(await engine.twin?.(conn, place, join(folder, 'twin'), ctx), null, 'nor can a copy be made');
    const smoke = [{ query: 'SELECT count(*) = 500 FROM orders' }];
    const proof = await prove(first, { smoke });
    assert.equal(levels(proof), '0 1 2 3 4 5 6', last(proof));
    const told = JSON.stringify([first, proof, await held()]);
    for (const secret of secrets) assert.equal(told.includes(secret), false, secret);
    assert.equal(readFileSync(repositoryIn(home).configFile, 'utf8').includes('S3RVER'), false);

    const next = await engine.take(conn, { folder: home }, ctx);
    assert.deepEqual(next.needs, [first.label]);
    const [moment] = await server.query('SELECT ceil(extract(epoch FROM clock_timestamp()) * 1000) AS at');
    const until = Number(moment?.at);
    await server.query("SELECT pg_sleep(0.01); INSERT INTO orders VALUES (1002, 'after')");
    await server.query('SELECT pg_switch_wal()');
    const into = { kind: 'folder', folder: join(folder, 'back') } as const;
    const order = { folder: home, label: next.label ?? '', manifest: next.manifest, into, until };
    await eventually(
      async () => engine.planRestore?.(conn, order, ctx),
      (plan) => plan?.impossible === null,
    );
    const back = await engine.restore?.(conn, order, ctx);
    assert.ok(back?.reached && back.reached <= until && back.reached > until - 60_000, `${back?.reached}`);

    const ages = async () => {
      const signal = AbortSignal.timeout(60_000);
      const run = { signal, timeoutMs: 10_000, clock: systemClock, increase: () => undefined };
      const outcome = await recoveryPointProbe.run(conn, run);
      return outcome.ok ? outcome.readings.map(({ metric }) => metric) : [];
    };
    await eventually(ages, (found) => found.includes('postgres.recovery_point.age'));

    const preview = await engine.planDeletion?.(conn, { folder: home }, [next.label ?? ''], ctx);
    assert.deepEqual(preview?.labels, [next.label]);
    await engine.applyDeletion?.(conn, { folder: home }, [next.label ?? ''], ctx);
    assert.deepEqual(await held(), [[first.label, undefined]]);

    await s3.stop();
    const [state] = (await engine.repositories?.(conn, { folder: home }, ctx)) ?? [];
    assert.match(state?.trouble ?? '', /connect|refused/);
    const red = await prove(first, { withoutRestore: true });
    assert.match(levels(red), /red$/);
    await assert.rejects(engine.take(conn, { folder: home }, ctx), (error: Error) => {
      for (const secret of secrets) assert.equal(error.message.includes(secret), false, error.message);
      return /connect|refused/.test(error.message);
    });
  });
});
