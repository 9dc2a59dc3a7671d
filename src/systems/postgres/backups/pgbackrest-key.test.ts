/** A repository that cannot be read: another key is nothing against its backups, and damage is not taken for another key. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { pgbackrestProgram } from '../../../../test/servers/pgbackrest.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { systemClock } from '../../../clock.ts';
import type { Taken } from '../../../core/backup/engine.ts';
import { close, connect, type PostgresConnection } from '../client.ts';
import { postgresConfig } from '../config.ts';
import { pgbackrestEngine as engine } from './pgbackrest.ts';
import { archiveCommand, repositoryIn } from './pgbackrest-repository.ts';

const ctx = { signal: new AbortController().signal, clock: systemClock, progress() {} };

suite('the key of a repository of pgBackRest', { skip: missing(postgresServer, pgbackrestProgram) }, () => {
  let server: PostgresServer;
  let conn: PostgresConnection;
  let full: Taken;
  const folder = temporaryFolder('key');
  const home = join(folder, 'shop');
  const given = (key: string) =>
    writeFileSync(
      join(home, 'pgbackrest/conf.d/key.conf'),
      `[global]\nrepo1-cipher-type=aes-256-cbc\nrepo1-cipher-pass=${key}\n`,
    );

  before(async () => {
    chmodSync(folder, 0o711);
    mkdirSync(join(home, 'pgbackrest/conf.d'), { recursive: true });
    given('of the first day');
    const command = archiveCommand(repositoryIn(home));
    server = await startPostgres({
      settings: { archive_mode: 'on', archive_command: command, archive_timeout: 60, wal_level: 'replica' },
    });
    conn = connect(postgresConfig.parse({ url: server.url }));
    full = await engine.take(conn, { folder: home }, ctx);
  });
  after(async () => {
    await close(conn);
    await server.stop();
    removeFolder(folder);
  });

  const look = async () => {
    const scratch = join(folder, 'scratch');
    mkdirSync(scratch, { mode: 0o700 });
    const { manifest } = full;
    const order = { folder: home, manifest, scratch, usualBytes: [], smoke: [], withoutRestore: true };
    try {
      const { looks } = await engine.prove(conn, order, ctx);
      return looks.at(-1) ?? assert.fail();
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  };

  test('another key is told with its file, and says nothing against what lies there', async () => {
    given('of another day');
    const words = /^repository 1 cannot be read: repo1-cipher-pass in \S+key\.conf opens none of the 4 files/;
    const { notRun, detail } = await look();
    assert.match(detail, words);
    assert.equal(notRun, true);
    await assert.rejects(engine.take(conn, { folder: home }, ctx), (error: Error) =>
      words.test(error.message),
    );
    const { manifest } = full;
    const order = { folder: home, manifest, into: { kind: 'folder', folder: join(folder, 'back') } } as const;
    await assert.rejects(
      async () => engine.planRestore?.(conn, { ...order, until: null }, ctx),
      (error: Error) => words.test(error.message),
    );
    given('of the first day');
    assert.equal((await look()).good, true);
  });

  for (const [name, place] of [
    ['backup', 20],
    ['backup', 100],
    ['archive', 20],
    ['archive', 100],
  ] as const)
    test(`damage at byte ${place} of ${name}.info and its copy is damage`, async () => {
      const path = join(home, `pgbackrest/repository/${name}/upkeep/${name}.info`);
      const kept = [path, `${path}.copy`].map((file) => ({ file, bytes: readFileSync(file) }));
      for (const { file, bytes } of kept) {
        const other = Buffer.from(bytes);
        other[place] = (other[place] ?? 0) ^ 255;
        writeFileSync(file, other);
      }
      const { good, notRun, detail } = await look();
      assert.deepEqual([good, notRun ?? false], [false, false], detail);
      // What the tool quotes of a file may be the key in it.
      const said = new RegExp(
        `^repository 1 cannot be read: \\S+${name}\\.info and its copy are damaged \\(\\w+\\)$`,
      );
      assert.match(detail, said);
      for (const { file, bytes } of kept) writeFileSync(file, bytes);
      assert.equal((await look()).good, true);
    });
});
