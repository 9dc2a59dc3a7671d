/** A copy made by pg_basebackup, and the folder of the log beside it. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { type ArchivedLog, type Continuity, continuityOf, parseHistory } from './log-continuity.ts';
import { physicalManifest } from './physical-manifest.ts';
import { nameOf, segmentOf } from './segments.ts';

export const plainManifest = physicalManifest.omit({ label: true }).extend({
  timeline: z.number(),
  /** The log that the copy needs to be whole, in bytes of log. */
  from: z.number(),
  until: z.number(),
  /** Of the server's clock, epoch milliseconds: no earlier moment can be restored from it. */
  endedAt: z.number(),
  /** SHA-256 of the `backup_manifest` that the server wrote. */
  manifestSha256: z.string(),
  bytes: z.number(),
});
export type PlainManifest = z.output<typeof plainManifest>;

export const dataOf = (folder: string) => join(folder, 'data');
/** One for all copies of a plan. */
export const logFolderOf = (folder: string) => join(dirname(folder), 'wal');

const written = z.object({
  'WAL-Ranges': z
    .array(z.object({ Timeline: z.number(), 'Start-LSN': z.string(), 'End-LSN': z.string() }))
    .min(1),
});

/** What the server wrote of the copy. */
export function readWritten(folder: string): {
  sha256: string;
  ranges: z.output<typeof written>['WAL-Ranges'];
} {
  const text = readFileSync(join(dataOf(folder), 'backup_manifest'));
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { sha256, ranges: written.parse(JSON.parse(text.toString()))['WAL-Ranges'] };
}

export interface PlainLog extends Continuity {
  /** Paths of the files that follow the beginning of the copy without a gap, by name; what is being received is the last. */
  readonly files: ReadonlyMap<string, string>;
  /** Paths of the histories of timelines. */
  readonly histories: readonly string[];
  /** End of the last whole file, in bytes of log. */
  readonly end: number;
}

/**
 * The log from the beginning of the copy on. Of its own files the last is not whole: it was received up to the end of
 * the copy.
 * @param confirmed name of the file that the server knows to be there
 */
export function readLogOf(folder: string, manifest: PlainManifest, confirmed: string | null): PlainLog {
  const { segmentBytes, timeline, from } = manifest;
  const outside = logFolderOf(folder);
  const names = existsSync(outside) ? readdirSync(outside) : [];
  const own = join(dataOf(folder), 'pg_wal');
  const ownNames = readdirSync(own).filter((name) => isWhole(name, own, segmentBytes));
  const paths = new Map<string, string>();
  for (const name of ownNames.toSorted().slice(0, -1)) paths.set(name, join(own, name));
  for (const name of names) if (isWhole(name, outside, segmentBytes)) paths.set(name, join(outside, name));
  const histories = names.filter((name) => /^[0-9A-F]{8}\.history$/.test(name));
  const log: ArchivedLog = {
    names: [...paths.keys()],
    histories: histories.map((name) =>
      parseHistory(Number.parseInt(name.slice(0, 8), 16), readFileSync(join(outside, name), 'utf8')),
    ),
    segmentBytes,
  };
  const first = nameOf({ timeline, number: Math.floor(from / segmentBytes) }, segmentBytes);
  const found = continuityOf(log, first, confirmed);
  const chain = chainOf(paths, first, found.to, segmentBytes);
  const last = found.to === null ? null : segmentOf(found.to, segmentBytes);
  const begun = nextOf(names, last?.number ?? Math.floor(from / segmentBytes) - 1, segmentBytes);
  if (begun !== undefined) chain.set(begun.slice(0, 24), join(outside, begun));
  return {
    ...found,
    files: chain,
    histories: histories.map((name) => join(outside, name)),
    end: last === null ? from : (last.number + 1) * segmentBytes,
  };
}

function isWhole(name: string, folder: string, segmentBytes: number): boolean {
  return /^[0-9A-F]{24}$/.test(name) && statSync(join(folder, name)).size === segmentBytes;
}

function chainOf(
  paths: ReadonlyMap<string, string>,
  first: string,
  to: string | null,
  segmentBytes: number,
): Map<string, string> {
  const numberOf = (name: string) => segmentOf(name, segmentBytes)?.number ?? -1;
  const isIn = (name: string) =>
    to !== null && numberOf(name) >= numberOf(first) && numberOf(name) <= numberOf(to);
  return new Map([...paths].filter(([name]) => isIn(name)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** pg_receivewal calls what it receives now `….partial`. */
function nextOf(names: readonly string[], after: number, segmentBytes: number): string | undefined {
  return names
    .filter((name) => /^[0-9A-F]{24}\.partial$/.test(name))
    .find((name) => segmentOf(name, segmentBytes)?.number === after + 1);
}
