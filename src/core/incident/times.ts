/** The moments of an incident from the first breach to its end. Epoch milliseconds; null for what did not happen. */
import type { Alert } from '../alert.ts';
import type { Finding } from '../evidence.ts';
import type { Conduct } from './conduct.ts';
import { type Lull, lullMs } from './lulls.ts';

export type Onset = 'change' | 'last-good' | 'first-failing' | 'declared';

export const onsetWords: Readonly<Record<Onset, string>> = {
  change: 'the change that made it',
  'last-good': 'the last good check',
  'first-failing': 'the first failing check',
  declared: 'its declaration',
};

export interface IncidentTimes {
  /**
   * The onset. Where the first finding names a change as the cause, the time of that change; else the last good sample before
   * the alert that opened it, since the trouble may have begun right after it; else the first failing sample; else, where
   * somebody declared it before anything was seen, that moment.
   */
  readonly beganAt: number;
  /** Which of these `beganAt` is. */
  readonly onset?: Onset;
  /** When the first alert opened it. */
  readonly detectedAt: number;
  /** From when people could answer it, where that is later: its alert was held, or each call for it until the morning. */
  readonly askedAt?: number;
  readonly acknowledgedAt: number | null;
  readonly mitigatedAt: number | null;
  readonly resolvedAt: number | null;
  /** When it was over between, each time that it was opened again. */
  readonly lulls?: readonly Lull[];
}

export function timesOf(
  incident: {
    readonly openedAt: number;
    readonly acknowledgedAt: number | null;
    readonly mitigatedAt: number | null;
    readonly resolvedAt: number | null;
    readonly findings?: readonly Pick<Finding, 'change' | 'onset'>[];
    readonly conduct?: Pick<Conduct, 'wellAt' | 'declaredBy' | 'reopenedAt' | 'lulls'>;
  },
  alerts: readonly Pick<Alert, 'since' | 'firedAt'>[],
  calls: readonly HeldCall[] = [],
): IncidentTimes {
  const { openedAt, acknowledgedAt, mitigatedAt, resolvedAt, findings = [], conduct } = incident;
  const fired = alerts.flatMap(({ firedAt }) => (firedAt === null ? [] : [firedAt]));
  const detectedAt = Math.min(openedAt, ...fired);
  const failingAt = Math.min(detectedAt, ...alerts.map(({ since }) => since));
  const wellAt = Math.min(failingAt, conduct?.wellAt ?? failingAt);
  const madeAt = changedAt(findings, detectedAt);
  const seen =
    wellAt < failingAt ? 'last-good' : isUnseen(incident, failingAt) ? 'declared' : 'first-failing';
  return {
    beganAt: madeAt ?? wellAt,
    onset: madeAt === null ? seen : 'change',
    detectedAt,
    askedAt: firstHeardAt(incident, calls),
    acknowledgedAt,
    mitigatedAt,
    resolvedAt,
    ...(conduct?.lulls === undefined ? {} : { lulls: conduct.lulls }),
  };
}

/** Nothing had seen it when somebody declared it. */
function isUnseen(
  { openedAt, conduct }: { readonly openedAt: number; readonly conduct?: Pick<Conduct, 'declaredBy'> },
  failingAt: number,
): boolean {
  return conduct?.declaredBy !== undefined && failingAt >= openedAt;
}

/** A call of a person; `heldUntil` is null where nothing held it. */
export interface HeldCall {
  readonly at: number;
  readonly heldUntil: number | null;
}

/** Opened (again), or the end of the first hold, where quiet hours held every call and nobody answered before it ended. */
function firstHeardAt(
  incident: {
    readonly openedAt: number;
    readonly acknowledgedAt: number | null;
    readonly conduct?: Pick<Conduct, 'reopenedAt'>;
  },
  calls: readonly HeldCall[],
): number {
  const open = incident.conduct?.reopenedAt ?? incident.openedAt;
  const holds = calls.filter(({ at }) => at >= open).map(({ heldUntil }) => heldUntil ?? open);
  const heard = holds.length === 0 ? open : Math.max(open, Math.min(...holds));
  return incident.acknowledgedAt !== null && incident.acknowledgedAt < heard ? open : heard;
}

/** A change may break what it touched only later in the day, but not days later. */
const longestEffectMs = 24 * 3_600_000;

function changedAt([best]: readonly Pick<Finding, 'change' | 'onset'>[], detectedAt: number): number | null {
  if (best?.change === undefined || best.onset === undefined) return null;
  return best.onset <= detectedAt && detectedAt - best.onset <= longestEffectMs ? best.onset : null;
}

/**
 * Milliseconds from the onset to the first alert; null where nothing detected it, since somebody declared it, and where the check that alerted is the first that is known: of when it
 * began nobody knows anything, and that it was found at once would be a boast.
 */
export function detectionMs({ beganAt, detectedAt, onset }: IncidentTimes): number | null {
  return (onset === 'first-failing' || onset === 'declared') && beganAt >= detectedAt
    ? null
    : detectedAt - beganAt;
}

/** From when people could answer it; every measure of how fast they did counts from here. */
export function askedAt({ askedAt: at, detectedAt }: IncidentTimes): number {
  return at ?? detectedAt;
}

/**
 * Milliseconds from the onset, as MTTD, MTTA and MTTR are made of them. Of one that was opened again, the time in which it
 * was over before that is in none of them.
 */
export interface IncidentSpans {
  /** From the onset to the first alert: `IncidentTimes.beganAt` says what onset is. */
  readonly detectMs: number;
  /** From `askedAt` on: nobody can answer before. */
  readonly acknowledgeMs: number | null;
  readonly mitigateMs: number | null;
  readonly resolveMs: number | null;
}

export function spansOf(times: IncidentTimes): IncidentSpans {
  const since = (from: number, at: number | null) =>
    at === null ? null : Math.max(0, at - from - lullMs(times.lulls ?? [], from, at));
  return {
    detectMs: times.detectedAt - times.beganAt,
    acknowledgeMs: since(askedAt(times), times.acknowledgedAt),
    mitigateMs: since(times.beganAt, times.mitigatedAt),
    resolveMs: since(times.beganAt, times.resolvedAt),
  };
}
