/** Chance that can be repeated: the same seed draws the same numbers (mulberry32). */
export interface Chance {
  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number;
  is(probability: number): boolean;
  pick<T>(among: readonly [T, ...T[]]): T;
}

export function chanceFrom(seed: number): Chance {
  let state = seed >>> 0;
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  return {
    below: (limit) => Math.floor(next() * limit),
    is: (probability) => next() < probability,
    pick: (among) => among[Math.floor(next() * among.length)] ?? among[0],
  };
}
