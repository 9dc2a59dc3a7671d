/** Gathers samples for a moment, so that a thousand checks are a few writes. Rules have judged them already. */
import type { Sample } from '../core/sample.ts';
import type { Clock } from '../core/time.ts';

export interface SampleBuffer {
  take(samples: readonly Sample[]): void;
  /** Writes what is left. */
  flush(): Promise<void>;
  readonly counts: { taken: number; lost: number };
}

const gatherMs = 500;
/** While the store does not answer, no more than this is kept; older samples are lost and counted. */
const mostKept = 200_000;

export function createSampleBuffer(
  clock: Clock,
  append: (samples: readonly Sample[]) => Promise<void>,
  onError: (error: unknown, lost: number) => void,
): SampleBuffer {
  let kept: Sample[] = [];
  let isArmed = false;
  let writing: Promise<void> = Promise.resolve();
  const counts = { taken: 0, lost: 0 };

  function flush(): Promise<void> {
    isArmed = false;
    const batch = kept;
    kept = [];
    if (batch.length === 0) return writing;
    writing = writing.then(() => append(batch)).catch((error: unknown) => giveBack(batch, error));
    return writing;
  }

  function giveBack(batch: Sample[], error: unknown) {
    kept = [...batch, ...kept];
    const lost = Math.max(0, kept.length - mostKept);
    kept.splice(0, lost);
    counts.lost += lost;
    onError(error, lost);
    arm(5_000);
  }

  function arm(ms: number) {
    if (isArmed) return;
    isArmed = true;
    clock.after(ms, () => void flush());
  }

  return {
    counts,
    take(samples) {
      counts.taken += samples.length;
      for (const sample of samples) kept.push(sample);
      arm(gatherMs);
    },
    flush,
  };
}
