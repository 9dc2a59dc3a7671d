/** Objectives by time: a slice of time is good or bad as a whole, however much traffic it had. */
import type { EventCounts } from './event-counts.ts';

export interface SliceSettings {
  /** A minute as a rule. */
  readonly sliceMs: number;
  /** The share of a slice's events that must be good for the slice to be: 0.95. */
  readonly goodAtLeast: number;
}

export interface TimeSlices {
  /** Takes events in the order of time; those before the slice in hand are left out. */
  add(at: number, good: number, bad: number): void;
  /** Closes the slice in hand when `now` is past its end; call it when nothing may have come for a while. */
  advance(now: number): void;
}

/** Sums events to slices and counts each closed slice as one good or one bad. A slice without events is neither. */
export function createTimeSlices(counts: EventCounts, { sliceMs, goodAtLeast }: SliceSettings): TimeSlices {
  let slice = -1;
  let good = 0;
  let bad = 0;
  function close(): void {
    const total = good + bad;
    if (total > 0) {
      const isGood = good >= total * goodAtLeast;
      counts.add(slice * sliceMs, isGood ? 1 : 0, isGood ? 0 : 1);
    }
    good = 0;
    bad = 0;
  }
  return {
    add(at, plusGood, plusBad) {
      const current = Math.floor(at / sliceMs);
      if (current < slice) return;
      if (current > slice) {
        close();
        slice = current;
      }
      good += plusGood;
      bad += plusBad;
    },
    advance(now) {
      if (now < (slice + 1) * sliceMs) return;
      close();
      slice = Math.floor(now / sliceMs);
    },
  };
}
