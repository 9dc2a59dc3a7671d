/** Counts of good and bad events by the minute, for burn rates of a stream without asking the store. */
import type { CountBetween, Tally } from './objective.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

export interface EventCounts {
  /** Counts events of the time `at` (epoch ms). They may come late; what is older than the period is left out. */
  add(at: number, good: number, bad: number): void;
  /**
   * Counts between two times: whole minutes for the last three days, whole hours before that. A bucket belongs to
   * the span that its beginning lies in.
   */
  readonly count: CountBetween;
  /** When the first event was seen, or null. */
  since(): number | null;
}

/** Some 100 KB for a period of 30 days; adding costs well under a microsecond, counting three days some fifty. */
export function createEventCounts(periodMs: number): EventCounts {
  const minutes = createRing(minuteMs, Math.min(periodMs, 72 * hourMs));
  const hours = createRing(hourMs, periodMs);
  let first: number | null = null;
  return {
    add(at, good, bad) {
      minutes.add(at, good, bad);
      hours.add(at, good, bad);
      if (first === null || at < first) first = at;
    },
    count(from, to) {
      const kept = minutes.oldest();
      if (from >= kept) return minutes.count(from, to);
      // Whole hours up to where minutes are kept from, so that no event counts twice.
      const border = Math.min(to, Math.ceil(kept / hourMs) * hourMs);
      const early = hours.count(from, border);
      const late = minutes.count(border, to);
      return { good: early.good + late.good, bad: early.bad + late.bad };
    },
    since: () => first,
  };
}

/** A ring of buckets; each remembers which bucket of time it holds, so that gaps cost nothing. */
function createRing(bucketMs: number, spanMs: number) {
  const size = Math.ceil(spanMs / bucketMs) + 1;
  const held = new Float64Array(size).fill(-1);
  const good = new Float64Array(size);
  const bad = new Float64Array(size);
  let newest = -1;
  return {
    oldest: () => Math.max(0, newest - size + 1) * bucketMs,
    add(at: number, plusGood: number, plusBad: number): void {
      const bucket = Math.floor(at / bucketMs);
      if (bucket <= newest - size) return;
      newest = Math.max(newest, bucket);
      const place = bucket % size;
      if (held[place] !== bucket) {
        held[place] = bucket;
        good[place] = 0;
        bad[place] = 0;
      }
      good[place] = (good[place] ?? 0) + plusGood;
      bad[place] = (bad[place] ?? 0) + plusBad;
    },
    count(from: number, to: number): Tally {
      const last = Math.min(newest, Math.ceil(to / bucketMs) - 1);
      const sum = { good: 0, bad: 0 };
      const first = Math.max(Math.ceil(from / bucketMs), newest - size + 1, 0);
      // Counted on by hand: a division for each bucket would be half of the time.
      let place = first % size;
      for (let bucket = first; bucket <= last; bucket++) {
        if (held[place] === bucket) {
          sum.good += good[place] ?? 0;
          sum.bad += bad[place] ?? 0;
        }
        if (++place === size) place = 0;
      }
      return sum;
    },
  };
}
