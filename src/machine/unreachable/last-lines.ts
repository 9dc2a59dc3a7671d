import { open } from 'node:fs/promises';
import { printable, redact } from '../../core/redact.ts';

const mostBytes = 16 * 1024;
export const mostLines = 20;

/** The end of a log without secrets; why it cannot be read as an error. @throws what opening or reading it says */
export async function lastLines(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new Error(`${path} is no file`);
    const from = Math.max(0, stat.size - mostBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(mostBytes), 0, mostBytes, from);
    const lines = buffer.toString('utf8', 0, bytesRead).trimEnd().split('\n');
    // The first may be cut.
    const whole = from > 0 ? lines.slice(1) : lines;
    return redact(
      whole
        .slice(-mostLines)
        .map((line) => printable(line))
        .join('\n'),
    );
  } finally {
    await file.close();
  }
}
