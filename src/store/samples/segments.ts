/**
 * The journal of the embedded engine: files that are only appended to, in a folder beside the database. Nothing of
 * it passes through SQLite, which would write every row twice and with whole pages.
 *
 * A record is a head (mark, length of the body, row id, time of arrival, CRC-32 of the head) and a journal row with
 * a CRC of its own. Files are filled with zeros ahead of the records: the disk then confirms a record without the
 * file system's own journal, in half the time.
 */
import {
  closeSync,
  existsSync,
  fdatasync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writevSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { makePrivateFolder } from '../private-files.ts';
import { codeOf } from '../refusals.ts';
import { encodeHead, readRecords } from './records.ts';
import type { JournalRow } from './tables.ts';

const sync = promisify(fdatasync);
/** A file that is longer gets a successor. */
const usualSegmentBytes = 8 * 2 ** 20;
const leastAhead = 2 ** 16;
const mostAhead = 2 ** 20;
const zeros = new Uint8Array(mostAhead);

interface Segment {
  readonly path: string;
  /** Id of the newest row. */
  last: number;
}

interface Active extends Segment {
  readonly fd: number;
  /** Where the next record goes; up to where zeros are written; up to where the disk has it. */
  position: number;
  filled: number;
  confirmed: number;
}

export interface SegmentOptions {
  /** Length from which on a file gets a successor. */
  readonly segmentBytes?: number | undefined;
  readonly readOnly?: boolean;
}

export class Segments {
  private readonly folder: string;
  private readonly segmentBytes: number;
  private readonly readOnly: boolean;
  private segments: Segment[];
  private nextNumber: number;
  private active: Active | undefined;
  /** Written to since the disk last confirmed them. */
  private readonly unconfirmed = new Set<Active>();
  private running: Promise<void> | undefined;
  private next: Promise<void> | undefined;

  /** Makes no file before the first row. With `readOnly` what another process is writing stays as it is. */
  constructor(folder: string, { segmentBytes = usualSegmentBytes, readOnly = false }: SegmentOptions = {}) {
    this.folder = folder;
    this.segmentBytes = segmentBytes;
    this.readOnly = readOnly;
    const names = listed(folder);
    this.segments = names.map((name) => ({ path: join(folder, name), last: Number.POSITIVE_INFINITY }));
    this.nextNumber = Number.parseInt(names.at(-1) ?? '0', 10) + 1;
  }

  /**
   * All rows, oldest first; a damaged stretch is a row that cannot be read. What a crash left unfinished at the end
   * is no damage: nobody was told that it is stored.
   */
  *rows(): Iterable<JournalRow> {
    for (const segment of [...this.segments]) {
      const active = segment === this.active ? this.active : undefined;
      const file = this.contentOf(segment);
      const bytes = active ? file.subarray(0, active.position) : file;
      const isLast = segment === this.segments.at(-1);
      let last = 0;
      let end = 0;
      for (const record of readRecords(bytes)) {
        if (record.isTail && isLast) break;
        end = record.end;
        last = Math.max(last, record.row.id);
        yield record.row;
      }
      segment.last = last;
      if (!active && !this.readOnly && end < file.length) truncateSync(segment.path, end);
    }
  }

  /** Who only reads may come too late: what the file held is sealed then. */
  private contentOf({ path }: Segment): Buffer {
    try {
      return readFileSync(path);
    } catch (error) {
      if (this.readOnly && codeOf(error) === 'ENOENT') return Buffer.alloc(0);
      throw error;
    }
  }

  /** Throws when the disk is full or broken; then nothing was added. */
  append(row: JournalRow): void {
    const head = encodeHead(row);
    const active = this.writable();
    const length = head.length + row.body.length;
    try {
      this.write(active, [head, row.body], length);
    } catch (error) {
      cut(active, active.position);
      active.filled = active.position;
      throw error;
    }
    active.position += length;
    active.last = row.id;
    this.unconfirmed.add(active);
  }

  private write(active: Active, parts: Uint8Array[], length: number): void {
    const { fd, position, filled } = active;
    if (position + length <= filled) {
      writeAll(fd, parts, length, position);
      return;
    }
    const ahead = Math.min(mostAhead, Math.max(leastAhead, position));
    try {
      writeAll(fd, [...parts, zeros.subarray(0, ahead)], length + ahead, position);
      active.filled = position + length + ahead;
    } catch {
      // The last room on a disk is for samples.
      ftruncateSync(fd, position);
      writeAll(fd, parts, length, position);
      active.filled = position + length;
    }
  }

  private writable(): Active {
    const { active } = this;
    if (active && active.position < this.segmentBytes) return active;
    if (active) this.retire(active);
    const isFirst = !existsSync(this.folder);
    makePrivateFolder(this.folder);
    const path = join(this.folder, `${String(this.nextNumber).padStart(10, '0')}.log`);
    const fd = openSync(path, 'wx', 0o600);
    this.nextNumber++;
    const fresh: Active = { path, fd, last: 0, position: 0, filled: 0, confirmed: 0 };
    this.active = fresh;
    this.segments.push(fresh);
    syncFolder(this.folder);
    if (isFirst) syncFolder(dirname(this.folder));
    return fresh;
  }

  /** Its end is cut to what was written; it is closed as soon as the disk has it. */
  private retire(active: Active): void {
    this.active = undefined;
    cut(active, active.position);
    if (!this.unconfirmed.has(active) && !this.running) closeSync(active.fd);
    else this.unconfirmed.add(active);
  }

  /** Resolves once all rows added before the call are on the disk. Rejected: rows not yet confirmed are gone. */
  durable(): Promise<void> {
    if (!this.running) {
      this.running = this.confirm().finally(() => {
        this.running = undefined;
      });
      return this.running;
    }
    // When the present one fails, what was added since is gone with it.
    this.next ??= this.running.then(
      () => {
        this.next = undefined;
        return this.durable();
      },
      (error: unknown) => {
        this.next = undefined;
        throw error;
      },
    );
    return this.next;
  }

  private async confirm(): Promise<void> {
    const targets = [...this.unconfirmed].map((segment) => ({ segment, position: segment.position }));
    this.unconfirmed.clear();
    try {
      await Promise.all(targets.map(({ segment }) => sync(segment.fd)));
    } catch (error) {
      // The system may take the pages for written from now on: only what was confirmed before can be trusted.
      const doubtful = new Set([...targets.map(({ segment }) => segment), ...this.unconfirmed]);
      this.unconfirmed.clear();
      for (const segment of doubtful) this.abandon(segment);
      throw error;
    }
    for (const { segment, position } of targets) {
      segment.confirmed = position;
      if (segment !== this.active && !this.unconfirmed.has(segment)) closeSync(segment.fd);
    }
  }

  private abandon(segment: Active): void {
    if (segment === this.active) this.active = undefined;
    cut(segment, segment.confirmed);
    closeSync(segment.fd);
  }

  /** Deletes files whose rows are all below `from`; what makes them needless must be on the disk. */
  async drop(from: number): Promise<void> {
    const { active } = this;
    if (active && active.last < from && active.position > 0) this.retire(active);
    for (const segment of this.segments) {
      if (segment === this.active || segment.last >= from) continue;
      await rm(segment.path, { force: true });
      this.segments = this.segments.filter((one) => one !== segment);
    }
  }

  bytes(): number {
    return this.segments.reduce(
      (sum, { path }) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  }

  async close(): Promise<void> {
    if (this.active) this.retire(this.active);
    await this.durable();
  }
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^\d{10}\.log$/.test(name))
      .sort();
  } catch {
    return [];
  }
}

/** A short write means that there is no more room; the rest then says so. */
function writeAll(fd: number, parts: readonly Uint8Array[], length: number, position: number): void {
  const written = writevSync(fd, parts, position);
  if (written < length) {
    const rest = Buffer.concat(parts).subarray(written);
    const more = writevSync(fd, [rest], position + written);
    if (more < rest.length)
      throw new Error(`only ${written + more} of ${length} bytes could be written: disk full?`);
  }
}

function cut({ fd }: Active, length: number): void {
  try {
    ftruncateSync(fd, length);
  } catch {
    // What stands there is overwritten by the next record, or dropped by the next start.
  }
}

/** The name of a new file must survive as well; not every system lets a folder be opened for that. */
function syncFolder(folder: string): void {
  let fd: number;
  try {
    fd = openSync(folder, 'r');
  } catch {
    return;
  }
  try {
    fsyncSync(fd);
  } catch {
    // As above.
  } finally {
    closeSync(fd);
  }
}
