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
/** Taking from the front of so long a list costs; this many more may gather before it is done. */
const slack = 10_000;
const retryMs = 5_000;

export function createSampleBuffer(
  clock: Clock,
  append: (samples: readonly Sample[]) => Promise<void>,
  onError: (error: unknown, lost: number) => void,
): SampleBuffer {
  let kept: Sample[] = [];
  let isArmed = false;
  let writing: Promise<void> = Promise.resolve();
  const counts = { taken: 0, lost: 0 };

  /** One write at a time: while the store is slow, samples gather here, where they are bounded. */
  function flush(): Promise<void> {
    writing = writing.then(write);
    return writing;
  }

  async function write() {
    isArmed = false;
    const batch = kept;
    kept = [];
    if (batch.length === 0) return;
    try {
      await append(batch);
    } catch (error) {
      kept = [...batch, ...kept];
      onError(error, bound());
      arm(retryMs);
    }
  }

  function bound(): number {
    const lost = Math.max(0, kept.length - mostKept);
    kept.splice(0, lost);
    counts.lost += lost;
    return lost;
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
      if (kept.length > mostKept + slack) bound();
      arm(gatherMs);
    },
    flush,
  };
}
