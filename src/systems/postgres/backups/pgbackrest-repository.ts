/**
 * A repository of pgBackRest in the folder of a plan: its layout, its configuration, and how its program is run. It belongs
 * to the owner of the server's data folder, whose archive_command writes to it.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { EngineContext } from '../../../core/backup/engine.ts';
import type { Need } from '../../../core/backup/needs.ts';
import { Lack, saysLack } from '../../../core/lack.ts';
import { plain } from '../../../core/plain.ts';
import { commandLine } from '../../../machine/run-program.ts';
import { type Ended, spawnProgram } from '../../../machine/spawn-program.ts';
import { type Account, accountOf, give, serverAccount } from '../../../machine/unprivileged.ts';

/** One plan is one server; the name stands in archive_command and in every command. */
export const stanza = 'upkeep';

export interface Repository {
  /** Of the plan: what pgBackRest needs stands in `pgbackrest` below it. */
  readonly home: string;
  readonly configFile: string;
  /** Files in it add to the configuration: a key to encrypt with, a second repository. They win over ours. */
  readonly include: string;
  /** Who owns it and runs pgBackRest; undefined where that is us. */
  readonly account: Account | undefined;
}

/** Where the server is that is backed up. */
export interface ServerPlace {
  readonly data: string;
  readonly socket: string;
  readonly port: number;
}

export function repositoryIn(folder: string): Repository {
  const home = join(resolve(folder), 'pgbackrest');
  return {
    home,
    configFile: join(home, 'pgbackrest.conf'),
    include: join(home, 'conf.d'),
    account: existsSync(home) ? accountOf(statSync(home).uid, home) : undefined,
  };
}

/**
 * On a machine without the server, what somebody put into `conf.d` says where backups lie: a bucket is read by that alone.
 * @throws where there is none: nothing was ever backed up there
 */
export function existing(folder: string): Repository {
  const repository = repositoryIn(folder);
  if (existsSync(repository.configFile)) return repository;
  if (listed(repository.include).length > 0) return prepare(folder, serverAccount(), null);
  throw new Error(`there is no repository of pgBackRest in ${folder}: upkeep backup take begins one`);
}

/** Writes what is missing and what has changed; the key and other additions in `conf.d` stay as they are. */
export function prepareRepository(folder: string, server: ServerPlace): Repository {
  return prepare(folder, accountOf(statSync(server.data).uid, server.data), server);
}

function prepare(folder: string, account: Account | undefined, server: ServerPlace | null): Repository {
  const repository = { ...repositoryIn(folder), account };
  letThrough(resolve(folder), account);
  for (const part of ['', 'conf.d', 'repository', 'lock', 'log', 'spool']) {
    const path = join(repository.home, part);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    chmodSync(path, 0o700);
    give(path, account);
  }
  // Somebody may have put them there as root, with a key in them.
  for (const file of listed(repository.include)) {
    chmodSync(file, 0o600);
    give(file, account);
  }
  const text = configuration(repository, server);
  if (!existsSync(repository.configFile) || readFileSync(repository.configFile, 'utf8') !== text) {
    const fresh = `${repository.configFile}.new`;
    writeFileSync(fresh, text, { mode: 0o600 });
    give(fresh, account);
    renameSync(fresh, repository.configFile);
  }
  return repository;
}

/** The account passes through what lies above, and reads nothing there. */
export function letThrough(folder: string, account: Account | undefined): void {
  mkdirSync(folder, { recursive: true, mode: 0o711 });
  if (account === undefined) return;
  for (let path = folder, height = 0; path !== dirname(path); path = dirname(path), height += 1) {
    const { mode, uid } = statSync(path);
    if (uid === account.uid || (mode & 0o001) !== 0) continue;
    // The plan's own folder, and the one that all plans share, are ours to open.
    if (height > 1)
      throw new Error(`${account.name}, who runs the server, cannot pass through ${path}: chmod o+x ${path}`);
    chmodSync(path, (mode & 0o777) | 0o001);
  }
}

/**
 * Nothing is ever deleted by pgBackRest of itself (expire-auto); page checksums are looked at where the server has them.
 */
function configuration({ home, include }: Repository, server: ServerPlace | null): string {
  const added = additions(include);
  const lines = (settings: Readonly<Record<string, string | number>>) =>
    Object.entries(settings)
      .filter(([name]) => !added.has(name))
      .map(([name, value]) => `${name}=${value}`);
  return [
    '# Written by Upkeep before each backup. Additions belong into conf.d beside it.',
    '[global]',
    ...lines({
      'repo1-path': join(home, 'repository'),
      'lock-path': join(home, 'lock'),
      'log-path': join(home, 'log'),
      'spool-path': join(home, 'spool'),
      ...{ 'log-level-file': 'off', 'log-level-console': 'off', 'log-level-stderr': 'warn' },
      ...{ 'compress-type': 'zst', 'start-fast': 'y', 'stop-auto': 'y', 'expire-auto': 'n' },
      'process-max': 2,
    }),
    // One that hangs must not hold up the other, nor the server: a bucket that refuses is tried for a minute otherwise.
    ...(hasSecond(added) ? lines({ 'archive-async': 'y', 'io-timeout': patienceSeconds }) : []),
    '',
    `[${stanza}]`,
    ...(server === null
      ? []
      : lines({ 'pg1-path': server.data, 'pg1-socket-path': server.socket, 'pg1-port': server.port })),
    '',
  ].join('\n');
}

/** Names of the options that stand in `conf.d`. */
function additions(include: string): Set<string> {
  const text = listed(include)
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  return new Set([...text.matchAll(/^\s*([a-z0-9-]+)\s*=/gm)].map(([, name]) => name ?? ''));
}

/** Numbers of the repositories: ours, and those that were added. */
export function repositoryKeys({ include }: Repository): number[] {
  const added = [...additions(include)].flatMap((name) => /^repo(\d+)-/.exec(name)?.[1] ?? []);
  return [...new Set([1, ...added.map(Number)])].toSorted((a, b) => a - b);
}

/** pgBackRest reads no other files there. */
function listed(include: string): string[] {
  const names = existsSync(include) ? readdirSync(include) : [];
  return names.filter((name) => name.endsWith('.conf')).map((name) => join(include, name));
}

/** Whether the plan's own repository is the folder that we made for it. */
export function isFirstHere({ include }: Pick<Repository, 'include'>): boolean {
  const added = additions(include);
  return !['repo1-path', 'repo1-type', 'repo1-host'].some((name) => added.has(name));
}

/** By what stands in `conf.d`: a further repository, or the only one in another place. No where nobody may read it. */
export function isElsewhere(folder: string): boolean {
  const repository = repositoryIn(folder);
  try {
    return repositoryKeys(repository).length > 1 || !isFirstHere(repository);
  } catch {
    return false;
  }
}

/** Object stores are behind a network; a server that restores from one must reach it. */
export function isRemote({ configFile, include }: Repository): boolean {
  const remote = /^\s*repo\d*-(host|type)\s*=\s*(?!posix)/m;
  return [configFile, ...listed(include)].some((file) => remote.test(readFileSync(file, 'utf8')));
}

/** Well below the minute that a backup waits for its log. */
const patienceSeconds = 10;

function hasSecond(added: ReadonlySet<string>): boolean {
  return [...added].some((name) => name.startsWith('repo2-'));
}

/** A key that is lost takes every backup with it, and nobody can see from here whether it is kept elsewhere. */
export function keyNeeds(folder: string): Need[] {
  const { include } = repositoryIn(folder);
  const keyed = readableBy(include).filter((file) =>
    /^\s*repo\d*-cipher-pass\s*=/m.test(readFileSync(file, 'utf8')),
  );
  return keyed.map((file) => ({
    what: `the key of the repository stands in ${file} of this machine`,
    remedy: `grep cipher-pass ${file}   # keep a copy elsewhere: without it no backup can be read`,
    isAdvice: true,
  }));
}

function readableBy(include: string): string[] {
  try {
    return listed(include);
  } catch {
    return [];
  }
}

const at = ({ configFile, include }: Repository) => [
  `--config=${configFile}`,
  `--config-include-path=${include}`,
  `--stanza=${stanza}`,
];

/** What PostgreSQL must be told to do with each finished file of its log. */
export function archiveCommand(repository: Repository): string {
  return `${commandLine(['pgbackrest', ...at(repository), 'archive-push'])} %p`;
}

/** What pgBackRest may be asked at all; it could also delete everything. */
type Command =
  | 'stanza-create'
  | 'backup'
  | 'check'
  | 'info'
  | 'verify'
  | 'restore'
  | 'expire'
  | 'repo-ls'
  | 'repo-get';

export interface Asked {
  /** Options: `--set=20261122-030000F`. */
  readonly options?: readonly string[];
  /** Options by their variable: `PGBACKREST_SPOOL_PATH`. They win over the configuration. */
  readonly env?: Readonly<Record<string, string>>;
  /** What comes after the command. */
  readonly words?: readonly string[];
  /** Exit codes that say something else than that it failed. */
  readonly accepts?: readonly number[];
  /** Hears how much of the whole is done, from 0 to 1, of commands that copy files. Their output is kept nowhere then. */
  readonly hearsShare?: (share: number) => void;
}

/** `P01 DETAIL: backup file …/base/5/1255 (768KB, 3.42%) checksum …`; a file in a bundle names that before its size. */
const fileDone = /\((?:[^()\n]*, )?(\d+(?:\.\d+)?)%\)/g;

function shareTeller(tell: (share: number) => void): (part: string) => void {
  let rest = '';
  return (part) => {
    const lines = `${rest}${part}`;
    const end = lines.lastIndexOf('\n') + 1;
    rest = lines.slice(end);
    const last = [...lines.slice(0, end).matchAll(fileDone)].at(-1)?.[1];
    if (last !== undefined) tell(Number(last) / 100);
  };
}

/** All that is read as its configuration. */
export function filesOf({ configFile, include }: Repository): string[] {
  return [configFile, ...readableBy(include)];
}

/** Longest answer, characters: names of 500,000 files of the log. */
const longest = 100_000_000;

/** Another of its kind is at work; a look at what would be deleted is over in a moment. */
const isLocked = 50;
const waitsForLockMs = 10_000;
const betweenTriesMs = 250;

/** @throws with its own words when it fails */
export async function pgbackrest(
  repository: Repository,
  command: Command,
  asked: Asked,
  run: Pick<EngineContext, 'signal' | 'clock'>,
): Promise<Ended> {
  const { clock, signal } = run;
  const deadline = clock.monotonic() + waitsForLockMs;
  const accepts = [...(asked.accepts ?? []), isLocked];
  for (;;) {
    const isLast = clock.monotonic() >= deadline;
    const ended = await runOnce(repository, command, isLast ? asked : { ...asked, accepts }, run);
    if (ended.code !== isLocked) return ended;
    await clock.sleep(betweenTriesMs, signal);
  }
}

async function runOnce(
  repository: Repository,
  command: Command,
  { options = [], env = {}, words = [], accepts = [], hearsShare }: Asked,
  { signal, clock }: Pick<EngineContext, 'signal' | 'clock'>,
): Promise<Ended> {
  const detail = hearsShare ? ['--log-level-console=detail'] : [];
  const line = ['pgbackrest', ...at(repository), ...detail, ...options, command, ...words];
  const { account, home } = repository;
  const ended = await spawnProgram(line, {
    ...{ signal, clock, account, env, cwd: home },
    ...(hearsShare ? { listens: shareTeller(hearsShare) } : { longest }),
  });
  if (ended.code !== 0 && !accepts.includes(ended.code))
    throw failureOf(`pgbackrest ${command} failed (exit code ${ended.code}): ${errorsIn(ended)}`, ended);
  return ended;
}

/** A repository that cannot be reached, or is held by another, says nothing of what lies in it. */
const outOfReach =
  /Connection refused|Connection timed out|Connection reset|Network is unreachable|No route to host|unable to get address|Name or service not known|Temporary failure in name resolution|HTTP request failed with 5\d\d|timeout (after|connecting)/i;

function failureOf(words: string, { code, text, output }: Ended): Error {
  const said = `${text}\n${output}`;
  return code === isLocked || saysLack(said) || outOfReach.test(said) ? new Lack(words) : new Error(words);
}

/** Its own lines without time and process: `ERROR: [082]: …`; warnings where there is no error. */
export function errorsIn({ text, output }: Ended): string {
  const said = (text === '' ? output : text)
    .replace(/^[\d-]+ [\d:.]+ P\d+\s+/gm, '')
    .replace(/^(P\d+\s+)?(WARN: option 'repo1-retention-full' is not set.*\n?(\s+HINT: .*\n?)?)/gm, '');
  const errors = said.slice(Math.max(0, said.search(/ERROR: /)));
  return plain(errors === '' ? said : errors, 600);
}
