/**
 * A repository of restic in the folder of a plan, or elsewhere where a file beside that says so (place.ts). It is encrypted;
 * its password lies beside the folder, for its owner alone. Whoever loses the password has lost the backups: it must be
 * kept elsewhere, too.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { EngineContext } from '../../../core/backup/engine.ts';
import { Lack, saysLack } from '../../../core/lack.ts';
import { plain } from '../../../core/plain.ts';
import { spawnProgram } from '../../../machine/spawn-program.ts';
import { type Environment, readPlace } from './place.ts';

export interface Repository {
  /** Null where it lies elsewhere. */
  readonly folder: string | null;
  /** Where it lies and what restic needs to get there. */
  readonly place: Environment;
  readonly passwordFile: string;
  /** What was in what was backed up, one file for each snapshot. */
  readonly trees: string;
}

/** @throws where the file that says where it lies is wrong */
export function repositoryIn(folder: string): Repository {
  const elsewhere = readPlace(folder);
  const own = join(folder, 'repository');
  return {
    folder: elsewhere === null ? own : null,
    place: elsewhere ?? { RESTIC_REPOSITORY: own },
    passwordFile: `${folder}.password`,
    trees: join(folder, 'trees'),
  };
}

export interface Ran {
  readonly code: number;
  /** What it says of errors. */
  readonly text: string;
  readonly output: string;
}

const longestOutput = 20_000_000;

/** Without a word of judgement: its exit code and what it wrote. @param listens hears its output, as it comes */
export async function restic(
  { place, passwordFile }: Repository,
  words: readonly string[],
  ctx: EngineContext,
  listens?: (part: string) => void,
): Promise<Ran> {
  if (!existsSync(passwordFile))
    throw new Lack(`the password of the repository is gone: put it back into ${passwordFile}`);
  const { RESTIC_CACERT: authority } = place;
  // Older releases do not read it from their environment.
  const options = ['--no-cache', ...(authority === undefined ? [] : ['--cacert', authority])];
  return spawnProgram(['restic', ...options, ...words], {
    ...{ signal: ctx.signal, clock: ctx.clock, longest: longestOutput, ...(listens && { listens }) },
    env: { ...place, RESTIC_PASSWORD_FILE: passwordFile, RESTIC_PROGRESS_FPS: '0.3' },
  }).catch((error: unknown) => {
    if (error instanceof Error && /not installed/.test(error.message))
      throw new Lack('restic is not installed here: apt-get install restic');
    throw error;
  });
}

/** What it answers. @throws in its words where it fails */
export async function ask(
  repository: Repository,
  words: readonly string[],
  ctx: EngineContext,
): Promise<string> {
  const { code, text, output } = await restic(repository, words, ctx);
  if (code !== 0)
    throw failureOf(repository, `restic ${words[0]} failed (exit code ${code}): ${lastWords(text)}`, text);
  return output;
}

/** Another at work, a bucket out of reach: what lies there was not looked at. */
const notSeen =
  /repository is already locked|connection refused|no such host|i\/o timeout|network is unreachable|no route to host|Access ?Denied|5\d\d (Internal|Bad Gateway|Service|Gateway)/i;

/** @param said all that restic wrote */
export function failureOf(repository: Repository, words: string, said: string): Error {
  if (/wrong password or no key found/i.test(said)) return keyFailure(repository, words);
  return notSeen.test(said) || saysLack(said) ? new Lack(words) : new Error(words);
}

/**
 * restic says the same of a wrong password and of a key that is damaged or gone. Each file of a key is called by the SHA-256
 * of what stands in it, so of a repository on a disk it can be told; of one elsewhere only both be said.
 */
function keyFailure({ folder, passwordFile }: Repository, words: string): Error {
  if (folder === null)
    return new Lack(
      `the password in ${passwordFile} does not open the repository, or its key is damaged there: ${words}`,
    );
  const keys = join(folder, 'keys');
  const names = existsSync(keys) ? readdirSync(keys) : [];
  if (names.length === 0)
    return new Error(
      `the repository has no key any more: bring back what lay in ${keys}, or nothing can be read`,
    );
  const damaged = names.find((name) => sumOf(join(keys, name)) !== name);
  if (damaged !== undefined)
    return new Error(`the key ${join(keys, damaged)} of the repository is damaged: bring it back`);
  return new Lack(
    `the password in ${passwordFile} does not open the repository, whose key is whole: put back the password that it was made with or given last`,
  );
}

const sumOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

export function lastWords(text: string): string {
  return plain(text.trim().split('\n').slice(-4).join('; '), 600);
}

/** Of releases since 0.17; before it only the words tell. */
const noRepository = 10;

/** @throws where it lies elsewhere and does not answer: that is not the same as not being there */
export async function isThere(repository: Repository, ctx: EngineContext): Promise<boolean> {
  const { folder, passwordFile, trees } = repository;
  if (folder !== null) return existsSync(join(folder, 'config'));
  if (!existsSync(passwordFile) && !existsSync(trees)) return false;
  const { code, text } = await restic(repository, ['cat', 'config', '--no-lock'], ctx);
  if (code === 0) return true;
  if (code === noRepository || /unable to open config file: .*does not exist/.test(text)) return false;
  throw new Lack(`the repository cannot be read: ${lastWords(text)}`);
}

/** Begins one where there is none. A password that is there already is used. */
export async function prepare(repository: Repository, ctx: EngineContext): Promise<void> {
  const { passwordFile, folder, trees } = repository;
  const isBegun = await isThere(repository, ctx);
  await mkdir(trees, { recursive: true, mode: 0o700 });
  if (isBegun) return dropStaleLocks(repository, ctx);
  if (!existsSync(passwordFile)) {
    if (!ctx.newSecret) throw new Error(`write a password for the new repository into ${passwordFile}`);
    writeFileSync(passwordFile, `${ctx.newSecret()}\n`, { mode: 0o600, flag: 'wx' });
  }
  if ((statSync(passwordFile).mode & 0o077) !== 0)
    throw new Error(`others may read ${passwordFile}: chmod 600 it before it protects anything`);
  if (folder !== null) await mkdir(folder, { recursive: true, mode: 0o700 });
  await ask(repository, ['init'], ctx);
}

/** Of processes that are gone; those of living ones stay. */
export async function dropStaleLocks(repository: Repository, ctx: EngineContext): Promise<void> {
  if (await hasLocks(repository, ctx)) await ask(repository, ['unlock'], ctx);
}

async function hasLocks(repository: Repository, ctx: EngineContext): Promise<boolean> {
  const { folder } = repository;
  if (folder === null) return (await ask(repository, ['list', 'locks', '--no-lock'], ctx)).trim() !== '';
  const locks = join(folder, 'locks');
  return existsSync(locks) && readdirSync(locks).length > 0;
}

const snapshots = z.array(
  z.object({
    id: z.string(),
    time: z.string(),
    tags: z.array(z.string()).nullish(),
    paths: z.array(z.string()).default([]),
  }),
);

export interface Snapshot {
  /** All 64 digits. */
  readonly id: string;
  readonly at: number;
  readonly bytes: number;
  readonly paths: readonly string[];
  /** An Upkeep took it, this one or another. */
  readonly isOurs: boolean;
}

const bytesTag = 'bytes=';

export function tagsFor(bytes: number): string[] {
  return ['--tag', 'upkeep', '--tag', `${bytesTag}${bytes}`];
}

/** All that it holds, oldest first; none where it was never begun. A look takes no lock: it would fail what begins meanwhile. */
export async function snapshotsIn(repository: Repository, ctx: EngineContext): Promise<Snapshot[]> {
  if (!(await isThere(repository, ctx))) return [];
  // One that was killed while it cleared up holds the whole repository.
  await dropStaleLocks(repository, ctx);
  const found = snapshots.parse(
    JSON.parse(await ask(repository, ['snapshots', '--json', '--no-lock'], ctx)) ?? [],
  );
  return found
    .map(({ id, time, tags, paths }) => {
      const bytes = Number(tags?.find((tag) => tag.startsWith(bytesTag))?.slice(bytesTag.length) ?? 0);
      return { id, at: Date.parse(time), bytes, paths, isOurs: tags?.includes('upkeep') === true };
    })
    .sort((a, b) => a.at - b.at);
}
