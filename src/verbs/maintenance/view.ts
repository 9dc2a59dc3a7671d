import { type MaintenanceWindow, occurrencesOf } from '../../core/maintenance.ts';

export interface WindowView extends MaintenanceWindow {
  /** The stretch that runs, or the next one; null when it is over for good. */
  readonly next: { readonly startsAt: number; readonly endsAt: number } | null;
  readonly isRunning: boolean;
  /** `nobody is told: add --notify …`; null where somebody hears of it. */
  readonly untold: string | null;
  /** Further stretches, oldest first. */
  readonly upcoming: readonly { readonly startsAt: number; readonly endsAt: number }[];
}

const horizonMs = 400 * 86_400_000;
const shown = 10;

export function windowView(
  window: MaintenanceWindow,
  now: number,
  notifiers: readonly { readonly name: string }[],
): WindowView {
  const [next, ...upcoming] = occurrencesOf(window, now, now + horizonMs).slice(0, shown);
  const isRunning = next !== undefined && next.startsAt <= now;
  return { ...window, next: next ?? null, isRunning, untold: untoldOf(window, notifiers), upcoming };
}

function untoldOf(
  { notify, createdBy }: MaintenanceWindow,
  notifiers: readonly { readonly name: string }[],
): string | null {
  if (notify.length > 0) return null;
  const names = notifiers.map(({ name }) => name).join(', ');
  if (names === '') return 'nobody is told: there is no channel; add one below notify: in upkeep.yaml';
  const remedy = createdBy === null ? 'add notify: [CHANNEL]' : 'add --notify CHANNEL';
  return `nobody is told: ${remedy} (channels: ${names})`;
}
