/** What can be said of a backup without restoring it. The exit code of `verify` says nothing, and nor does it of gaps. */
import type { EngineContext, LogGap } from '../../../core/backup/engine.ts';
import { type Finding, saidOf } from '../../../core/backup/looking.ts';
import { type Heartbeat, recoveryPoint } from '../../../core/backup/rpo.ts';
import { count } from '../../../core/count.ts';
import type { PostgresConnection } from '../client.ts';
import { type Continuity, continuityOf } from './log-continuity.ts';
import {
  heldOf,
  type RepositoryInfo,
  type RepositoryLog,
  readLog,
  type StoredBackup,
} from './pgbackrest-info.ts';
import { errorsIn, pgbackrest, type Repository } from './pgbackrest-repository.ts';
import type { PhysicalManifest } from './physical-manifest.ts';
import { segmentOf } from './segments.ts';
import { readServer, withReader } from './server-facts.ts';

export interface Checked {
  readonly repository: Repository;
  readonly info: RepositoryInfo;
  readonly stored: StoredBackup;
  readonly manifest: PhysicalManifest;
}

interface Verified {
  /** `backup 20261122-030000F`, `the log 15-1`. */
  readonly of: string;
  readonly isValid: boolean;
  readonly checked: number;
  readonly detail: string;
}

/** What `verify --output=text --verbose` says, one entry for the log and for each backup. */
export function parseVerify(text: string): Verified[] {
  const line =
    /^\s+(?:archiveId: (\S+), total WAL checked: (\d+), total valid WAL: (\d+)|backup: (\S+), status: (.+?), total files checked: (\d+), total valid files: (\d+))\s*\n(?:\s+(missing: \d+, .*))?/gm;
  return [...text.matchAll(line)].map(
    ([, archive, segments, goodSegments, label, status, files, good, faults]) => {
      const checked = Number(segments ?? files);
      const isWhole = checked === Number(goodSegments ?? good) && !/: [1-9]/.test(faults ?? '');
      const found = [status, ...(faults ?? '').split(', ').filter((fault) => /: [1-9]/.test(fault))];
      return {
        of: archive === undefined ? `backup ${label}` : `the log ${archive}`,
        isValid: isWhole && (status === undefined || status === 'valid'),
        checked,
        detail: found.filter(Boolean).join(', '),
      };
    },
  );
}

/** Every file of the backup, of those it builds on, and of the log, against its checksum. */
export async function checkFiles({ repository, stored }: Checked, ctx: EngineContext): Promise<Finding> {
  const options = ['--output=text', '--verbose', `--repo=${stored.database['repo-key']}`];
  const ended = await pgbackrest(repository, 'verify', { options }, ctx);
  const verified = parseVerify(ended.output);
  const needed = [stored.label, ...(stored.reference ?? [])].map((label) => `backup ${label}`);
  const looked = new Set(verified.map(({ of }) => of));
  const unseen = needed.filter((name) => !looked.has(name)).map((name) => `${name} was not verified`);
  const wrong = verified
    .filter(({ of, isValid }) => !isValid && (needed.includes(of) || of.startsWith('the log')))
    .map(({ of, detail }) => `${of}: ${detail}`);
  const differences = [...unseen, ...wrong];
  // Its errors name the files.
  if (differences.length > 0 && /ERROR/.test(ended.text)) differences.push(errorsIn(ended));
  const files = verified
    .filter(({ of }) => needed.includes(of))
    .reduce((sum, { checked }) => sum + checked, 0);
  return saidOf(differences, `${count(files, 'file matches its checksum', 'files match their checksums')}`);
}

/** In every repository: the log from the beginning of the backup to what the server says it has handed over. */
export async function checkArchives(
  conn: PostgresConnection,
  checked: Checked,
  ctx: EngineContext,
): Promise<Finding> {
  const { info, stored } = checked;
  const archived = await archivedBy(conn, ctx);
  const found = [];
  for (const { key, trouble, isDamaged } of info.repositories)
    found.push(
      trouble === null
        ? await checkArchive(key, archived, checked, ctx)
        : { ...unreadable(key, trouble), ...(isDamaged && { gap: 'elsewhere', notRun: false }) },
    );
  if (!info.repositories.some(({ key }) => key === stored.database['repo-key']))
    found.push(unreadable(stored.database['repo-key'], 'it is not in the configuration any more'));
  const seen = found.filter(({ good, notRun }) => !good && notRun !== true);
  const bad = seen.length > 0 ? seen : found.filter(({ good }) => !good);
  const gap = gravest.find((one) => bad.some((finding) => finding.gap === one));
  return {
    good: bad.length === 0,
    detail: (bad.length > 0 ? bad : found).map(({ detail }) => detail).join('; '),
    ...(gap !== undefined && { gap }),
    ...(bad.length > seen.length && { notRun: true }),
  };
}

const gravest: readonly LogGap[] = ['within', 'behind', 'elsewhere'];

const unreadable = (key: number, why: string): Finding => ({
  ...{ good: false, notRun: true },
  detail: `repository ${key} cannot be read: ${why}`,
});

async function checkArchive(
  key: number,
  archived: Archived,
  { repository, info, stored, manifest: { segmentBytes } }: Checked,
  ctx: EngineContext,
): Promise<Finding> {
  const { start, stop } = stored.archive;
  if (start === null || stop === null)
    return { good: false, detail: 'the backup does not say what log it needs' };
  const log = await readLog(repository, { archive: info.archiveOf(stored), key, segmentBytes }, ctx);
  // What the server says is held against its own archive; without it, the end of the backup must be there at least.
  const gap = continuityOf(log, start, archived.name ?? stop);
  const where = info.repositories.length > 1 ? ` in repository ${key}` : '';
  const [first] = gap.missing;
  if (first !== undefined) {
    const isOwn = key === stored.database['repo-key'];
    const within = numberOf(first, segmentBytes) <= numberOf(stop, segmentBytes);
    const kind: LogGap = isOwn ? (within ? 'within' : 'behind') : 'elsewhere';
    return {
      ...{ good: false, gap: kind },
      detail: `${count(gap.missingCount, 'file')} of the log ${gap.missingCount === 1 ? 'is' : 'are'} missing${where} since ${start}: ${gap.missing.join(', ')}${gapWords[kind]}`,
    };
  }
  const end = archived.name === null ? `; what came after it was not compared: ${archived.why}` : '';
  return { good: true, detail: `the log${where} has no gap from ${start} to ${gap.to}${end}` };
}

const numberOf = (name: string, segmentBytes: number) => segmentOf(name, segmentBytes)?.number ?? -1;

const gapWords: Readonly<Record<LogGap, string>> = {
  within: '; the backup needs what is missing and cannot be restored',
  behind: '; the backup itself can be restored, and no moment after the gap',
  elsewhere: '; a restore takes the log of the own repository of the backup',
};

export interface Reach {
  readonly log: Continuity;
  /**
   * When the last file that follows without a gap came into the repository, epoch milliseconds; later where heartbeats know
   * that nothing was written since.
   */
  readonly until: number;
}

/** How far the log of its own repository goes from that backup on. */
export async function reachOf(
  checked: Checked,
  heartbeats: readonly Heartbeat[] | undefined,
  ctx: EngineContext,
): Promise<Reach> {
  const { stored, manifest } = checked;
  const { log, archived } = await logOf({ ...checked, segmentBytes: manifest.segmentBytes }, ctx);
  const { endedAt } = heldOf(stored);
  const written = log.to === null ? undefined : archived.writtenAt.get(log.to);
  // Whole seconds are known of it.
  const arrived = written === undefined ? endedAt : written + 999;
  const idle = idleUntil(heartbeats ?? [], log.to, manifest.segmentBytes, ctx.clock.now());
  return { log, until: Math.max(endedAt, arrived, idle) };
}

/** A server that nobody writes to sends no file: the heartbeats know up to when nothing is missing in the last that came. */
function idleUntil(
  heartbeats: readonly Heartbeat[],
  last: string | null,
  segmentBytes: number,
  now: number,
): number {
  const end = last === null ? null : segmentOf(last, segmentBytes);
  if (end === null) return Number.NEGATIVE_INFINITY;
  const confirmed = { lsn: (end.number + 1) * segmentBytes, at: null, segmentBytes };
  const isCovered = heartbeats.some(({ lsn }) => lsn <= confirmed.lsn);
  const point = isCovered ? recoveryPoint(heartbeats, confirmed, now) : null;
  return point?.at ?? Number.NEGATIVE_INFINITY;
}

/** The log of the backup's own repository from its beginning on. */
export async function logOf(
  subject: Pick<Checked, 'repository' | 'info' | 'stored'> & { readonly segmentBytes: number },
  ctx: EngineContext,
): Promise<{ readonly log: Continuity; readonly archived: RepositoryLog }> {
  const { repository, info, stored, segmentBytes } = subject;
  const { start, stop } = stored.archive;
  if (start === null || stop === null) throw new Error(`${stored.label} does not say what log it needs`);
  const place = { archive: info.archiveOf(stored), key: stored.database['repo-key'], segmentBytes };
  const archived = await readLog(repository, place, ctx);
  return { archived, log: continuityOf(archived, start, stop) };
}

interface Archived {
  readonly name: string | null;
  readonly why: string;
}

/** A server that is gone is no fault of its backup; it is what the backup is for. */
async function archivedBy(conn: PostgresConnection, ctx: EngineContext): Promise<Archived> {
  try {
    const { archived } = await withReader(conn, ctx.signal, readServer);
    return { name: archived, why: 'the server has archived nothing' };
  } catch (error) {
    ctx.signal.throwIfAborted();
    return { name: null, why: error instanceof Error ? error.message : String(error) };
  }
}
