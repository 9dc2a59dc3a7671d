/** When an open incident is looked into: at once, soon again while nothing is sure, then now and then. Pure. */
import type { Alert } from '../alert.ts';

const minuteMs = 60_000;
/** While nothing is sure, or nothing could be planned. */
const soonMs = [2_000, 5_000, 15_000, 30_000, minuteMs];

/** How long after this look, the first is 1, the next follows; null where none follows soon. */
export function nextSoonMs(round: number): number | null {
  return soonMs[round - 1] ?? null;
}

/** What was found may hold no longer without any alert that says so: the older the incident, the rarer the look. */
export function nextLaterMs(ageMs: number): number {
  if (ageMs < 60 * minuteMs) return 10 * minuteMs;
  return ageMs < 12 * 60 * minuteMs ? 30 * minuteMs : 120 * minuteMs;
}

/** The round of every look that comes later, not soon: what was recommended so far is not followed once more by it. */
export const laterRound = soonMs.length + 2;

type Symptom = Pick<Alert, 'state' | 'since' | 'resolvedAt'>;

/** Of what fired at the last look at least half has cleared, and something fires on. */
export function isMostlyClear(alerts: readonly Symptom[], lookedAt: number | null): boolean {
  if (lookedAt === null || !alerts.some(({ state }) => state === 'firing')) return false;
  const fired = alerts.filter(
    ({ since, state, resolvedAt }) =>
      since <= lookedAt && (state === 'firing' || (resolvedAt ?? 0) > lookedAt),
  );
  const cleared = fired.filter(({ state }) => state === 'resolved');
  return cleared.length > 0 && cleared.length * 2 >= fired.length;
}
