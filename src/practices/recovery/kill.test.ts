/** kill -9 of a real Upkeep at the moments that tell most; `npm run crash:backups` plays random ones with every engine. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { descendants, orphansOf } from '../../../test/crash/backups/machine.ts';
import { type Upkeep, upkeepOn } from '../../../test/crash/backups/upkeep.ts';
import { missing } from '../../../test/servers/installed.ts';
import { type PostgresServer, postgresServer, startPostgres } from '../../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../../test/servers/process.ts';
import type { BackupView } from '../../core/backup/view.ts';
import type { BackupList } from '../../verbs/backup/list.ts';

const skip = process.platform === 'linux' ? missing(postgresServer) : 'programs are tied by Linux alone';

suite('kill -9 while something is done with backups', { skip }, () => {
  const folder = temporaryFolder('kill');
  const scratch = join(folder, 's');
  let server: PostgresServer;
  let upkeep: Upkeep;

  before(async () => {
    chmodSync(folder, 0o711);
    mkdirSync(scratch, { mode: 0o711 });
    server = await startPostgres();
    await server.query('CREATE TABLE orders AS SELECT i AS id FROM generate_series(1, 200000) i');
    const backup = { of: 'db', to: join(folder, 'kept'), scratch, prove: 'monthly' };
    const settings = {
      ...{ name: 'shop', timezone: 'UTC', store: './data' },
      ...{
        targets: { db: { system: 'postgres', url: server.url, every: '60s' } },
        backups: { shop: backup },
      },
    };
    writeFileSync(join(folder, 'upkeep.yaml'), JSON.stringify(settings));
    upkeep = upkeepOn(folder);
    await upkeep.start();
  });
  after(async () => {
    await upkeep.stop();
    await server.stop('SIGQUIT');
    removeFolder(folder);
  });

  const post = async <T>(path: string, body: object) => (await upkeep.ask('POST', path, body)).body as T;
  const taken = () => post<BackupView>('/backups', { name: 'shop', prove: 'yes' });
  const list = async () => (await upkeep.ask('GET', '/backups')).body as BackupList;

  /** Kills Upkeep once it runs a program whose words match; then nothing of it may run, and it is started again. */
  async function killAt(program: RegExp, asked: Promise<unknown>): Promise<void> {
    const { pid } = upkeep;
    let isOver = false;
    void asked.then(() => {
      isOver = true;
    });
    const wordsOf = (child: number) => {
      try {
        return readFileSync(`/proc/${child}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    };
    while (!descendants(pid).some((child) => program.test(wordsOf(child)))) {
      assert.equal(isOver, false, `${program} was never run`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await upkeep.kill();
    await asked;
    await upkeep.start();
    assert.deepEqual(orphansOf(pid), [], 'what it ran has ended');
    assert.deepEqual(readdirSync(scratch), [], 'no scratch is left');
  }

  test('while a backup is taken: it has failed, nothing of it stays, and the next one is proven', async () => {
    await killAt(/^\S*pg_dump .*--format=directory/, taken());
    const { backups } = await list();
    assert.deepEqual(
      backups.map(({ state, detail }) => [state, detail]),
      [['failed', 'Upkeep was stopped while it was taken']],
    );
    assert.deepEqual(readdirSync(join(folder, 'kept/shop')), []);
    const next = await taken();
    assert.equal(next.proofs[0]?.isGood, true, JSON.stringify(next));
  });
});
