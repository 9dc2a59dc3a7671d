/** What processes read from and write to disks: /proc/PID/io (proc(5)). */
import { readFile } from 'node:fs/promises';
import { allProcesses, type ProcessFacts } from './processes.ts';

export interface ProcessIo {
  readonly facts: ProcessFacts;
  /** Bytes fetched from disks so far. */
  readonly read: number;
  /** Bytes to be written to disks so far, less those that were deleted before they were. */
  readonly written: number;
}

export function parseProcessIo(text: string): Pick<ProcessIo, 'read' | 'written'> | undefined {
  const value = (name: string) => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
  const [read, written, cancelled] = [
    value('read_bytes'),
    value('write_bytes'),
    value('cancelled_write_bytes'),
  ];
  if (!Number.isFinite(read + written)) return undefined;
  return { read, written: Math.max(0, written - (Number.isFinite(cancelled) ? cancelled : 0)) };
}

/** Of every process that may be seen, and of how many it may not: those of other users need CAP_SYS_PTRACE. */
export async function readProcessIo(): Promise<{ readonly seen: ProcessIo[]; readonly hidden: number }> {
  const seen: ProcessIo[] = [];
  let hidden = 0;
  for (const facts of await allProcesses()) {
    if (facts.state === 'zombie') continue;
    const io = await readFile(`/proc/${facts.pid}/io`, 'utf8').then(parseProcessIo, (error: unknown) => {
      // A process that has ended is not hidden.
      if (error instanceof Error && 'code' in error && error.code === 'EACCES') hidden += 1;
      return undefined;
    });
    if (io !== undefined) seen.push({ facts, ...io });
  }
  return { seen, hidden };
}
