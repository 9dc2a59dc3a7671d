/** A whole cluster put in the place of a living one by the commands that a dry run names, and back again, on a real server. */
import assert from 'node:assert/strict';
import { execSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { missing } from '../../../../test/servers/installed.ts';
import { postgresServer, startPostgres } from '../../../../test/servers/postgres.ts';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { systemClock } from '../../../clock.ts';
import { close, connect } from '../client.ts';
import { postgresConfig } from '../config.ts';
import { plain } from './plain.ts';

const ctx = { signal: new AbortController().signal, clock: systemClock, progress() {} };
const baseBackup = { ...postgresServer, name: 'pg_basebackup' };

suite('a restore over a living cluster', { skip: missing(postgresServer, baseBackup) }, () => {
  test('is no deed of Upkeep: the dry run says what would be lost and names commands that work, there and back', async (t) => {
    const folder = temporaryFolder('over');
    t.after(() => removeFolder(folder));
    chmodSync(folder, 0o711);
    const server = await startPostgres({ setup: ['CREATE TABLE orders AS SELECT 1 AS id'] });
    t.after(() => server.stop('SIGQUIT'));
    await server.createDatabase('billing');
    const conn = connect(postgresConfig.parse({ url: server.url }));
    t.after(() => close(conn));
    const place = join(folder, 'shop', 'one');
    mkdirSync(place, { mode: 0o700, recursive: true });
    const { manifest } = await plain.take(conn, { folder: place }, ctx);
    await server.query('INSERT INTO orders VALUES (2)');
    const order = { folder: place, manifest, until: null };

    const plan = await plain.planRestore?.(conn, { ...order, into: { kind: 'over' } }, ctx);
    assert.equal(plan?.impossible, null);
    const lost = plan?.losses.join('\n') ?? '';
    assert.match(lost, /what was committed since/);
    assert.match(
      lost,
      /the whole cluster goes back, all its databases and roles: billing \(.*\), postgres \(/,
    );
    const data = join(server.folder, 'data');
    assert.equal(plan?.byHand?.beside, `${data}.restored`);
    await assert.rejects(
      plain.restore?.(conn, { ...order, into: { kind: 'over' } }, ctx) ?? Promise.resolve(),
      /stops and starts no living PostgreSQL/,
    );
    assert.ok(!existsSync(`${data}.before-restore`), 'nothing was done');

    await plain.restore?.(conn, { ...order, into: { kind: 'folder', folder: `${data}.restored` } }, ctx);
    const steps = (plan?.steps ?? []).map((step) => step.replace(/^you: /, ''));
    const shell = (line: string) => execSync(`${line} >/dev/null 2>&1`, { cwd: '/', shell: '/bin/bash' });
    const commands = steps.filter((step) => /^(mv|runuser|\/|pg_ctl)/.test(step));
    const stop = commands.find((one) => one.endsWith(' stop')) ?? '';
    t.after(() => shell(`${stop} || true`));
    for (const command of commands) shell(command);
    const rows = async () => (await server.query('SELECT id FROM orders ORDER BY id')).map(({ id }) => id);
    assert.deepEqual(await rows(), [1]);
    shell(steps.find((step) => step.startsWith('back again: '))?.slice('back again: '.length) ?? 'false');
    assert.deepEqual(await rows(), [1, 2]);
    shell(stop);
  });
});
