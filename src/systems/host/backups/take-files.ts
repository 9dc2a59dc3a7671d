import { createHash } from 'node:crypto';
import { lstatSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { EngineContext, Place, Taken } from '../../../core/backup/engine.ts';
import { beginStretch, type Stretch } from '../../../core/backup/progress.ts';
import { count } from '../../../core/count.ts';
import type { HostConnection } from '../connection.ts';
import { type FilesManifest, treeFile } from './manifest.ts';
import {
  failureOf,
  lastWords,
  prepare,
  type Repository,
  repositoryIn,
  restic,
  snapshotsIn,
  tagsFor,
} from './repository.ts';
import { bytesIn, changedBetween, type Entry, summed, type Tree, walk } from './tree.ts';

/** restic says so when it could not read something, and has taken the rest. */
const incomplete = 3;

export async function take(
  _conn: HostConnection,
  { folder, paths = [] }: Place,
  ctx: EngineContext,
): Promise<Taken> {
  assertPaths(paths, folder);
  const repository = repositoryIn(folder);
  await prepare(repository, ctx);
  ctx.progress('reading the files and summing them up');
  const before = await summed(await walk(paths, ctx.signal), ctx.signal);
  const at = ctx.clock.now();
  const words = `writing ${count(before.length, 'entry', 'entries')} with restic`;
  const stretch = beginStretch(ctx, words, { of: bytesIn(before) });
  const { id, error } = await backUp(repository, paths, bytesIn(before), stretch, ctx);
  try {
    const changed = changedBetween(before, await walk(paths, ctx.signal));
    // Something went while it was read, or something could not be read at all.
    if (error !== null && changed.length === 0) throw new Error(error);
    return describe(repository, { id, at, paths, before, changed });
  } catch (failure) {
    // Nobody would know what should be in it.
    await restic(repository, ['forget', id], { ...ctx, signal: new AbortController().signal });
    throw failure;
  }
}

function describe(
  repository: Repository,
  seen: { id: string; at: number; paths: readonly string[]; before: Entry[]; changed: string[] },
): Taken {
  const { id, at, paths, before: entries, changed } = seen;
  const text = JSON.stringify({ format: 1, entries, changed } satisfies Tree);
  // The list may be as long as the disk is full: it lies beside the repository, its sum in the manifest.
  writeFileSync(treeFile(repository, id), text, { mode: 0o600 });
  const files = entries.filter(({ kind }) => kind === 'file');
  const loose = new Set(changed);
  const manifest: FilesManifest = {
    ...{ format: 1, snapshot: id, at, paths: [...paths], files: files.length, bytes: bytesIn(entries) },
    compared: files.filter(({ path, content }) => content !== null && !loose.has(path)).length,
    changed: changed.length,
    tree: createHash('sha256').update(text).digest('hex'),
  };
  const rest = changed.length > 0 ? `; ${changed.length} changed meanwhile and cannot be compared` : '';
  return {
    ...{ label: id, kind: 'full', needs: [], bytes: manifest.bytes, logFrom: null, manifest },
    detail: `${count(files.length, 'file')}${rest}`,
  };
}

function assertPaths(paths: readonly string[], folder: string): void {
  if (paths.length === 0) throw new Error('no paths are named: paths: [/etc/shop, /srv/uploads]');
  for (const path of paths) {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (!stats) throw new Error(`${path} is not there`);
    if (stats.isSymbolicLink()) throw new Error(`${path} is a link: name what it leads to`);
    const [inner, outer] = [`${join(folder)}/`, path.endsWith('/') ? path : `${path}/`];
    if (inner.startsWith(outer)) throw new Error(`${folder} lies in ${path}: back up to somewhere else`);
  }
}

const summary = z.object({ message_type: z.literal('summary'), snapshot_id: z.string() });

async function backUp(
  repository: Repository,
  paths: readonly string[],
  bytes: number,
  stretch: Stretch,
  ctx: EngineContext,
): Promise<{ readonly id: string; readonly error: string | null }> {
  const words = ['backup', '--json', ...tagsFor(bytes), '--', ...paths];
  const { code, text, output } = await restic(repository, words, ctx, (part) => {
    const done = [...part.matchAll(/"bytes_done":(\d+)/g)].at(-1)?.[1];
    if (done !== undefined) stretch.at(Number(done));
  });
  const failed = code === 0 ? null : `restic backup failed (exit code ${code}): ${lastWords(text)}`;
  if (failed !== null && code !== incomplete) throw failureOf(repository, failed, text);
  const said = output
    .split('\n')
    .flatMap((line) => (line.includes('"summary"') ? [summary.safeParse(JSON.parse(line))] : []))
    .find(({ success }) => success)?.data;
  if (!said) throw new Error(failed ?? 'restic backup did not say what it took');
  // Its word alone is no verification; older releases say the beginning only.
  const snapshot = (await snapshotsIn(repository, ctx)).find(({ id }) => id.startsWith(said.snapshot_id));
  if (!snapshot) throw new Error(`the repository does not hold snapshot ${said.snapshot_id}`);
  return { id: snapshot.id, error: failed };
}
