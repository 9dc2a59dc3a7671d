/**
 * Deletion in a repository of pgBackRest: one backup at a time by its name, only after a dry run that names exactly that
 * one, and the log before the oldest full backup that stays. Whole repositories and files are never deleted.
 */
import { join } from 'node:path';
import type { DeletionPreview, EngineContext, Place } from '../../../core/backup/engine.ts';
import { count } from '../../../core/count.ts';
import type { PostgresConnection } from '../client.ts';
import { type RepositoryInfo, readInfo, type StoredBackup } from './pgbackrest-info.ts';
import { existing, pgbackrest, type Repository } from './pgbackrest-repository.ts';

interface Expiry {
  /** Backups that go. */
  readonly labels: readonly string[];
  /** Files of the log that go: the first and the last of each stretch. */
  readonly log: readonly { readonly from: string; readonly to: string }[];
}

/** Its own account of a run, dry or not. */
export function parseExpire(output: string): Expiry {
  const labels = [...output.matchAll(/remove expired backup (\S+)/g)].map(([, label]) => label ?? '');
  const log = [...output.matchAll(/remove archive, start = ([0-9A-F]+), stop = ([0-9A-F]+)/g)];
  return { labels, log: log.map(([, from = '', to = '']) => ({ from, to })) };
}

export async function planDeletion(
  _conn: PostgresConnection,
  { folder }: Place,
  labels: readonly string[],
  ctx: EngineContext,
): Promise<DeletionPreview> {
  const repository = existing(folder);
  const info = await readInfo(repository, ctx);
  // One that is being taken at this moment has a folder and is no backup yet: a dry run may name it as left over.
  const known = new Set(info.backups.map((one) => one.label));
  const going = new Set<string>();
  const log = new Set<string>();
  for (const label of labels) {
    const expiry = await expire(repository, info, stored(info, label), labels, { isDry: true }, ctx);
    for (const one of expiry.labels) if (known.has(one)) going.add(one);
    for (const { from, to } of expiry.log) log.add(`${from} to ${to}`);
  }
  const files = log.size > 0 ? `, and the log from ${[...log].join(', from ')}` : '';
  return { labels: [...going].toSorted(), detail: `${count(going.size, 'backup')}${files}` };
}

export async function applyDeletion(
  conn: PostgresConnection,
  place: Place,
  labels: readonly string[],
  ctx: EngineContext,
): Promise<void> {
  const preview = await planDeletion(conn, place, labels, ctx);
  demandSame(preview.labels, labels.toSorted());
  const repository = existing(place.folder);
  // What builds on another has the longer name, and goes first.
  for (const label of labels.toSorted((a, b) => b.length - a.length || b.localeCompare(a))) {
    const info = await readInfo(repository, ctx);
    const backup = stored(info, label);
    const dry = await expire(repository, info, backup, [label], { isDry: true }, ctx);
    demandSame(dry.labels, [label]);
    demandNeedless(dry, info, backup);
    ctx.progress(`deleting ${label}`);
    await expire(repository, info, backup, [label], { isDry: false }, ctx);
    await demandGone(repository, info, label, ctx);
  }
}

function stored({ backups }: RepositoryInfo, label: string): StoredBackup {
  const found = backups.find((one) => one.label === label);
  if (found === undefined) throw new Error(`the repository holds no backup ${label}; nothing was deleted`);
  return found;
}

async function expire(
  repository: Repository,
  { backups }: RepositoryInfo,
  { label, database }: StoredBackup,
  going: readonly string[],
  { isDry }: { readonly isDry: boolean },
  ctx: EngineContext,
): Promise<Expiry> {
  const key = database['repo-key'];
  const full = backups.filter(
    (one) => one.type === 'full' && one.database['repo-key'] === key && !going.includes(one.label),
  );
  if (full.length === 0) throw new Error('no full backup would be left; nothing was deleted');
  const options = [
    ...[`--repo=${key}`, `--set=${label}`],
    // Apart from what writes: a look must neither wait for a backup nor make one fail that begins meanwhile.
    ...(isDry ? ['--dry-run', `--lock-path=${join(repository.home, 'lock', 'dry')}`] : []),
    // As many as stay: so the log goes only before the oldest of them.
    ...[`--repo${key}-retention-archive-type=full`, `--repo${key}-retention-archive=${full.length}`],
    ...['--log-level-console=info', '--log-level-stderr=off'],
  ];
  const { output } = await pgbackrest(repository, 'expire', { options }, ctx);
  return parseExpire(output);
}

function demandSame(found: readonly string[], wanted: readonly string[]): void {
  const more = found.filter((label) => !wanted.includes(label));
  const less = wanted.filter((label) => !found.includes(label));
  if (more.length > 0)
    throw new Error(
      `pgBackRest would delete ${more.join(', ')} too, which nobody named; nothing was deleted`,
    );
  if (less.length > 0) throw new Error(`pgBackRest would not delete ${less.join(', ')}; nothing was deleted`);
}

/** Whatever it says: no file of the log goes that a backup that stays begins with, or that comes after it. */
function demandNeedless({ log }: Expiry, { backups }: RepositoryInfo, going: StoredBackup): void {
  const key = going.database['repo-key'];
  // Each repository has a log of its own.
  const stay = backups.filter((one) => one.database['repo-key'] === key && one.label !== going.label);
  const starts = stay.flatMap((one) => one.archive.start ?? []);
  const needed = starts.toSorted()[0];
  const wrong = log.find(({ to }) => needed === undefined || to >= needed);
  if (wrong)
    throw new Error(
      `pgBackRest would delete the log up to ${wrong.to}, and what stays needs it from ${needed}; nothing was deleted`,
    );
}

/** Its exit code says that it worked; what the repository holds says what it did. */
async function demandGone(
  repository: Repository,
  before: RepositoryInfo,
  label: string,
  ctx: EngineContext,
): Promise<void> {
  const after = new Set((await readInfo(repository, ctx)).backups.map((one) => one.label));
  if (after.has(label)) throw new Error(`${label} is still in the repository`);
  const lost = before.backups.filter((one) => one.label !== label && !after.has(one.label));
  if (lost.length > 0)
    throw new Error(`${lost.map((one) => one.label).join(', ')} went as well, which nobody named`);
}
