import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { removeFolder, temporaryFolder } from '../../../../test/servers/process.ts';
import { systemClock } from '../../../clock.ts';
import type { Evidence, Scalar } from '../../../core/evidence.ts';
import { largestFolders } from '../../../machine/folder-sizes.ts';
import { diskShort } from './disk-short.ts';

const folder = temporaryFolder('walk');
after(() => removeFolder(folder));

test('the walk counts bytes and files of each folder and follows no link', async () => {
  for (const name of ['logs', 'sessions']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'logs/app.log'), Buffer.alloc(500_000, 1));
  writeFileSync(join(folder, 'logs/old.log'), Buffer.alloc(300_000, 1));
  const yesterday = Date.now() / 1_000 - 86_400;
  utimesSync(join(folder, 'logs/old.log'), yesterday, yesterday);
  for (let at = 0; at < 40; at++) writeFileSync(join(folder, `sessions/sess_${at}`), '');
  symlinkSync('/', join(folder, 'logs/link'));
  const { folders, isWhole } = await largestFolders(folder, {
    signal: AbortSignal.timeout(60_000),
    clock: systemClock,
  });
  assert.ok(isWhole);
  const [logs, sessions] = ['logs', 'sessions'].map((name) =>
    folders.find(({ path }) => path === join(folder, name)),
  );
  assert.ok((logs?.bytes ?? 0) >= 800_000 && (logs?.recentBytes ?? 0) < 600_000, JSON.stringify(logs));
  assert.equal(sessions?.files, 40);
  assert.equal(folders.length, 3);
  const cut = await largestFolders(folder, { signal: AbortSignal.abort(), clock: systemClock });
  assert.equal(cut.isWhole, false);
});

const base = { target: 'h', title: 'x', at: 0, how: 'x' };
function seen(disk: Scalar[], folders: Scalar[][], disposable = 0): Evidence[] {
  const facts = { isWhole: true, disposable, disposableBytes: disposable * 1e8 };
  return [
    {
      ...base,
      id: 'h.file-systems',
      table: { columns: [], rows: [disk, ['/well', 100e9, 60e9, 1e6, 9e5, false]] },
    },
    { ...base, id: 'h.folders /var', facts, table: { columns: [], rows: folders } },
  ];
}

test('a full disk, one without inodes and one that became read-only are told apart', () => {
  const folders = [
    ['/var/log', 30e9, 40, 2e9],
    ['/var/lib/php/sessions', 1e9, 900_000, 1e6],
  ];
  const [space, ...none] = diskShort.conclude(seen(['/var', 100e9, 2e9, 1e6, 5e5, false], folders), 'h');
  assert.deepEqual(none, []);
  assert.equal(space?.summary, '/var has 2 % of its space left; /var/log holds 30.0 GB');
  assert.match(space.explanation, /In the last hour 2\.0 GB were written in \/var\/log\./);
  assert.deepEqual(space.recommendations, []);
  const [inodes] = diskShort.conclude(seen(['/var', 100e9, 60e9, 1e6, 10, false], folders, 3), 'h');
  assert.equal(inodes?.summary, '/var has 0 % of its inodes left; /var/lib/php/sessions holds 900000 files');
  assert.deepEqual(inodes.recommendations, [
    {
      action: 'host.free-disk',
      target: 'h',
      input: { mount: '/var' },
      why: 'files there are declared disposable',
    },
  ]);
  const [readOnly] = diskShort.conclude(seen(['/var', 100e9, 60e9, 1e6, 9e5, true], folders), 'h');
  assert.equal(readOnly?.summary, '/var became read-only while it was watched');
});
