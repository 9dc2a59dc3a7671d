/** Stores for many runs: to copy an empty one takes a tenth of making its tables. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/clock.ts';
import { openStore } from '../../src/store/index.ts';

let made: Promise<Buffer> | null = null;
const emptyStore = (parent: string) => (made ??= makeStore(parent));

/** A fresh folder in `parent`, with a store in it that holds nothing yet. */
export async function folderWithStore(parent: string): Promise<string> {
  const content = await emptyStore(parent);
  const folder = mkdtempSync(join(parent, 'upkeep-seed-'));
  writeFileSync(join(folder, 'state.db'), content, { mode: 0o600 });
  return folder;
}

async function makeStore(parent: string): Promise<Buffer> {
  const folder = mkdtempSync(join(parent, 'upkeep-empty-'));
  const file = join(folder, 'state.db');
  const store = await openStore({ kind: 'sqlite', file }, systemClock);
  await store.close();
  const content = readFileSync(file);
  rmSync(folder, { recursive: true });
  return content;
}
