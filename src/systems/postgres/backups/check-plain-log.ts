/**
 * Whether the log beside plain copies can be read: each whole file once, when it is seen first, record by record with its
 * CRCs; from then on it must be as it was then. What the server would take for the end of the log is seen so before.
 */
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pMap from 'p-map';
import { z } from 'zod';
import type { EngineContext, Manifest, Place } from '../../../core/backup/engine.ts';
import { plain } from '../../../core/plain.ts';
import { readersAtOnce, sha256OfFile } from '../../../machine/file-sums.ts';
import { spawnProgram } from '../../../machine/spawn-program.ts';
import type { PostgresConnection } from '../client.ts';
import {
  logFolderOf,
  type PlainLog,
  type PlainManifest,
  plainManifest,
  readLogOf,
} from './plain-manifest.ts';
import { releaseFor } from './programs.ts';
import { formatLsn, nameOf, parseLsn, segmentOf } from './segments.ts';

export interface Unreadable {
  /** Of the file. */
  readonly name: string;
  /** What lies before it can be replayed, in bytes of log. */
  readonly lsn: number;
  /** What is wrong, with the name of the file. */
  readonly why: string;
}

/** Up to what can be read: `files` and `end` go no further. */
export interface ReadableLog extends PlainLog {
  readonly unreadable: Unreadable | null;
}

interface Seen {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly changedAt: number;
}

const sum = z.object({ bytes: z.number(), changedAt: z.number(), sha256: z.string() });
type Sum = z.output<typeof sum>;
const sums = z.record(z.string(), sum);

const sumsOf = (folder: string) => join(dirname(folder), 'wal.sums');

/**
 * @param folder of the copy
 * @param thoroughly every byte of what was looked at before as well; else only what was written since, by its time
 */
export async function readableLog(
  { folder, manifest, log }: { folder: string; manifest: PlainManifest; log: PlainLog },
  { thoroughly }: { readonly thoroughly: boolean },
  ctx: EngineContext,
): Promise<ReadableLog> {
  const files = receivedIn(folder, log);
  if (files.length === 0) return { ...log, unreadable: null };
  ctx.progress('reading the log that was received');
  const known = readSums(folder);
  const now = new Map<string, string>();
  const isUntouched = ({ name, bytes, changedAt }: Seen) =>
    !thoroughly && known[name]?.bytes === bytes && known[name].changedAt === changedAt;
  await pMap(
    files.filter((file) => !isUntouched(file)),
    async ({ name, path }) => now.set(name, await sha256OfFile(path, ctx.signal)),
    { concurrency: readersAtOnce },
  );
  const sumOf = (name: string) => now.get(name) ?? known[name]?.sha256;
  const changed = files.find(({ name }) => known[name] && sumOf(name) !== known[name].sha256);
  const fresh = files.filter(({ name }) => known[name] === undefined);
  const unread = await firstUnreadable([...fresh, ...(changed ? [changed] : [])], files, manifest, ctx);
  const unreadable = changed ? changedFile(changed, { unread, thoroughly }, manifest) : unread;
  const good = files.filter(
    ({ name }) => name !== changed?.name && (unreadable === null || name < unreadable.name),
  );
  keepSums(
    folder,
    new Map(
      good.flatMap(({ name, bytes, changedAt }) => {
        const sha256 = sumOf(name);
        return sha256 === undefined ? [] : [[name, { bytes, changedAt, sha256 }]];
      }),
    ),
    known,
  );
  return unreadable === null ? { ...log, unreadable } : cutOff(log, unreadable);
}

/** Whatever of the log was written since it was looked at last; the proof that follows looks at all of it. */
export async function logFlaw(
  _conn: PostgresConnection,
  { folder, manifest: given }: Place & { readonly manifest: Manifest },
  ctx: EngineContext,
): Promise<string | null> {
  const manifest = plainManifest.parse(given);
  const log = readLogOf(folder, manifest, null);
  const { unreadable } = await readableLog({ folder, manifest, log }, { thoroughly: false }, ctx);
  return unreadable?.why ?? null;
}

/** What the copy has of its own was looked at with the copy; what is being received has no end yet. */
function receivedIn(folder: string, log: PlainLog): Seen[] {
  const outside = logFolderOf(folder);
  return [...log.files].flatMap(([name, path]) => {
    if (dirname(path) !== outside || path.endsWith('.partial')) return [];
    const { size, mtimeMs } = statSync(path);
    return [{ name, path, bytes: size, changedAt: mtimeMs }];
  });
}

/** Where every record of it still reads, a replay may take it; that it was touched is for a proof to say. */
function changedFile(
  file: Seen,
  { unread, thoroughly }: { readonly unread: Unreadable | null; readonly thoroughly: boolean },
  { segmentBytes }: PlainManifest,
): Unreadable | null {
  const why = `${file.name} of the log is not as it was when it was received`;
  const begin = (segmentOf(file.name, segmentBytes)?.number ?? 0) * segmentBytes;
  if (unread !== null && unread.lsn < begin - segmentBytes) return unread;
  const isHere = unread !== null && unread.lsn < begin + segmentBytes;
  if (!isHere && !thoroughly) return unread;
  return isHere
    ? { name: file.name, lsn: unread.lsn, why: `${why}; ${unread.why}` }
    : { name: file.name, lsn: begin, why };
}

/** A record may begin in the file before, so that is read as well. */
async function firstUnreadable(
  wanted: readonly Seen[],
  files: readonly Seen[],
  { major, segmentBytes }: PlainManifest,
  ctx: EngineContext,
): Promise<Unreadable | null> {
  const isWanted = new Set(wanted.map(({ name }) => name));
  const runs: { first: Seen; last: Seen }[] = [];
  for (const [index, file] of files.entries()) {
    if (!isWanted.has(file.name)) continue;
    const before = files[index - 1];
    const isNext = before !== undefined && before.name.slice(0, 8) === file.name.slice(0, 8);
    const run = runs.at(-1);
    if (isNext && run?.last === before) run.last = file;
    else runs.push({ first: isNext ? before : file, last: file });
  }
  if (runs.length === 0) return null;
  const { bin } = releaseFor(major);
  for (const { first, last } of runs) {
    const words = [join(bin, 'pg_waldump'), '--quiet', '--path', dirname(first.path), first.name, last.name];
    const { code, text } = await spawnProgram(words, { signal: ctx.signal, clock: ctx.clock });
    if (code !== 0) return placeOf(text, first, segmentBytes);
  }
  return null;
}

/** `error in WAL record at 0/3000028: incorrect resource manager data checksum in record at 0/32DC6C8`: the last is the place. */
function placeOf(text: string, first: Seen, segmentBytes: number): Unreadable {
  const { timeline, number } = segmentOf(first.name, segmentBytes) ?? { timeline: 1, number: 0 };
  const place = [...text.matchAll(/\bat ([0-9A-F]+\/[0-9A-F]+)/g)].at(-1)?.[1];
  const lsn = place === undefined ? number * segmentBytes : parseLsn(place);
  const named = /\b(?:log|WAL) segment ([0-9A-F]{24})/.exec(text)?.[1];
  const name = named ?? nameOf({ timeline, number: Math.floor(lsn / segmentBytes) }, segmentBytes);
  const said = plain(text.replace(/^pg_waldump: (error: )?/gm, '').trim(), 300);
  return { name, lsn, why: `${name} of the log cannot be read from ${formatLsn(lsn)} on (${said})` };
}

function cutOff(log: PlainLog, unreadable: Unreadable): ReadableLog {
  const files = new Map([...log.files].filter(([name]) => name.slice(8) <= unreadable.name.slice(8)));
  return { ...log, files, end: Math.min(log.end, unreadable.lsn), unreadable };
}

function readSums(folder: string): Readonly<Record<string, Sum>> {
  const file = sumsOf(folder);
  if (!existsSync(file)) return {};
  try {
    return sums.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // Torn by a kill, say: everything is read anew.
    return {};
  }
}

/** Files that are gone are forgotten. A folder that cannot be written into is read anew each time. */
function keepSums(
  folder: string,
  good: ReadonlyMap<string, Sum>,
  known: Readonly<Record<string, Sum>>,
): void {
  const outside = logFolderOf(folder);
  const kept = Object.entries(known).filter(([name]) => existsSync(join(outside, name)));
  const all = {
    ...Object.fromEntries(good),
    ...Object.fromEntries(kept.filter(([name]) => !good.has(name))),
  };
  const file = sumsOf(folder);
  try {
    writeFileSync(`${file}.new`, JSON.stringify(all), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  } catch {}
}
