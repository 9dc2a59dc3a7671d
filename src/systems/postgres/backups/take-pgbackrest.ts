import type { Client } from 'pg';
import type { EngineContext, Place, Taken } from '../../../core/backup/engine.ts';
import { beginStretch } from '../../../core/backup/progress.ts';
import { count } from '../../../core/count.ts';
import { plain } from '../../../core/plain.ts';
import type { PostgresConnection } from '../client.ts';
import { restartWay } from '../restart-way.ts';
import { archiveRemedy, remedyText, timeoutAdvice } from './archiving.ts';
import { readContent } from './content.ts';
import { type Checked, logOf } from './pgbackrest-checks.ts';
import { heldOf, keyOf, type RepositoryInfo, readInfo, type StoredBackup } from './pgbackrest-info.ts';
import {
  archiveCommand,
  pgbackrest,
  prepareRepository,
  type Repository,
  repositoryKeys,
} from './pgbackrest-repository.ts';
import { type PhysicalManifest, readStructure, type Witness } from './physical-manifest.ts';
import { quietSnapshot } from './quiet-snapshot.ts';
import { parseLsn, segmentOf } from './segments.ts';
import { readServer, type ServerFacts, withReader } from './server-facts.ts';

const dayMs = 86_400_000;
/** A full one each week, a differential each day, else an incremental (knowledge of small databases; J). */
const fullEveryMs = 7 * dayMs;
/** Those of one time of day begin some minutes apart. */
const differentialEveryMs = dayMs - 3_600_000;

export function take(conn: PostgresConnection, place: Place, ctx: EngineContext): Promise<Taken> {
  return withReader(conn, ctx.signal, (reader) =>
    withReader(conn, ctx.signal, (watcher) => takeWith(conn, reader, watcher, place, ctx)),
  );
}

async function takeWith(
  conn: PostgresConnection,
  reader: Client,
  watcher: Client,
  { folder, repository: name }: Place,
  ctx: EngineContext,
): Promise<Taken> {
  const server = await readServer(reader);
  const repository = prepared(server, folder);
  const key = keyOf(repository, name);
  const before = await begin(repository, key, ctx);
  await demandArchiving(conn, server, repository);
  const own = before.backups.filter(({ database }) => database['repo-key'] === key);
  const type = nextType(own, ctx.clock.now());
  const words = `copying ${server.data} with pgBackRest (${type})${name === undefined ? '' : ` to ${name}`}`;
  const stretch = beginStretch(ctx, words, { of: 1 });
  const options = [`--type=${type}`, `--repo=${key}`];
  await pgbackrest(repository, 'backup', { options, hearsShare: (share) => stretch.at(share) }, ctx);
  const after = await readInfo(repository, ctx, key);
  const stored = newest(before, after);
  if (stored.error === true) throw new Error(await brokenPages(repository, stored, ctx));
  const { version, major, segmentBytes, superuser, database } = server;
  const arrived = (lsn: string | null) =>
    isArchived({ repository, info: after, stored, segmentBytes }, lsn, ctx);
  const areAllThere = before.repositories.every(({ trouble }) => trouble === null);
  const witness = await readWitness(reader, watcher, { repository, areAllThere, arrived }, ctx);
  const manifest: PhysicalManifest = {
    ...{ format: 1, label: stored.label, version, major, segmentBytes, superuser, database, witness },
  };
  const { label, kind, needs, bytes, logFrom } = heldOf(stored);
  const advice = timeoutAdvice(server);
  const detail = [`${stored.label}, ${counted(witness)}`, ...(advice ? [advice] : [])].join('; ');
  return { label, kind, needs, bytes, logFrom, manifest, detail };
}

/**
 * Also what was added since is begun. Creating asks the server and every repository, which takes half a second, so what is
 * there is left alone; and one that is out of reach must not keep the other from being written to.
 * @returns what they hold then
 */
async function begin(repository: Repository, key: number, ctx: EngineContext): Promise<RepositoryInfo> {
  const found = await readInfo(repository, ctx);
  const isNew = ({ trouble }: RepositoryInfo['repositories'][number]) =>
    trouble !== null && /missing stanza|says nothing of itself/.test(trouble);
  const own = found.repositories.find((one) => one.key === key);
  if (own?.trouble === null && !found.repositories.some(isNew)) return found;
  if (own?.trouble && !isNew(own)) throw new Error(`repository ${key} cannot be read: ${own.trouble}`);
  let created: unknown = null;
  try {
    await pgbackrest(repository, 'stanza-create', {}, ctx);
  } catch (error) {
    ctx.signal.throwIfAborted();
    created = error;
  }
  const begun = await readInfo(repository, ctx);
  if (created !== null && !begun.repositories.some((one) => one.key === key && one.trouble === null))
    throw created;
  return begun;
}

/** @throws where the server is not here, or is no primary */
function prepared(server: ServerFacts, folder: string): Repository {
  if (server.isStandby) throw new Error('the server is a standby: let the target of backups: be its primary');
  try {
    return prepareRepository(folder, server);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new Error(
        `the data folder ${server.data} is not on this machine: pgBackRest runs where the server does; let Upkeep run there too, or use the engine postgres.logical`,
      );
    throw error;
  }
}

async function demandArchiving(
  conn: PostgresConnection,
  server: ServerFacts,
  repository: Repository,
): Promise<void> {
  const remedy = archiveRemedy(server, archiveCommand(repository));
  if (remedy.wrong.length > 0) throw new Error(remedyText(remedy, await restartWay(conn, server.data)));
}

/** Nothing is built on a full one whose pages were broken, nor on what was built on it. */
function nextType(backups: readonly StoredBackup[], now: number): 'full' | 'diff' | 'incr' {
  const ageOf = ({ timestamp }: StoredBackup) => now - timestamp.start * 1_000;
  const full = backups.findLast(({ type }) => type === 'full');
  if (full === undefined || ageOf(full) >= fullEveryMs) return 'full';
  const since = backups.slice(backups.indexOf(full));
  if (since.some(({ error }) => error === true)) return 'full';
  const daily = since.findLast(({ type }) => type !== 'incr');
  return daily === undefined || ageOf(daily) >= differentialEveryMs ? 'diff' : 'incr';
}

function newest(before: RepositoryInfo, after: RepositoryInfo): StoredBackup {
  const known = new Set(before.backups.map(({ label }) => label));
  const made = after.backups.findLast(({ label }) => !known.has(label));
  if (made === undefined)
    throw new Error('pgbackrest backup ended well, and the repository holds no new backup');
  return made;
}

async function brokenPages(
  repository: Repository,
  { label }: StoredBackup,
  ctx: EngineContext,
): Promise<string> {
  const { output } = await pgbackrest(repository, 'info', { options: [`--set=${label}`] }, ctx);
  const pages = /^\s*error[^:\n]*: (.+)$/m.exec(output)?.[1] ?? plain(output, 2000);
  return `pages of the server do not match their checksums: ${pages}. Backup ${label} holds them as they are; the one before it is the newest good one`;
}

interface Handing {
  readonly repository: Repository;
  /** False where one did not answer before: nothing asks it again. */
  readonly areAllThere: boolean;
  /** Whether the log lies in the backup's own repository past that place. */
  readonly arrived: (lsn: string | null) => Promise<boolean>;
}

/**
 * Counted after the backup, and then a mark is set and the file of the log with it handed over: so the log reaches past
 * the place that was counted, and a restore can be held to it.
 */
async function readWitness(
  reader: Client,
  watcher: Client,
  { repository, areAllThere, arrived }: Handing,
  ctx: EngineContext,
): Promise<Witness | null> {
  const lsn = await quietSnapshot(reader, watcher, ctx);
  const at = ctx.clock.now();
  ctx.progress('waiting for the log in the repository');
  const failure = areAllThere
    ? await checkFailure(repository, ctx)
    : new Error('the log of the backup did not come into its repository');
  if (failure !== null) {
    await finishFile(watcher);
    if (!(await arrived(lsn))) throw failure;
  }
  if (lsn === null) return null;
  const ask = async <Row extends object>(sql: string) => (await reader.query(sql)).rows as Row[];
  const content = await readContent(ask, (table) => ctx.progress(`counting ${table}`));
  const structure = await readStructure(reader);
  await reader.query('COMMIT');
  return { lsn, at, content, structure };
}

/** Of several repositories it looks into each before it hands anything over, and a backup needs one: then it is a word and no more. */
async function checkFailure(repository: Repository, ctx: EngineContext): Promise<Error | null> {
  try {
    await pgbackrest(repository, 'check', {}, ctx);
    return null;
  } catch (error) {
    ctx.signal.throwIfAborted();
    if (repositoryKeys(repository).length === 1 || !(error instanceof Error)) throw error;
    return error;
  }
}

/** Where the role may; else archive_timeout does it. */
async function finishFile(client: Client): Promise<void> {
  await client.query('SELECT pg_switch_wal()').catch(() => {});
}

/** archive_timeout is a minute as a rule, and then each repository is tried. */
const archivedWithinMs = 120_000;
const betweenLooksMs = 500;

/** Whether the log lies in the backup's own repository past that place; of none, past the end of the backup. */
async function isArchived(
  subject: Pick<Checked, 'repository' | 'info' | 'stored'> & { readonly segmentBytes: number },
  lsn: string | null,
  ctx: EngineContext,
): Promise<boolean> {
  const { segmentBytes, stored } = subject;
  const wanted = lsn ?? stored.lsn?.stop ?? null;
  const deadline = ctx.clock.monotonic() + archivedWithinMs;
  for (;;) {
    const { to } = (await logOf(subject, ctx)).log;
    const end = to === null ? null : segmentOf(to, segmentBytes);
    if (wanted === null || (end !== null && (end.number + 1) * segmentBytes > parseLsn(wanted))) return true;
    if (ctx.clock.monotonic() > deadline) return false;
    await ctx.clock.sleep(betweenLooksMs, ctx.signal);
  }
}

function counted(witness: Witness | null): string {
  if (witness === null) return 'rows not counted: transactions wrote all the time';
  const rows = witness.content.reduce((sum, table) => sum + BigInt(table.rows), 0n);
  return `${count(witness.content.length, 'table')}, ${rows.toLocaleString('en-GB')} rows`;
}
