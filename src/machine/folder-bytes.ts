/** Bytes of all files that lie below a folder, also while a program fills it. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../core/time.ts';

export async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  let bytes = 0;
  for (const entry of entries) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return bytes;
}

/** Often enough for whoever waits. */
const leastPauseMs = 2_000;
/** A folder of a million files is looked at less often, so that the looks cost the work a twentieth at most. */
const pausesPerLook = 20;

/**
 * Tells the size of a folder every few seconds while work goes on that fills it. A look that fails, since a file was
 * renamed meanwhile say, is left out.
 */
export async function whileMeasured<Result>(
  measure: () => Promise<number>,
  tell: (bytes: number) => void,
  { clock, signal }: { readonly clock: Pick<Clock, 'sleep' | 'monotonic'>; readonly signal: AbortSignal },
  work: () => Promise<Result>,
): Promise<Result> {
  const over = new AbortController();
  void looks();
  try {
    return await work();
  } finally {
    over.abort();
  }

  async function looks() {
    const end = AbortSignal.any([signal, over.signal]);
    for (let pauseMs = leastPauseMs; ; ) {
      await clock.sleep(pauseMs, end).catch(() => {});
      if (end.aborted) return;
      const from = clock.monotonic();
      const bytes = await measure().catch(() => null);
      pauseMs = Math.max(leastPauseMs, (clock.monotonic() - from) * pausesPerLook);
      if (bytes !== null && !end.aborted) tell(bytes);
    }
  }
}
