/** The times in which an incident was over before it was opened again, and how long it was open without them. Pure. */

/** From when it was over to when it was opened again, epoch milliseconds. */
export interface Lull {
  readonly from: number;
  readonly to: number;
}

interface Ended {
  readonly resolvedAt: number | null;
  readonly conduct?: { readonly lulls?: readonly Lull[] };
}

/** Of an incident that is opened again now: those it had, and the one that ends. */
export function lullsWith({ resolvedAt, conduct }: Ended, now: number): readonly Lull[] {
  const before = conduct?.lulls ?? [];
  return resolvedAt === null ? before : [...before, { from: resolvedAt, to: now }];
}

/** Milliseconds of [from, to) in which it was over. */
export function lullMs(lulls: readonly Lull[], from: number, to: number): number {
  return lulls.reduce((sum, lull) => sum + Math.max(0, Math.min(lull.to, to) - Math.max(lull.from, from)), 0);
}

/** How long it was open until it ended or now, milliseconds: the time between its end and its return left out. */
export function openMs(
  {
    openedAt,
    resolvedAt,
    lulls = [],
  }: { readonly openedAt: number; readonly resolvedAt: number | null; readonly lulls?: readonly Lull[] },
  now: number,
): number {
  const to = resolvedAt ?? now;
  return Math.max(0, to - openedAt - lullMs(lulls, openedAt, to));
}
