/** The hours of the week with the least work, from measured rates. Pure. */
import { Temporal } from 'temporal-polyfill';

/** One series of work done: requests, transactions, commands a second. */
export interface Rates {
  readonly at: readonly number[];
  readonly value: readonly (number | null)[];
}

export interface QuietSlot {
  /** 1 Monday to 7 Sunday, on the wall clock of the team. */
  readonly weekday: number;
  readonly hour: number;
  /** Work in the slot as a share of the average: 0.2 is a fifth. */
  readonly share: number;
  /** How many weeks the slot was seen in. */
  readonly weeks: number;
}

const slotsOfWeek = 7 * 24;
/** A slot that was never seen is no quiet one, so nearly the whole week must have been. */
const leastSeen = 0.9;

/**
 * Slots of `hours` length, the quietest first. Each series counts relative to its own average, so that bytes do not
 * outweigh requests; of several weeks the busiest counts, as one busy Sunday is reason enough not to choose it.
 * Undefined while less than a week was measured.
 */
export function quietestSlots(
  all: readonly Rates[],
  timezone: string,
  hours: number,
): QuietSlot[] | undefined {
  const weeks = Array.from({ length: slotsOfWeek }, () => new Map<number, number[]>());
  for (const { at, value } of all) {
    const known = value.filter((one) => one !== null);
    const average = known.reduce((sum, one) => sum + one, 0) / known.length;
    if (!(average > 0)) continue;
    for (const [index, moment] of at.entries()) {
      const rate = value[index];
      if (rate === null || rate === undefined) continue;
      const local = Temporal.Instant.fromEpochMilliseconds(moment).toZonedDateTimeISO(timezone);
      const slot = weeks[(local.dayOfWeek - 1) * 24 + local.hour];
      const week = Math.floor(moment / (7 * 86_400_000));
      slot?.set(week, [...(slot.get(week) ?? []), rate / average]);
    }
  }
  const seen = weeks.filter((slot) => slot.size > 0).length;
  if (seen < slotsOfWeek * leastSeen) return undefined;
  const busiest = weeks.map((slot) => Math.max(...[...slot.values()].map(mean), slot.size === 0 ? 1 : 0));
  return Array.from({ length: slotsOfWeek }, (_, start) => {
    const span = Array.from({ length: hours }, (__, step) => (start + step) % slotsOfWeek);
    return {
      weekday: Math.floor(start / 24) + 1,
      hour: start % 24,
      share: Math.max(...span.map((slot) => busiest[slot] ?? 1)),
      weeks: Math.min(...span.map((slot) => weeks[slot]?.size ?? 0)),
    };
  }).sort((a, b) => a.share - b.share || a.weekday - b.weekday || a.hour - b.hour);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
