import { existsSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { EngineContext, ProofOrder, Proving, Smoke } from '../../../core/backup/engine.ts';
import { type Finding, saidOf, startLooking } from '../../../core/backup/looking.ts';
import { sizeOf } from '../../../core/backup/size.ts';
import { count } from '../../../core/count.ts';
import { Lack } from '../../../core/lack.ts';
import { plain } from '../../../core/plain.ts';
import { amount } from '../../../core/rule-words.ts';
import type { HostConnection } from '../connection.ts';
import { type FilesManifest, filesManifest } from './manifest.ts';
import {
  ask,
  dropStaleLocks,
  failureOf,
  lastWords,
  type Repository,
  repositoryIn,
  restic,
  snapshotsIn,
} from './repository.ts';
import { bringBack, givesOwners, sumRestored, treeOf, walkRestored } from './restored.ts';
import { contentDifferences, type Entry, structureDifferences, type Tree } from './tree.ts';

export async function prove(_conn: HostConnection, order: ProofOrder, ctx: EngineContext): Promise<Proving> {
  const { looks, look } = startLooking(ctx);
  let restoredInMs: number | null = null;
  let version = 'nothing';
  const result = () => ({ looks, restoredInMs, with: version });
  const repository = repositoryIn(order.folder);
  const parsed = filesManifest.safeParse(order.manifest);
  if (!parsed.success) {
    await look(0, async () => ({ good: false, detail: 'its manifest cannot be read' }));
    return result();
  }
  const manifest = parsed.data;
  if (!(await look(0, () => isThere(repository, manifest, order.usualBytes, ctx)))) return result();
  ctx.progress('reading the whole repository');
  if (!(await look(1, () => checked(repository, manifest, ctx)))) return result();
  await look(2, async () => ({ good: true, detail: 'a snapshot needs no log' }));
  if (order.withoutRestore) return result();
  const folder = join(order.scratch, 'restored');
  const from = ctx.clock.monotonic();
  const isRestored = await look(3, async () => {
    await assertRoom(order.scratch, manifest.bytes);
    await bringBack(repository, manifest, { folder, words: 'restoring into a scratch folder' }, ctx);
    restoredInMs = Math.round(ctx.clock.monotonic() - from);
    version = /restic [\d.]+/.exec(await ask(repository, ['version'], ctx))?.[0] ?? 'restic';
    return { good: true, detail: `restored by ${version}` };
  });
  if (!isRestored) return result();
  const tree = treeOf(repository, manifest);
  let found: readonly Entry[] = [];
  const isSame = await look(4, async () => {
    found = await walkRestored(folder, manifest.paths, ctx);
    const every = `${count(found.length, 'entry is', 'entries are')} as before, with modes and times`;
    return saidOf(structureDifferences(tree, found, givesOwners()), every);
  });
  if (!isSame) return result();
  ctx.progress('comparing sums');
  if (!(await look(5, () => content(folder, tree, found, manifest, ctx)))) return result();
  if (order.smoke.length > 0) await look(6, async () => smoke(folder, order.smoke));
  return result();
}

async function isThere(
  repository: Repository,
  { snapshot }: FilesManifest,
  usual: readonly number[],
  ctx: EngineContext,
): Promise<Finding> {
  await dropStaleLocks(repository, ctx);
  const held = (await snapshotsIn(repository, ctx)).find(({ id }) => id === snapshot);
  if (!held) return { good: false, detail: `the repository does not hold snapshot ${snapshot.slice(0, 8)}` };
  return sizeOf(held.bytes, usual);
}

/** Every byte of the repository is read. Its exit code alone is no verification: it has to say that it found nothing. */
async function checked(
  repository: Repository,
  manifest: FilesManifest,
  ctx: EngineContext,
): Promise<Finding> {
  const { code, text, output } = await restic(repository, ['check', '--read-data'], ctx);
  if (code !== 0 || !/^no errors were found$/m.test(output))
    throw failureOf(
      repository,
      `restic check (exit code ${code}): ${lastWords(text || output)}`,
      `${text}\n${output}`,
    );
  treeOf(repository, manifest);
  return { good: true, detail: 'every pack of the repository was read and has its checksum' };
}

/** A tenth more than its files, for folders and half blocks. */
async function assertRoom(scratch: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(scratch);
  const free = bavail * bsize;
  if (free < bytes * 1.1)
    throw new Lack(
      `${scratch} has ${amount(free, 'bytes')} free and ${amount(bytes, 'bytes')} are to be restored: set scratch: to another disk`,
    );
}

async function content(
  folder: string,
  tree: Tree,
  found: readonly Entry[],
  { compared, changed }: FilesManifest,
  ctx: EngineContext,
): Promise<Finding> {
  const rest = changed > 0 ? `; ${changed} changed while it was taken and could not be compared` : '';
  return saidOf(
    contentDifferences(tree, await sumRestored(folder, tree, found, ctx)),
    `the sums of ${count(compared, 'file')} are those of the source${rest}`,
  );
}

/** Files that must be there and not be empty, by their whole paths. */
function smoke(folder: string, wanted: readonly Smoke[]): Finding {
  for (const { query } of wanted) {
    const path = join(folder, query);
    const isGood = isAbsolute(query) && existsSync(path) && statSync(path).size > 0;
    if (!isGood)
      return {
        good: false,
        detail: `${plain(query, 200)} is not there, or is empty; a smoke test names a path`,
      };
  }
  return { good: true, detail: `${count(wanted.length, 'file is', 'files are')} there and not empty` };
}
