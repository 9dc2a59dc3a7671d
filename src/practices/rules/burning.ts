/** Counts of good and bad by the minute over a stretch of the past, for replays of burn rates. */
import type { CountBetween } from '../../core/burn-rate/objective.ts';

const minuteMs = 60_000;

export interface MinuteCounts {
  add(at: number, good: number, bad: number): void;
  /** Ready for questions; what is added later is not seen. */
  close(): { readonly count: CountBetween; readonly since: number | null };
}

export function createMinuteCounts(from: number, to: number): MinuteCounts {
  const size = Math.max(1, Math.ceil((to - from) / minuteMs) + 1);
  const good = new Float64Array(size + 1);
  const bad = new Float64Array(size + 1);
  let first: number | null = null;
  const placeOf = (at: number) => Math.max(0, Math.min(size, Math.ceil((at - from) / minuteMs)));
  return {
    add(at, plusGood, plusBad) {
      const place = Math.floor((at - from) / minuteMs) + 1;
      if (place < 1 || place > size) return;
      good[place] = (good[place] ?? 0) + plusGood;
      bad[place] = (bad[place] ?? 0) + plusBad;
      if (first === null || at < first) first = at;
    },
    close() {
      for (let i = 1; i <= size; i++) {
        good[i] = (good[i] ?? 0) + (good[i - 1] ?? 0);
        bad[i] = (bad[i] ?? 0) + (bad[i - 1] ?? 0);
      }
      const between = (sums: Float64Array, a: number, b: number) =>
        (sums[placeOf(b)] ?? 0) - (sums[placeOf(a)] ?? 0);
      return { count: (a, b) => ({ good: between(good, a, b), bad: between(bad, a, b) }), since: first };
    },
  };
}
