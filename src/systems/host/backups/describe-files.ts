/**
 * What a restore must know of a snapshot that another store took: by the list that was written with it, and where that is lost
 * by what restic says is in it. Then there are no sums to compare: restic has its own for every byte.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { EngineContext, Manifest, Place } from '../../../core/backup/engine.ts';
import type { HostConnection } from '../connection.ts';
import { type FilesManifest, treeFile } from './manifest.ts';
import { ask, type Repository, repositoryIn, snapshotsIn } from './repository.ts';
import { bytesIn, type Entry, type Tree, tree } from './tree.ts';

export async function describe(
  _conn: HostConnection,
  { folder, label }: Place,
  ctx: EngineContext,
): Promise<Manifest | null> {
  const repository = repositoryIn(folder);
  const snapshot = (await snapshotsIn(repository, ctx)).find(({ id }) => id === label);
  if (snapshot === undefined || !snapshot.isOurs) return null;
  const { id, at, paths } = snapshot;
  const file = treeFile(repository, id);
  if (!existsSync(file)) {
    mkdirSync(repository.trees, { recursive: true, mode: 0o700 });
    const listed: Tree = { format: 1, ...(await entriesIn(repository, id, paths, ctx)) };
    writeFileSync(file, JSON.stringify(listed), { mode: 0o600 });
  }
  const text = readFileSync(file);
  const { entries, changed } = tree.parse(JSON.parse(text.toString()));
  const loose = new Set(changed);
  const files = entries.filter(({ kind }) => kind === 'file');
  const manifest: FilesManifest = {
    ...{ format: 1, snapshot: id, at, paths: [...paths], files: files.length, bytes: bytesIn(entries) },
    compared: files.filter(({ path, content }) => content !== null && !loose.has(path)).length,
    changed: changed.length,
    tree: createHash('sha256').update(text).digest('hex'),
  };
  return manifest;
}

const node = z.object({
  struct_type: z.literal('node'),
  path: z.string(),
  type: z.string(),
  uid: z.number(),
  gid: z.number(),
  size: z.number().default(0),
  /** As Go has it: nine bits of permissions, and those of set-uid, set-gid and sticky elsewhere (io/fs.FileMode). */
  mode: z.number(),
  mtime: z.string(),
});

const kinds: Readonly<Record<string, Entry['kind']>> = { file: 'file', dir: 'folder', symlink: 'link' };
/** Bits of Go beside those of Unix. */
const special = [
  [2 ** 23, 0o4000],
  [2 ** 22, 0o2000],
  [2 ** 20, 0o1000],
] as const;

async function entriesIn(
  repository: Repository,
  snapshot: string,
  paths: readonly string[],
  ctx: EngineContext,
): Promise<Pick<Tree, 'entries' | 'changed'>> {
  const output = await ask(repository, ['ls', '--json', '--no-lock', snapshot], ctx);
  const entries = output
    .split('\n')
    .filter((line) => line.includes('"node"'))
    .map((line) => node.parse(JSON.parse(line)))
    .filter(({ path }) => paths.some((one) => path === one || path.startsWith(`${one}/`)))
    .flatMap((one): Entry[] => {
      const kind = kinds[one.type];
      const modifiedAt = Date.parse(one.mtime);
      return kind === undefined
        ? []
        : [
            {
              ...{ path: one.path, kind, mode: modeOf(one.mode), owner: `${one.uid}:${one.gid}` },
              ...{ bytes: kind === 'file' ? one.size : 0, modifiedAt, changedAt: modifiedAt, content: null },
            },
          ];
    });
  // Where a link leads is not in the list.
  const links = entries.filter(({ kind }) => kind === 'link').map(({ path }) => path);
  return { entries: entries.sort((a, b) => (a.path < b.path ? -1 : 1)), changed: links };
}

function modeOf(mode: number): number {
  const bits = special.reduce((sum, [go, unix]) => (Math.floor(mode / go) % 2 === 1 ? sum | unix : sum), 0);
  return (mode % 0o1000) | bits;
}
