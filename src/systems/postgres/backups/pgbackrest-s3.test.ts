/** pgBackRest with a second repository in a bucket behind TLS: each stands for itself, also when the other is out of reach. */
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
import { archiveCommand, pgbackrest, repositoryIn } from './pgbackrest-repository.ts';

const ctx = { signal: new AbortController().signal, clock: systemClock, progress() {} };

suite('pgBackRest in two repositories', { skip: missing(postgresServer, pgbackrestProgram, openssl) }, () => {
  let server: PostgresServer;
  let s3: S3rverServer;
  let conn: PostgresConnection;
  const folder = temporaryFolder('two');
  const home = join(folder, 'shop');
  const included = join(home, 'pgbackrest/conf.d');
  const secrets = ['cipher-of-the-second', 'S3RVER'];
  let number = 0;
  let elsewhere: Taken;

  const settings = (key: number, path: string) =>
    [
      `repo${key}-type=s3`,
      `repo${key}-path=${path}`,
      `repo${key}-s3-bucket=acme`,
      `repo${key}-s3-endpoint=localhost`,
      `repo${key}-storage-port=${s3.port}`,
      `repo${key}-s3-region=us-east-1`,
      `repo${key}-s3-uri-style=path`,
      `repo${key}-s3-key=S3RVER`,
      `repo${key}-s3-key-secret=S3RVER`,
      `repo${key}-storage-ca-file=${folder}/ca.pem`,
      `repo${key}-cipher-type=aes-256-cbc`,
      `repo${key}-cipher-pass=cipher-of-the-second`,
    ].join('\n');

  before(async () => {
    chmodSync(folder, 0o711);
    const authority = await makeCertificate(folder, 'authority', { names: ['authority'], isAuthority: true });
    const leaf = await makeCertificate(folder, 's3', { names: ['localhost'], issuer: authority });
    copyFileSync(authority.certificateFile, join(folder, 'ca.pem'));
    chmodSync(join(folder, 'ca.pem'), 0o644);
    s3 = await startS3rver(join(folder, 'bucket'), 'acme', leaf);
    mkdirSync(included, { recursive: true });
    writeFileSync(join(included, 'second.conf'), `[global]\nio-timeout=2\n${settings(2, '/shop')}\n`);
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

  const prove = async (taken: Taken, more: object = {}): Promise<Proving> => {
    const scratch = join(folder, `s${++number}`);
    mkdirSync(scratch, { mode: 0o700 });
    const { manifest, label = '' } = taken;
    try {
      return await engine.prove(
        conn,
        { folder: home, label, manifest, scratch, usualBytes: [], smoke: [], ...more },
        ctx,
      );
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  };
  const levels = ({ looks }: Proving) =>
    looks.map(({ level, good }) => `${level}${good ? '' : ' red'}`).join(' ');
  const last = ({ looks }: Proving) => looks.at(-1)?.detail ?? '';

  test('a backup taken into the bucket is proven from there to the last level; keys and secrets stay in their file', async () => {
    const here = await engine.take(conn, { folder: home }, ctx);
    elsewhere = await engine.take(conn, { folder: home, repository: 'repo2' }, ctx);
    assert.equal(elsewhere.kind, 'full', 'the one of the first repository is nothing to build on');
    const held = await engine.list?.(conn, { folder: home }, ctx);
    assert.deepEqual(
      held?.map(({ label, repository }) => [label, repository]),
      [
        [here.label, undefined],
        [elsewhere.label, 'repo2'],
      ],
    );
    assert.deepEqual(await engine.repositories?.(conn, { folder: home }, ctx), [
      { name: undefined, trouble: null },
      { name: 'repo2', trouble: null },
    ]);
    const proof = await prove(elsewhere, { smoke: [{ query: 'SELECT count(*) = 500 FROM orders' }] });
    assert.equal(levels(proof), '0 1 2 3 4 5 6', last(proof));
    assert.match(proof.looks[2]?.detail ?? '', /in repository 1 has no gap.*in repository 2 has no gap/);
    const told = JSON.stringify([here, elsewhere, held, proof]);
    for (const secret of secrets) assert.equal(told.includes(secret), false, secret);
    assert.equal(readFileSync(repositoryIn(home).configFile, 'utf8').includes('S3RVER'), false);
  });

  test('a moment is restored out of the bucket, and what goes there goes by its name and alone', async () => {
    await server.query("INSERT INTO orders VALUES (1001, 'before')");
    const [moment] = await server.query('SELECT ceil(extract(epoch FROM clock_timestamp()) * 1000) AS at');
    const until = Number(moment?.at);
    await server.query("SELECT pg_sleep(0.01); INSERT INTO orders VALUES (1002, 'after')");
    const { label = '', manifest } = elsewhere;
    const into = { kind: 'folder', folder: join(folder, 'back') } as const;
    const order = { folder: home, label, manifest, into, until };
    await server.query('SELECT pg_switch_wal()');
    await eventually(
      async () => engine.planRestore?.(conn, order, ctx),
      (plan) => plan?.impossible === null,
    );
    const back = await engine.restore?.(conn, order, ctx);
    assert.ok(back?.reached && back.reached <= until && back.reached > until - 60_000, `${back?.reached}`);

    const repository = repositoryIn(home);
    await pgbackrest(repository, 'backup', { options: ['--type=full', '--repo=2'] }, ctx);
    const there = async () =>
      (await engine.list?.(conn, { folder: home }, ctx))?.filter((one) => one.repository === 'repo2') ?? [];
    const place = { folder: home, repository: 'repo2' };
    const before = await there();
    assert.equal(before.length, 2);
    const preview = await engine.planDeletion?.(conn, place, [label], ctx);
    assert.deepEqual(preview?.labels, [label]);
    assert.equal((await there()).length, 2, 'a plan deletes nothing');
    await engine.applyDeletion?.(conn, place, [label], ctx);
    assert.deepEqual(
      (await there()).map((one) => one.label),
      before.slice(1).map((one) => one.label),
    );
    await assert.rejects(
      async () => engine.applyDeletion?.(conn, place, [before[1]?.label ?? ''], ctx),
      /no full backup would be left/,
    );
    assert.equal((await engine.list?.(conn, { folder: home }, ctx))?.length, 2, 'the first repository stays');
  });

  const agesOf = async () => {
    const outcome = await recoveryPointProbe.run(conn, {
      ...{
        signal: AbortSignal.timeout(60_000),
        timeoutMs: 10_000,
        clock: systemClock,
        increase: () => undefined,
      },
    });
    assert.ok(outcome.ok);
    const ages = outcome.readings.filter(({ metric }) => metric === 'postgres.recovery_point.age');
    return Object.fromEntries(ages.map(({ labels, value }) => [labels?.repository ?? '', value]));
  };

  test('a bucket out of reach is said of it alone: the first repository is listed and written to', async () => {
    const well = await eventually(agesOf, (ages) => ages.repo2 !== undefined);
    assert.deepEqual(Object.keys(well), ['repo1', 'repo2']);
    await s3.stop();
    await server.query("INSERT INTO orders VALUES (1003, 'not in the bucket')");
    await agesOf();
    const states = await engine.repositories?.(conn, { folder: home }, ctx);
    assert.deepEqual(
      states?.map(({ name, trouble }) => [name, trouble === null]),
      [
        [undefined, true],
        ['repo2', false],
      ],
    );
    assert.match(states?.[1]?.trouble ?? '', /connect|refused/);
    assert.equal(JSON.stringify(states).includes('S3RVER'), false);
    const taken = await engine.take(conn, { folder: home }, ctx);
    assert.notEqual(taken.kind, 'full');
    assert.match(taken.detail, /1 table, 503 rows/);
    await assert.rejects(engine.take(conn, { folder: home, repository: 'repo2' }, ctx), (error: Error) => {
      for (const secret of secrets) assert.equal(error.message.includes(secret), false, error.message);
      return /^repository 2 cannot be read: .*refused/.test(error.message);
    });
  });
});
