import { type MaintenanceWindow, occurrencesOf } from '../../core/maintenance.ts';

export interface WindowView extends MaintenanceWindow {
  /** The stretch that runs, or the next one; null when it is over for good. */
  readonly next: { readonly startsAt: number; readonly endsAt: number } | null;
  readonly isRunning: boolean;
  /** Further stretches, oldest first. */
  readonly upcoming: readonly { readonly startsAt: number; readonly endsAt: number }[];
}

const horizonMs = 400 * 86_400_000;
const shown = 10;

export function windowView(window: MaintenanceWindow, now: number): WindowView {
  const [next, ...upcoming] = occurrencesOf(window, now, now + horizonMs).slice(0, shown);
  return { ...window, next: next ?? null, isRunning: next !== undefined && next.startsAt <= now, upcoming };
}
