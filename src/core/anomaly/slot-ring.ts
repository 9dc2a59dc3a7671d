/** The last values of a series, one for each slot of time, in fixed memory. */

export interface SlotRing {
  readonly slotMs: number;
  /** NaN where nothing came. The slot `n` since the epoch stands at `n mod length`. */
  readonly values: Float32Array;
  /** The newest slot, counted from the epoch; -1 before the first value. */
  newest: number;
  /** Slots that were filled since the ranges were last computed. */
  fresh: number;
  /** Slots that hold a value. */
  filled: number;
}

export function createSlotRing(slotMs: number, slots: number): SlotRing {
  return {
    slotMs,
    values: new Float32Array(slots).fill(Number.NaN),
    newest: -1,
    fresh: 0,
    filled: 0,
  };
}

/**
 * Keeps of each slot the value farthest from `centre`: a range of these covers the values of every slot, where means
 * would hide the extremes and single values would miss most of them. Values older than the newest slot are left out.
 */
export function remember(ring: SlotRing, at: number, value: number, centre: number): void {
  const slot = Math.floor(at / ring.slotMs);
  if (slot < ring.newest) return;
  const place = slot % ring.values.length;
  if (slot > ring.newest) {
    forgetBetween(ring, slot);
    ring.newest = slot;
    ring.fresh++;
    ring.filled++;
    ring.values[place] = value;
  } else if (Math.abs(value - centre) > Math.abs((ring.values[place] ?? value) - centre)) {
    ring.values[place] = value;
  }
}

/** What a gap skips, and what the new slot takes the place of, is forgotten. */
function forgetBetween(ring: SlotRing, slot: number): void {
  const size = ring.values.length;
  const first = ring.newest < 0 ? slot : Math.max(ring.newest + 1, slot - size + 1);
  for (let at = first; at <= slot; at++) {
    if (!Number.isNaN(ring.values[at % size])) ring.filled--;
    ring.values[at % size] = Number.NaN;
  }
}
