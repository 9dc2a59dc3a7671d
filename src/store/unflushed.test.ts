import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import { removeFolder, temporaryFolder } from '../../test/servers/process.ts';
import { systemClock } from '../clock.ts';
import type { Tx } from './index.ts';
import { openStore } from './index.ts';
import { unflushed } from './unflushed.ts';

const full = 2;
const normal = 1;

async function synchronous(tx: Tx): Promise<unknown> {
  const { rows } = await sql<{ synchronous: number }>`pragma synchronous`.execute(tx);
  return rows[0]?.synchronous;
}

test('only the work itself goes without a flush, every time, and also after it failed', async (t) => {
  const folder = temporaryFolder('unflushed');
  const store = await openStore({ kind: 'sqlite', file: join(folder, 'state.db') }, systemClock);
  t.after(async () => {
    await store.close();
    removeFolder(folder);
  });
  for (let round = 0; round < 2; round++) {
    assert.equal(await unflushed(store, synchronous), normal);
    assert.equal(await synchronous(store.db), full);
  }
  await assert.rejects(unflushed(store, () => Promise.reject(new Error('no'))));
  assert.equal(await synchronous(store.db), full);
  assert.equal(await store.transaction((tx) => unflushed(tx, synchronous)), full);
});
