/** Whether what fires is the same trouble come back, and since when an incident is open. Pure. */
import { isAlike } from './hygiene.ts';

export interface Ended {
  readonly id: string;
  readonly lead: string;
  readonly resolvedAt: number;
  readonly isMerged: boolean;
  /** Rules that fired in it, by target. */
  readonly symptoms: readonly { readonly rule: string; readonly target: string }[];
  /** It was about how something is set up, no trouble. */
  readonly isHygiene?: boolean;
}

export type Reopening =
  | { readonly kind: 'reopen'; readonly incidentId: string; readonly reason: string }
  | { readonly kind: 'new'; readonly reason: string };

/**
 * The newest incident that the target led, that the same rule fired in for it, and that ended within the window: another
 * rule is another trouble, which may have another cause. No time makes every return a new one.
 */
export function reopening(
  alert: { readonly rule: string; readonly target: string; readonly isHygiene?: boolean },
  ended: readonly Ended[],
  now: number,
  withinMs: number,
): Reopening {
  const recent = ended
    .filter((one) => !one.isMerged && isAlike(one, alert) && withinMs > 0 && now - one.resolvedAt <= withinMs)
    .sort((a, b) => b.resolvedAt - a.resolvedAt);
  const led = recent.filter((one) => one.lead === alert.target);
  const same = led.find(({ symptoms }) =>
    symptoms.some(({ rule, target }) => rule === alert.rule && target === alert.target),
  );
  if (same)
    return {
      ...{ kind: 'reopen', incidentId: same.id },
      reason: `${alert.target} led it and ${alert.rule} fires again`,
    };
  const reason =
    led.length > 0
      ? `${alert.rule} fired in no incident of ${alert.target} that ended lately`
      : `${alert.target} had no incident that ended lately`;
  return { kind: 'new', reason };
}

/** Since when it is open without a time between in which it was over, epoch milliseconds. */
export function openSince({
  openedAt,
  reopenedAt,
}: {
  readonly openedAt: number;
  readonly reopenedAt?: number | null;
}): number {
  return reopenedAt ?? openedAt;
}

/** What stands before how long it has been open: `for 5 m`, `again for 5 m`. */
export function openWords({ reopenedAt }: { readonly reopenedAt?: number | null }): string {
  return reopenedAt == null ? 'for' : 'again for';
}

/** When what the summary says was seen, epoch milliseconds; null where it has no figure that could be stale. */
export function summarySeenAt({
  summary,
  summaryAt,
}: {
  readonly summary: string | null;
  readonly summaryAt?: number | null;
}): number | null {
  return summaryAt != null && /\d/.test(summary ?? '') ? summaryAt : null;
}
