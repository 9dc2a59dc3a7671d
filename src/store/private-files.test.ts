import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../clock.ts';
import { openStore, StoreUnavailable } from './index.ts';
import { openSampleStore } from './samples/index.ts';

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

test('both files and their new folders are for the owner alone, also where a file was open to all', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'upkeep-private-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const folder = join(home, 'a', 'data');
  const store = await openStore({ kind: 'sqlite', file: join(folder, 'state.db') }, systemClock);
  writeFileSync(join(folder, 'metrics.db'), '', { mode: 0o644 });
  const samples = await openSampleStore(
    { kind: 'sqlite', file: join(folder, 'metrics.db') },
    { clock: systemClock, rawMs: 60_000, rollupMs: 60_000 },
  );
  const names = ['..', '', 'state.db', 'state.db-wal', 'metrics.db', 'state.db.lock', 'state.db.pid'];
  const modes = names.map((name) => [name, modeOf(join(folder, name))]);
  await samples.close();
  await store.close();
  assert.deepEqual(modes, [['..', '700'], ['', '700'], ...names.slice(2).map((name) => [name, '600'])]);
});

test('a place that takes no folder is refused at once, in one line', async () => {
  const opening = openStore({ kind: 'sqlite', file: '/proc/nope/deep/state.db' }, systemClock);
  await assert.rejects(opening, (error) => {
    assert.ok(error instanceof StoreUnavailable);
    assert.match(error.message, /^the store's folder \/proc\/nope\/deep cannot be written \(.*\); make it/);
    return true;
  });
});
