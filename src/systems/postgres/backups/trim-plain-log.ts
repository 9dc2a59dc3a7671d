/**
 * Deletion in the log beside plain copies: only whole files that end before the beginning of every copy that lies there. What
 * is being received, histories of timelines and notes of backups stay.
 */
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { EngineContext, LogBounds, LogDeletion, Place } from '../../../core/backup/engine.ts';
import type { PostgresConnection } from '../client.ts';
import { logFolderOf } from './plain-manifest.ts';
import { formatLsn, segmentOf } from './segments.ts';

interface File {
  readonly name: string;
  readonly bytes: number;
  readonly writtenAt: number;
}

const begins = z.object({ from: z.number() });

/** @throws where a copy that lies there and does not go with it needs it */
export async function planLogDeletion(
  _conn: PostgresConnection,
  { folder }: Place,
  bounds: LogBounds,
  _ctx: EngineContext,
): Promise<LogDeletion> {
  demandNeedless(folder, bounds);
  const log = logFolderOf(folder);
  const files = existsSync(log) ? wholeFiles(log) : [];
  const going = files.filter(({ name, bytes }) => {
    const segment = segmentOf(name, bytes);
    return segment !== null && (segment.number + 1) * bytes <= bounds.from;
  });
  return {
    names: going.map(({ name }) => name),
    bytes: going.reduce((sum, { bytes }) => sum + bytes, 0),
    newestAt: going.reduce((at, { writtenAt }) => Math.max(at, writtenAt), 0),
  };
}

/** Exactly these, of which each is looked at again right before. */
export async function applyLogDeletion(
  conn: PostgresConnection,
  place: Place,
  bounds: LogBounds,
  names: readonly string[],
  ctx: EngineContext,
): Promise<void> {
  const planned = new Set((await planLogDeletion(conn, place, bounds, ctx)).names);
  const wrong = names.find((name) => !planned.has(name));
  if (wrong !== undefined)
    throw new Error(`${wrong} of the log is needed, or is not there any more; nothing was deleted`);
  // Oldest first, so that a kill leaves no gap in what stays.
  for (const name of names.toSorted(byNumber)) {
    ctx.signal.throwIfAborted();
    rmSync(join(logFolderOf(place.folder), name));
  }
}

function byNumber(a: string, b: string): number {
  const [left, right] = [a.slice(8), b.slice(8)];
  return left < right ? -1 : Number(left > right);
}

/** Their length is that of a segment; where it differs, nobody can say which place is in which file. */
function wholeFiles(log: string): File[] {
  const files = readdirSync(log)
    .filter((name) => /^[0-9A-F]{24}$/.test(name))
    .toSorted(byNumber)
    .map((name) => {
      const { size, mtimeMs } = statSync(join(log, name));
      return { name, bytes: size, writtenAt: Math.floor(mtimeMs) };
    });
  const lengths = new Set(files.map(({ bytes }) => bytes));
  if (lengths.size <= 1) return files;
  // archive_command writes its files in place: the newest may not be whole yet.
  const usual = files[0]?.bytes ?? 0;
  const odd = files.filter(({ bytes }) => bytes !== usual);
  if (odd.length === 1 && odd[0] === files.at(-1)) return files.slice(0, -1);
  throw new Error(
    `files of the log in ${log} differ in length (${odd[0]?.name}: ${odd[0]?.bytes} bytes instead of ${usual}): look at them; nothing is deleted`,
  );
}

/** What the catalogue says is held against what lies there: every folder beside the log is a copy until it says otherwise. */
function demandNeedless(folder: string, { from, going }: LogBounds): void {
  const home = dirname(folder);
  const folders = existsSync(home) ? readdirSync(home, { withFileTypes: true }) : [];
  for (const entry of folders) {
    if (!entry.isDirectory() || entry.name === 'wal' || entry.name.endsWith('.removed')) continue;
    if (going.includes(join(home, entry.name))) continue;
    const file = join(home, entry.name, 'manifest.json');
    const begin = existsSync(file) ? begins.safeParse(JSON.parse(readFileSync(file, 'utf8'))) : null;
    if (!begin?.success)
      throw new Error(
        `${join(home, entry.name)} does not say which log it needs: nothing of the log is deleted`,
      );
    if (begin.data.from < from)
      throw new Error(
        `${join(home, entry.name)} needs the log from ${formatLsn(begin.data.from)} on: nothing of it is deleted before ${formatLsn(from)}`,
      );
  }
}
