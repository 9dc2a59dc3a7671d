import type { Alert } from '../../core/alert.ts';
import { formatMatcher, type Silence } from '../../core/mute.ts';
import { type Reachable, strangersAmong } from '../../core/mute-strangers.ts';

export interface SilenceView {
  readonly id: string;
  /** `target=web-*` */
  readonly matchers: readonly string[];
  readonly reason: string;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly startsAt: number;
  readonly endsAt: number;
  readonly isActive: boolean;
  /** Alerts that it holds back now. */
  readonly holds: readonly { readonly rule: string; readonly target: string; readonly since: number }[];
  /** Conditions that name nothing there is, with the name that was probably meant. */
  readonly warnings: readonly string[];
}

export function silenceView(
  silence: Silence,
  now: number,
  held: readonly Alert[],
  known: Reachable | null,
): SilenceView {
  return {
    ...silence,
    matchers: silence.matchers.map(formatMatcher),
    isActive: silence.startsAt <= now && now < silence.endsAt,
    holds: held
      .filter(({ heldBy }) => heldBy === `silence:${silence.id}`)
      .map(({ rule, target, since }) => ({ rule, target, since })),
    warnings: known === null ? [] : strangersAmong(silence.matchers, known),
  };
}
