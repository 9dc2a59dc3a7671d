import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { removeFolder, temporaryFolder } from '../../test/servers/process.ts';
import { StoreInUse } from './refusals.ts';
import { lockForMoment, lockSqlite } from './sqlite-lock.ts';

const folder = temporaryFolder('sqlite-lock');
after(() => removeFolder(folder));

test('an Upkeep that starts waits for a look that changes the tables, also where a killed one left its name', async () => {
  const file = join(folder, 'waits.db');
  writeFileSync(`${file}.pid`, '1\n');
  const script = `const { lockForMoment } = await import(process.argv[1]);
    const release = lockForMoment(process.argv[2]);
    console.log('held'); setTimeout(release, 500);`;
  const look = spawn(
    process.execPath,
    ['--input-type=module', '-e', script, new URL('./sqlite-lock.ts', import.meta.url).href, file],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(look.stdout, 'data');
  const release = lockSqlite(file);
  assert.equal(lockForMoment(file), null);
  assert.throws(
    () => lockSqlite(file),
    (error) => error instanceof StoreInUse && error.message.includes(`another Upkeep (pid ${process.pid})`),
  );
  release();
  lockForMoment(file)?.();
});
