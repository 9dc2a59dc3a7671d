/** What a repository of pgBackRest says that it holds. Its exit codes are believed nothing; its JSON is. */
import { z } from 'zod';
import type { EngineContext, Held, RepositoryState } from '../../../core/backup/engine.ts';

import { Lack } from '../../../core/lack.ts';
import { type ArchivedLog, parseHistory } from './log-continuity.ts';
import { type Unread, whyUnread } from './pgbackrest-key.ts';
import { pgbackrest, type Repository, repositoryKeys, stanza } from './pgbackrest-repository.ts';
import { parseLsn } from './segments.ts';

type Run = Pick<EngineContext, 'signal' | 'clock'>;

const status = z.object({ code: z.number(), message: z.string() });

const backup = z.object({
  label: z.string(),
  type: z.enum(['full', 'diff', 'incr']),
  /** Pages of the server did not match their checksums, while exit code and status say ok. */
  error: z.boolean().nullish(),
  archive: z.object({ start: z.string().nullable(), stop: z.string().nullable() }),
  database: z.object({ id: z.number(), 'repo-key': z.number() }),
  info: z.object({
    size: z.number(),
    repository: z.object({ delta: z.number(), size: z.number().nullish() }),
  }),
  lsn: z.object({ start: z.string(), stop: z.string() }).nullish(),
  reference: z.array(z.string()).nullable(),
  prior: z.string().nullable(),
  timestamp: z.object({ start: z.number(), stop: z.number() }),
});

const info = z.array(
  z.object({
    backup: z.array(backup),
    db: z.array(z.object({ id: z.number(), 'repo-key': z.number(), version: z.string() })),
    repo: z.array(z.object({ key: z.number(), status })),
    status,
  }),
);

type Answer = z.output<typeof info>[number];
export type StoredBackup = z.output<typeof backup>;

export interface StateOfRepository {
  readonly key: number;
  /** Where it cannot be read. */
  readonly trouble: string | null;
  /** What lies there is why; else nothing is known of it. */
  readonly isDamaged: boolean;
}

export interface RepositoryInfo {
  /** Oldest first. */
  readonly backups: readonly StoredBackup[];
  /** Every repository of the configuration. */
  readonly repositories: readonly StateOfRepository[];
  /** Folder of the log of a backup's server: `15-1`. */
  archiveOf(backup: StoredBackup): string;
}

/** Codes of a repository that is well: ok, and without a backup yet, as one that only takes the log. */
const readable: readonly number[] = [0, 2];

/** One that does not answer is asked for a minute otherwise, and holds up those that do. */
const patience = '--io-timeout=5';

/**
 * Each repository is asked by itself, so that one that cannot be reached hides no other.
 * @param only number of one, where the others have no say: one out of reach takes its time to say so
 */
export async function readInfo(repository: Repository, run: Run, only?: number): Promise<RepositoryInfo> {
  const all = repositoryKeys(repository);
  const keys = only === undefined ? all : [only];
  const answers = await Promise.all(
    keys.map(async (key) => {
      const options = ['--output=json', `--repo=${key}`, ...(all.length > 1 ? [patience] : [])];
      const { output } = await pgbackrest(repository, 'info', { options }, run);
      const known = info.parse(JSON.parse(withoutControls(output)))[0];
      return { key, known, unread: await unreadOf(repository, key, known, run) };
    }),
  );
  const servers = answers.flatMap(({ known }) => known?.db ?? []);
  return {
    backups: answers
      .flatMap(({ known }) => known?.backup ?? [])
      .toSorted((a, b) => a.timestamp.stop - b.timestamp.stop),
    repositories: answers.map(({ key, unread }) => ({
      key,
      trouble: unread?.why ?? null,
      isDamaged: unread?.isDamaged ?? false,
    })),
    archiveOf({ database }) {
      const server = servers.find(
        (one) => one.id === database.id && one['repo-key'] === database['repo-key'],
      );
      if (server === undefined)
        throw new Error(`the repository does not know server ${database.id} any more`);
      return `${server.version}-${server.id}`;
    },
  };
}

/** @throws where it is not there; Lack where nobody can say so, since a repository cannot be read */
export function storedAs({ backups, repositories }: RepositoryInfo, label: string): StoredBackup {
  const stored = backups.find((one) => one.label === label);
  if (stored !== undefined) return stored;
  const unread = repositories.find(({ trouble }) => trouble !== null);
  if (unread === undefined) throw new Error(`the repository holds no backup ${label}`);
  const words = `repository ${unread.key} cannot be read: ${unread.trouble}`;
  throw unread.isDamaged ? new Error(words) : new Lack(words);
}

/** Null where it can be read. */
async function unreadOf(
  repository: Repository,
  key: number,
  known: Answer | undefined,
  run: Run,
): Promise<Unread | null> {
  const status = known?.repo.find((one) => one.key === key)?.status;
  if (status === undefined) return { why: 'it says nothing of itself', isDamaged: false };
  return readable.includes(status.code) ? null : whyUnread(repository, key, status.message, run);
}

/** What it could not decipher stands in its messages as it is, which JSON does not allow. */
function withoutControls(json: string): string {
  return json.replace(/\p{Cc}/gu, ' ');
}

/** The first is the plan's own, and has no name. */
function nameOfKey(key: number): string | undefined {
  return key === 1 ? undefined : `repo${key}`;
}

/** @throws where there is none of that name */
export function keyOf(repository: Repository, name: string | undefined): number {
  const key = repositoryKeys(repository).find((one) => nameOfKey(one) === name);
  if (key !== undefined) return key;
  throw new Error(`no ${name}-… stands in ${repository.include}: there is no such repository`);
}

export function statesOf({ repositories }: RepositoryInfo): RepositoryState[] {
  return repositories.map(({ key, trouble }) => ({ name: nameOfKey(key), trouble }));
}

const kinds = { full: 'full', diff: 'differential', incr: 'incremental' } as const;

export function heldOf(stored: StoredBackup): Held {
  const { label, type, timestamp, reference, info: sizes, lsn, database } = stored;
  const repository = nameOfKey(database['repo-key']);
  return {
    ...(repository !== undefined && { repository }),
    ...{ label, kind: kinds[type], needs: reference ?? [], bytes: sizes.repository.delta },
    startedAt: timestamp.start * 1_000,
    endedAt: timestamp.stop * 1_000,
    // What a local file system says of a time is no better than the backup's own.
    ...{ writtenAt: null, lockedUntil: null },
    logFrom: lsn ? parseLsn(lsn.start) : null,
  };
}

const listing = z.record(z.string(), z.object({ type: z.string(), time: z.number().nullish() }));

export interface RepositoryLog extends ArchivedLog {
  /** When each file of the log was written to the repository, by its bare name, epoch milliseconds. */
  readonly writtenAt: ReadonlyMap<string, number>;
}

/** The names of the files of the log in that repository, and what its history files say. */
export async function readLog(
  repository: Repository,
  place: { readonly archive: string; readonly key: number; readonly segmentBytes: number },
  run: Run,
): Promise<RepositoryLog> {
  const { archive, key, segmentBytes } = place;
  const folder = `archive/${stanza}/${archive}`;
  const options = [`--repo=${key}`];
  const { output } = await pgbackrest(
    repository,
    'repo-ls',
    { options: [...options, '--recurse', '--output=json'], words: [folder] },
    run,
  );
  const files = Object.entries(listing.parse(JSON.parse(output))).filter(([, { type }]) => type === 'file');
  const paths = files.map(([path]) => path);
  const writtenAt = new Map<string, number>();
  for (const [path, { time }] of files) {
    const [, name] = /([0-9A-F]{24})-[0-9a-f]{40}/.exec(path) ?? [];
    if (name !== undefined && time != null) writtenAt.set(name, time * 1_000);
  }
  const histories = [];
  for (const path of paths) {
    const [, timeline] = /(?:^|\/)([0-9A-F]{8})\.history/.exec(path) ?? [];
    if (timeline === undefined) continue;
    const text = await pgbackrest(repository, 'repo-get', { options, words: [`${folder}/${path}`] }, run);
    histories.push(parseHistory(Number.parseInt(timeline, 16), text.output));
  }
  return { names: paths.map((path) => path.split('/').at(-1) ?? path), histories, segmentBytes, writtenAt };
}
