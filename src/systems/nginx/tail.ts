/** What was appended to a log since the last look; a rotated file is read from its beginning. */
import { open } from 'node:fs/promises';

/** More than this in one look is skipped over: a probe has little time. */
const maxBytes = 4_000_000;

export interface Tail {
  /** Whole lines; none at the first look, which only finds the end. @throws where the file cannot be read */
  lines(): Promise<string[]>;
  /** The newest whole lines, whether looked at before or not. */
  last(bytes: number): Promise<string[]>;
}

export function createTail(path: string): Tail {
  let at: { readonly inode: number; readonly offset: number } | undefined;
  let rest = '';
  const look = async (from: (size: number, inode: number) => number) => {
    const file = await open(path, 'r');
    try {
      const { size, ino } = await file.stat();
      const start = Math.max(0, from(size, ino), size - maxBytes);
      const buffer = Buffer.alloc(Math.max(0, size - start));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
      return { text: buffer.toString('utf8', 0, bytesRead), inode: ino, end: start + bytesRead };
    } finally {
      await file.close();
    }
  };
  return {
    async lines() {
      const known = at;
      const seen = await look((size, inode) => {
        if (known === undefined) return size;
        return known.inode === inode && known.offset <= size ? known.offset : 0;
      });
      if (known?.inode !== seen.inode) rest = '';
      at = { inode: seen.inode, offset: seen.end };
      const lines = `${rest}${seen.text}`.split('\n');
      rest = lines.pop() ?? '';
      return lines;
    },
    async last(bytes) {
      const { text } = await look((size) => size - Math.min(bytes, maxBytes));
      const lines = text.split('\n').filter((line) => line !== '');
      return text.length >= bytes ? lines.slice(1) : lines;
    },
  };
}
