/** What the kernel said last: its ring buffer where it may be read, else the journal's copy. */

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { readCpu } from './cpu.ts';
import { remedyHere } from './privilege.ts';
import { runProgram } from './run-program.ts';

export interface KernelLine {
  /** Epoch milliseconds, by the kernel's clock since boot: off by the time the machine slept. */
  readonly at: number;
  readonly text: string;
}

export type KernelLog =
  | { readonly kind: 'read'; readonly lines: readonly KernelLine[]; readonly by: string }
  | { readonly kind: 'unreadable'; readonly why: string };

const recordBytes = 8_192;
const mostRecords = 50_000;
const journalLines = 5_000;
const ordinary = 'give Upkeep CAP_SYSLOG, or put its user into the group systemd-journal';

/** A record of /dev/kmsg: `6,339,5140900,-;message`, then lines of its device that begin with a space. */
export function parseKernelRecord(record: string, bootedAt: number): KernelLine | undefined {
  const found = /^(\d+),\d+,(\d+),[^;]*;([^\n]*)/.exec(record);
  if (found === null) return undefined;
  const [, priority, microseconds, text = ''] = found;
  // Facility 0 is the kernel's own: everybody else who may write there is a program.
  if (Number(priority) >> 3 !== 0) return undefined;
  return {
    at: bootedAt + Math.round(Number(microseconds) / 1_000),
    text: text.replace(/\\x[0-9a-f]{2}/g, ' '),
  };
}

/** `1732289654.123456 host kernel: message` of `journalctl -o short-unix`. */
export function parseJournalLine(line: string): KernelLine | undefined {
  const found = /^(\d+\.\d+) \S+ kernel: (.*)$/.exec(line);
  return found === null ? undefined : { at: Math.round(Number(found[1]) * 1_000), text: found[2] ?? '' };
}

/** Oldest first. */
export async function readKernelLog(signal: AbortSignal): Promise<KernelLog> {
  const ring = await readRing(signal).catch((error: unknown) => codeOf(error));
  if (typeof ring !== 'string') return { kind: 'read', lines: ring, by: 'dmesg' };
  const words = ['journalctl', '-k', '-q', '--no-pager', '-o', 'short-unix', '-n', String(journalLines)];
  const journal = await runProgram(words, { signal }).catch(() => undefined);
  const lines = (journal?.text ?? '').split('\n').flatMap((line) => parseJournalLine(line) ?? []);
  if (lines.length > 0) return { kind: 'read', lines, by: 'journalctl -k' };
  return {
    kind: 'unreadable',
    why: `the kernel log cannot be read (/dev/kmsg: ${ring}): ${remedyHere('CAP_SYSLOG', ordinary)}`,
  };
}

async function readRing(signal: AbortSignal): Promise<KernelLine[]> {
  const bootedAt = (await readCpu())?.bootedAt ?? 0;
  const file = await open('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK);
  const lines: KernelLine[] = [];
  const buffer = Buffer.alloc(recordBytes);
  try {
    for (let records = 0; records < mostRecords && !signal.aborted; records++) {
      const length = await file.read(buffer, 0, recordBytes, null).then(
        ({ bytesRead }) => bytesRead,
        (error: unknown) => codeOf(error),
      );
      // EAGAIN is the end; EPIPE says that records were overwritten meanwhile.
      if (length === 'EPIPE') continue;
      if (typeof length === 'string' || length === 0) break;
      const line = parseKernelRecord(buffer.toString('utf8', 0, length), bootedAt);
      if (line !== undefined) lines.push(line);
    }
  } finally {
    await file.close();
  }
  return lines;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
