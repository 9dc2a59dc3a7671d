/** Whether the trouble that Upkeep asked leave for still stands: a yes to what is over would change a sound system. Pure. */
import type { Alert } from './alert.ts';
import { isOfBudget, symptomsAmong } from './incident/hygiene.ts';
import { dependentsOf, type Topology } from './topology.ts';

export interface Over {
  /** Since when, epoch milliseconds. */
  readonly at: number;
  /** When it has been so for long enough, epoch milliseconds; before that it may be a pause of what comes and goes. */
  readonly heldAt: number;
  readonly reason: string;
}

/**
 * It stands while an alert of the target or of what needs it lasts that began before the others were over; where
 * neither ever had one, while any of the incident lasts. What began after all had been well for as long as recovery must
 * hold is another trouble. Where only what needs the target is still ill, a look that came after the target was well
 * decides: the trouble is over when that no longer asks for the action.
 * @param alerts all of the incident, resolved ones too
 * @param diagnosis when the latest found something, and when one that asks for this action did; epoch milliseconds
 * @param holdMs how long recovery must hold
 */
export function troubleOver(
  { target, proposedAt }: { readonly target: string; readonly proposedAt: number },
  alerts: readonly Alert[],
  topology: Topology,
  diagnosis: { readonly at: number | null; readonly askedAt: number | null },
  holdMs: number,
): Over | null {
  const symptoms = symptomsAmong(alerts).filter((alert) => !isOfBudget(alert));
  const reached = new Set([target, ...dependentsOf(topology, target)]);
  const related = symptoms.filter((alert) => reached.has(alert.target));
  const own = symptoms.filter((alert) => alert.target === target);
  const [basis, whose] =
    related.length > 0
      ? [related, `of ${target} and of what needs it`]
      : ([symptoms, 'of the incident'] as const);
  const over = (at: number, reason: string): Over => ({ at, heldAt: at + holdMs, reason });
  const wellAt = calmSince(basis, proposedAt, holdMs);
  if (wellAt !== null) return over(wellAt, `every alert ${whose} has cleared`);
  const ownWellAt = calmSince(own, proposedAt, holdMs);
  if (ownWellAt === null || (diagnosis.at ?? 0) <= ownWellAt) return null;
  if ((diagnosis.askedAt ?? 0) > ownWellAt) return null;
  const reason = `the alerts of ${target} have cleared, and the diagnosis since then asks for it no longer`;
  return over(ownWellAt, reason);
}

/** When all were well at once: now, or for `holdMs` after `from`; null where never, or where there are none. */
function calmSince(alerts: readonly Alert[], from: number, holdMs: number): number | null {
  if (alerts.length === 0) return null;
  const ends = alerts.map(({ resolvedAt }) => resolvedAt ?? Number.POSITIVE_INFINITY);
  const last = Math.max(...ends);
  if (Number.isFinite(last)) return last;
  const isCalm = (at: number) => alerts.every(({ since }, i) => since >= at + holdMs || (ends[i] ?? 0) <= at);
  return (
    ends
      .filter((end) => end >= from && Number.isFinite(end))
      .toSorted((a, b) => a - b)
      .find(isCalm) ?? null
  );
}
