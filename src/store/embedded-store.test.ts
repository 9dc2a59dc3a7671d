import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { removeFolder, temporaryFolder } from '../../test/servers/process.ts';
import { systemClock } from '../clock.ts';
import { refusalOf } from './fixtures/refusal.ts';
import { openStore, refusalOf as refusalWhenTried, StoreUnavailable } from './index.ts';
import * as meta from './meta.ts';

test('a folder that cannot be made, or holds something else, is named with the remedy', async (t) => {
  const folder = temporaryFolder('unwritable');
  t.after(() => removeFolder(folder));
  writeFileSync(join(folder, 'file'), 'not a folder');
  const blocked = await refusalOf({ kind: 'sqlite', file: join(folder, 'file', 'state.db') });
  assert.ok(blocked instanceof StoreUnavailable);
  assert.match(
    blocked.message,
    /folder .*file is a file or lies below one \(.*\); set another `store:` in upkeep\.yaml/,
  );
  assert.match(
    String(await refusalWhenTried({ kind: 'sqlite', file: join(folder, 'file', 'state.db') })),
    /file is a file or lies below one \(ENOTDIR.*\); set another/,
  );

  const garbage = join(folder, 'garbage.db');
  writeFileSync(garbage, 'this is no database, however long it may be'.repeat(50));
  assert.match(
    (await refusalOf({ kind: 'sqlite', file: garbage })).message,
    /garbage\.db is no readable store/,
  );
  assert.match(
    String(await refusalWhenTried({ kind: 'sqlite', file: garbage })),
    /garbage\.db is no readable store/,
  );
});

test('a folder without the right to write is named with the remedy', {
  skip: process.getuid?.() !== 0 && 'needs root',
}, async (t) => {
  const folder = temporaryFolder('foreign');
  mkdirSync(join(folder, 'data'), { mode: 0o755 });
  t.after(() => {
    process.seteuid?.(0);
    removeFolder(folder);
  });
  chmodSync(folder, 0o755);
  process.seteuid?.(65_534);
  const refusal = await refusalOf({ kind: 'sqlite', file: join(folder, 'data', 'state.db') });
  process.seteuid?.(0);
  assert.match(refusal.message, /data cannot be written \(.*\); make it writable/);
});

test('nobody else may read the embedded store', async (t) => {
  const folder = temporaryFolder('mode');
  t.after(() => removeFolder(folder));
  const file = join(folder, 'data', 'state.db');
  const store = await openStore({ kind: 'sqlite', file }, systemClock);
  await meta.write(store.db, 'k', 'v');
  for (const one of [file, `${file}-wal`]) assert.equal(statSync(one).mode & 0o777, 0o600, one);
  assert.equal(statSync(dirname(file)).mode & 0o777, 0o700);
  await store.close();
});

test('a folder of the kernel is refused when it is tried as it is at the start', {
  skip: process.platform === 'linux' ? false : '/proc is of Linux',
}, async () => {
  assert.match((await refusalWhenTried({ kind: 'sqlite', file: '/proc/nope/state.db' })) ?? '', /\/proc/);
});
