/** Whether what fires is the same trouble come back. Pure. */
export interface Ended {
  readonly id: string;
  readonly lead: string;
  readonly resolvedAt: number;
  readonly isMerged: boolean;
}

export type Reopening =
  | { readonly kind: 'reopen'; readonly incidentId: string; readonly reason: string }
  | { readonly kind: 'new'; readonly reason: string };

/** The newest incident that the target led and that ended within the window; no time makes every return a new one. */
export function reopening(
  alert: { readonly target: string },
  ended: readonly Ended[],
  now: number,
  withinMs: number,
): Reopening {
  const recent = ended
    .filter((one) => !one.isMerged && withinMs > 0 && now - one.resolvedAt <= withinMs)
    .sort((a, b) => b.resolvedAt - a.resolvedAt);
  const led = recent.find((one) => one.lead === alert.target);
  if (led) return { kind: 'reopen', incidentId: led.id, reason: `${alert.target} led it and fires again` };
  return { kind: 'new', reason: `${alert.target} had no incident that ended lately` };
}
