/** What came out of the repository, held against what went in. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineContext } from '../../../core/backup/engine.ts';
import { beginStretch } from '../../../core/backup/progress.ts';
import { bytesBelow, whileMeasured } from '../../../machine/folder-bytes.ts';
import { type FilesManifest, treeFile } from './manifest.ts';
import { ask, type Repository } from './repository.ts';
import { type Entry, summed, type Tree, tree, walk } from './tree.ts';

/** @throws where the list is not the one that was written with the snapshot */
export function treeOf(repository: Repository, { snapshot, tree: sum }: FilesManifest): Tree {
  const file = treeFile(repository, snapshot);
  const text = readFileSync(file);
  if (createHash('sha256').update(text).digest('hex') !== sum)
    throw new Error(`${file} has another checksum than when it was written`);
  return tree.parse(JSON.parse(text.toString()));
}

/** Into `folder`, each below its whole path. @param words what is told of it meanwhile. @throws in restic's words */
export async function bringBack(
  repository: Repository,
  { snapshot, bytes }: Pick<FilesManifest, 'snapshot' | 'bytes'>,
  { folder, words }: { readonly folder: string; readonly words: string },
  ctx: EngineContext,
): Promise<void> {
  const stretch = beginStretch(ctx, words, { of: bytes });
  await whileMeasured(
    () => bytesBelow(folder),
    (done) => stretch.at(done),
    ctx,
    () => ask(repository, ['restore', snapshot, '--target', folder], ctx),
  );
}

/** What lies there now, by the paths it came from. */
export async function walkRestored(
  folder: string,
  paths: readonly string[],
  ctx: EngineContext,
): Promise<Entry[]> {
  const found = await walk(
    paths.map((path) => join(folder, path)),
    ctx.signal,
  );
  return found.map((one) => ({ ...one, path: one.path.slice(folder.length) }));
}

/** Of those of them whose content is compared, with their sums. */
export async function sumRestored(
  folder: string,
  { entries }: Tree,
  found: readonly Entry[],
  ctx: EngineContext,
): Promise<Entry[]> {
  const wanted = new Set(entries.filter(({ content }) => content !== null).map(({ path }) => path));
  const there = found
    .filter(({ path }) => wanted.has(path))
    .map((one) => ({ ...one, path: join(folder, one.path) }));
  const sums = await summed(there, ctx.signal, Number.POSITIVE_INFINITY);
  return sums.map((one) => ({ ...one, path: one.path.slice(folder.length) }));
}

/** Only root can give files to others. */
export function givesOwners(): boolean {
  return process.getuid?.() === 0;
}
