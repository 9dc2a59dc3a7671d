/** What people decided about an incident, and what became of it beside opening and ending. */
import type { Alert } from '../alert.ts';
import { graver, isGraver, type Level } from '../severity.ts';
import type { Calm } from './come-back.ts';
import type { KeptCause } from './kept-causes.ts';
import type { Lull } from './lulls.ts';
import type { ToldSubjects } from './subjects.ts';

/** Roles that most teams know; others may be given too. */
export const usualRoles = ['commander', 'communications', 'scribe', 'operations', 'expert'] as const;

/** Each part absent where nothing was decided. Times are epoch milliseconds. */
export interface Conduct {
  /** Opened by hand; ended by hand too, since no alert says that it is over. */
  readonly declaredBy?: string;
  readonly assignee?: string;
  /** Person by role: `{ commander: 'ann' }`. */
  readonly roles?: Readonly<Record<string, string>>;
  readonly levelSet?: {
    readonly by: string;
    readonly at: number;
    readonly reason: string;
    /** The gravest of its alerts then; they change the level again only when they get graver. */
    readonly alertsWere: Level;
  };
  readonly mergedInto?: string;
  readonly splitFrom?: string;
  /** How often it was opened again after it was resolved. */
  readonly reopened?: number;
  /** The last time it was opened again. */
  readonly reopenedAt?: number;
  /** When it was over between, each time that it was opened again, oldest first. */
  readonly lulls?: readonly Lull[];
  readonly users?: EnteredUsers;
  /** Since what woke people was well for the last time; absent while the outage goes on that they were called for. */
  readonly calm?: Calm;
  /** Since it was opened (again), for what came back while it was open. */
  readonly calledAgain?: {
    readonly times: number;
    readonly at: number;
    readonly reason?: 'came-back' | 'another-cause';
    /** As it was then: when it gets graver later, that is why people are called. */
    readonly level?: Level;
  };
  /** The last good sample before the alert that opened it: nobody knows that the trouble began any later. */
  readonly wellAt?: number;
  /** What its messages were about so far. */
  readonly told?: ToldSubjects;
  /** The last message for what joined it. */
  readonly joinedToldAt?: number;
  /** What was found with high confidence since it opened, in order of time. */
  readonly causes?: readonly KeptCause[];
}

/** What still fires after somebody resolved its incident by hand is given this long to clear, then it is told again. */
export const clearWithinMs = 5 * 60_000;

/**
 * A budget has this long to clear after the checks have recovered: the longest of the short windows that end its alerts,
 * and a little (6 h; SRE workbook, Alerting on SLOs, table 5-8).
 */
export const budgetClearsWithinMs = 6.5 * 60 * 60_000;

const byHand = 'resolved:';

/** Stands in `heldBy` of an alert whose incident was resolved by hand while it fired. */
export function heldAfter(incidentId: string): string {
  return `${byHand}${incidentId}`;
}

/** The incident that was resolved by hand; null for an alert that something else holds. */
export function resolvedOf(heldBy: string | null): string | null {
  return heldBy?.startsWith(byHand) ? heldBy.slice(byHand.length) : null;
}

/** Users affected as somebody entered them. */
export interface EnteredUsers {
  readonly count: number | null;
  /** 0 to 1 */
  readonly share: number | null;
  readonly note: string;
  readonly by: string;
  readonly at: number;
}

const shortestFlapMs = 60_000;

/**
 * How long everything must be well before an incident is over. Each time one came back that wait doubles, up to the
 * time within which it would be opened again: what goes up and down stays one open incident and is told a few times.
 */
export function recoveryHold(
  { recoverForMs, reopenWithinMs }: { readonly recoverForMs: number; readonly reopenWithinMs: number },
  conduct: Conduct | undefined,
): number {
  const times = conduct?.reopened ?? 0;
  if (times === 0) return recoverForMs;
  const doubled = Math.max(recoverForMs, shortestFlapMs) * 2 ** Math.min(times, 20);
  return Math.max(recoverForMs, Math.min(doubled, reopenWithinMs));
}

/** Since when all is well of what ends by itself; null while it fires, and for what people declared: they say when. */
export function wellSinceOf({ wellSince, conduct }: Standing): number | null {
  return conduct?.declaredBy === undefined ? wellSince : null;
}

/** When it counts as over if it stays well, epoch milliseconds; null where `wellSinceOf` is. */
export function wellUntil(
  incident: Standing,
  settings: { readonly recoverForMs: number; readonly reopenWithinMs: number },
): number | null {
  const since = wellSinceOf(incident);
  return since === null ? null : since + recoveryHold(settings, incident.conduct);
}

interface Standing {
  readonly wellSince: number | null;
  readonly conduct?: Conduct;
}

/**
 * The level after a look at what fires. It only rises by itself; one that was set by hand rises when something fires
 * that did not at that time, or graver than it did: who lowered it judged what there was then.
 */
export function levelAfter(
  incident: { readonly level: Level; readonly conduct?: Conduct },
  alerts: readonly Pick<Alert, 'fingerprint' | 'level' | 'firedAt' | 'state'>[],
): Level {
  const set = incident.conduct?.levelSet;
  const judged = new Set(
    alerts.filter(({ firedAt }) => set && (firedAt ?? 0) <= set.at).map(({ fingerprint }) => fingerprint),
  );
  return alerts
    .filter(({ state }) => state === 'firing')
    .filter(({ level, fingerprint }) => !set || !judged.has(fingerprint) || isGraver(level, set.alertsWere))
    .reduce((gravest, { level }) => graver(gravest, level), incident.level);
}

/** The incident with what is known of its calm; nothing where `calm` is undefined. */
export function withCalm<One extends { readonly conduct?: Conduct }>(one: One, calm: Calm | undefined): One {
  const { calm: _, ...kept } = one.conduct ?? {};
  return { ...one, conduct: calm === undefined ? kept : { ...kept, calm } };
}

/** People were just called for all that fires. */
export function afterCall<One extends { readonly conduct?: Conduct }>(one: One): One {
  return one.conduct?.calm === undefined ? one : withCalm(one, undefined);
}
