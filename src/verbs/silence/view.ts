import type { Alert } from '../../core/alert.ts';
import { formatMatcher, matches, type Silence, type Subject } from '../../core/mute.ts';
import { type Reachable, strangersAmong } from '../../core/mute-strangers.ts';
import { subjects } from '../../pipeline/holds.ts';
import * as alertRows from '../../store/alerts.ts';
import type { VerbContext } from '../context.ts';

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
  /** Firing alerts that it matches now, and how many of them an open incident has, which they stay in. */
  readonly firing: { readonly alerts: number; readonly inIncidents: number };
  /** Conditions that name nothing there is, with the name that was probably meant. */
  readonly warnings: readonly string[];
}

/** What fires, and how it is matched. */
export interface FiringNow {
  readonly alerts: readonly Alert[];
  readonly subjectOf: (alert: Alert) => Subject;
}

export async function firingNow(ctx: VerbContext): Promise<FiringNow> {
  const open = await alertRows.open(ctx.store.db);
  return {
    alerts: open.filter(({ state }) => state === 'firing'),
    subjectOf: subjects(ctx.configuration(), ctx.estate().topology),
  };
}

export function silenceView(
  silence: Silence,
  now: number,
  { alerts, subjectOf }: FiringNow,
  known: Reachable | null,
): SilenceView {
  const isActive = silence.startsAt <= now && now < silence.endsAt;
  const matching = alerts.filter(
    (alert) => isActive && silence.matchers.every((matcher) => matches(matcher, subjectOf(alert))),
  );
  return {
    ...silence,
    matchers: silence.matchers.map(formatMatcher),
    isActive,
    firing: {
      alerts: matching.length,
      inIncidents: matching.filter(({ incidentId }) => incidentId !== null).length,
    },
    holds: alerts
      .filter(({ heldBy }) => heldBy === `silence:${silence.id}`)
      .map(({ rule, target, since }) => ({ rule, target, since })),
    warnings: known === null ? [] : strangersAmong(silence.matchers, known),
  };
}
