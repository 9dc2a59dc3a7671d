/** Follows one file as `tail -F` does: through rotation, truncation and absence, at a bounded cost. */
import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';

export interface FollowedFile {
  readonly path: string;
  /** Why it is not read just now, and what would help; null where it is. */
  unseen: string | null;
  handle: FileHandle | undefined;
  inode: number;
  offset: number;
  /** The beginning of a line whose end has not been written. */
  rest: Buffer;
  /** A line longer than is kept is under way: what comes of it is dropped. */
  isDropping: boolean;
}

export interface ReadLines {
  readonly lines: readonly string[];
  /** They stood there before it was followed. */
  readonly isPast: boolean;
}

/** What is read of what was written before: enough to know the usual lines and what led to a trouble. */
const pastBytes = 128 * 1_024;
/** At one call; a file that grows faster is read in parts. */
const mostBytes = 256 * 1_024;
/** Further behind than this the middle is left out. */
const mostBehindBytes = 4 * 1_024 * 1_024;
const longestLineBytes = 8 * 1_024;
/** Of a text hardly any character is one of control. */
const mostControl = 0.1;

export function follow(path: string): FollowedFile {
  return {
    path,
    unseen: null,
    handle: undefined,
    inode: 0,
    offset: 0,
    rest: Buffer.alloc(0),
    isDropping: false,
  };
}

export async function release(file: FollowedFile): Promise<void> {
  const { handle } = file;
  file.handle = undefined;
  await handle?.close().catch(() => {});
}

/** What was written since the last call. Never throws; `unseen` says what stands in the way. */
export async function readOn(file: FollowedFile): Promise<ReadLines[]> {
  try {
    const now = await stat(file.path).catch((error: unknown) => unseenFor(file, error));
    const isReplaced = file.handle !== undefined && now?.ino !== file.inode;
    // What was written between the last look and the rotation stands in the old file alone.
    const last = isReplaced ? [await readPart(file, false)] : [];
    if (isReplaced) await release(file);
    if (!now) return last;
    if (!now.isFile()) {
      file.unseen = 'it is no plain file';
      return last;
    }
    const isPast = file.handle === undefined && !isReplaced && file.inode === 0;
    if (file.handle === undefined) await begin(file, isPast);
    return [...last, await readPart(file, isPast)].filter(({ lines }) => lines.length > 0);
  } catch (error) {
    unseenFor(file, error);
    await release(file);
    return [];
  }
}

async function begin(file: FollowedFile, isPast: boolean): Promise<void> {
  // Not blocking: a pipe that takes the place of the file would hold us until somebody writes.
  const handle = await open(file.path, constants.O_RDONLY | constants.O_NONBLOCK);
  const { ino, size } = await handle.stat();
  file.handle = handle;
  file.inode = ino;
  file.offset = isPast ? Math.max(0, size - pastBytes) : 0;
  file.rest = Buffer.alloc(0);
  // Where the past begins in the middle of a line, that line is no line.
  file.isDropping = file.offset > 0;
  file.unseen = null;
}

async function readPart(file: FollowedFile, isPast: boolean): Promise<ReadLines> {
  const none = { lines: [], isPast };
  if (!file.handle) return none;
  const { size } = await file.handle.stat();
  if (size < file.offset) {
    file.offset = 0;
    file.rest = Buffer.alloc(0);
    file.isDropping = false;
  }
  if (size - file.offset > mostBehindBytes) {
    file.offset = size - mostBytes;
    file.rest = Buffer.alloc(0);
    file.isDropping = true;
  }
  const length = Math.min(size - file.offset, mostBytes);
  if (length === 0) return none;
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.handle.read(buffer, 0, length, file.offset);
  file.offset += bytesRead;
  // Truncated while it is written to, a file begins with a hole of zeros.
  const text = withoutHole(buffer.subarray(0, bytesRead));
  if (isBinary(text)) {
    file.unseen = 'it holds no text';
    file.rest = Buffer.alloc(0);
    file.isDropping = true;
    return none;
  }
  file.unseen = null;
  return { lines: cut(file, text), isPast };
}

function withoutHole(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first <= 0 ? (first === 0 ? bytes : Buffer.alloc(0)) : bytes.subarray(first);
}

function isBinary(bytes: Buffer): boolean {
  let control = 0;
  for (const byte of bytes) if (byte < 9 || (byte > 13 && byte < 27)) control++;
  return control > bytes.length * mostControl;
}

const lineFeed = 10;

/** Whole lines; one that is too long is cut, its end waits for the next call otherwise. */
function cut(file: FollowedFile, bytes: Buffer): string[] {
  const lines: string[] = [];
  let from = 0;
  for (let at = bytes.indexOf(lineFeed); at !== -1; at = bytes.indexOf(lineFeed, from)) {
    const part = bytes.subarray(from, at);
    from = at + 1;
    if (file.isDropping) file.isDropping = false;
    else lines.push(textOf(Buffer.concat([file.rest, part])));
    file.rest = Buffer.alloc(0);
  }
  if (file.isDropping) return lines;
  file.rest = Buffer.concat([file.rest, bytes.subarray(from)]);
  if (file.rest.length > longestLineBytes) {
    lines.push(textOf(file.rest));
    file.rest = Buffer.alloc(0);
    file.isDropping = true;
  }
  return lines;
}

function textOf(bytes: Buffer): string {
  return bytes.toString('utf8', 0, Math.min(bytes.length, longestLineBytes)).replace(/\r$/, '');
}

function unseenFor(file: FollowedFile, error: unknown): undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  file.unseen =
    code === 'ENOENT'
      ? 'there is no such file'
      : code === 'EACCES' || code === 'EPERM'
        ? 'Upkeep may not read it: add its user to the group of the file (often adm), or setfacl -m u:upkeep:r'
        : `it cannot be read (${code})`;
  return undefined;
}
