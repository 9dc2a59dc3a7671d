/** The moments of an incident from the first breach to its end. Epoch milliseconds; null for what did not happen. */
import type { Alert } from '../alert.ts';
import type { Finding } from '../evidence.ts';
import type { Conduct } from './conduct.ts';

export type Onset = 'change' | 'last-good' | 'first-failing';

export const onsetWords: Readonly<Record<Onset, string>> = {
  change: 'the change that made it',
  'last-good': 'the last good check',
  'first-failing': 'the first failing check',
};

export interface IncidentTimes {
  /**
   * The onset. Where the first finding names a change as the cause, the time of that change; else the last good sample before
   * the alert that opened it, since the trouble may have begun right after it; else the first failing sample.
   */
  readonly beganAt: number;
  /** Which of these `beganAt` is. */
  readonly onset?: Onset;
  /** When the first alert opened it. */
  readonly detectedAt: number;
  readonly acknowledgedAt: number | null;
  readonly mitigatedAt: number | null;
  readonly resolvedAt: number | null;
}

export function timesOf(
  incident: {
    readonly openedAt: number;
    readonly acknowledgedAt: number | null;
    readonly mitigatedAt: number | null;
    readonly resolvedAt: number | null;
    readonly findings?: readonly Pick<Finding, 'change' | 'onset'>[];
    readonly conduct?: Pick<Conduct, 'wellAt'>;
  },
  alerts: readonly Pick<Alert, 'since' | 'firedAt'>[],
): IncidentTimes {
  const { openedAt, acknowledgedAt, mitigatedAt, resolvedAt, findings = [], conduct } = incident;
  const fired = alerts.flatMap(({ firedAt }) => (firedAt === null ? [] : [firedAt]));
  const detectedAt = Math.min(openedAt, ...fired);
  const failingAt = Math.min(detectedAt, ...alerts.map(({ since }) => since));
  const wellAt = Math.min(failingAt, conduct?.wellAt ?? failingAt);
  const madeAt = changedAt(findings, detectedAt);
  return {
    beganAt: madeAt ?? wellAt,
    onset: madeAt !== null ? 'change' : wellAt < failingAt ? 'last-good' : 'first-failing',
    detectedAt,
    acknowledgedAt,
    mitigatedAt,
    resolvedAt,
  };
}

/** A change may break what it touched only later in the day, but not days later. */
const longestEffectMs = 24 * 3_600_000;

function changedAt([best]: readonly Pick<Finding, 'change' | 'onset'>[], detectedAt: number): number | null {
  if (best?.change === undefined || best.onset === undefined) return null;
  return best.onset <= detectedAt && detectedAt - best.onset <= longestEffectMs ? best.onset : null;
}

/**
 * Milliseconds from the onset to the first alert; null where the check that alerted is the first that is known: of when it
 * began nobody knows anything, and that it was found at once would be a boast.
 */
export function detectionMs({ beganAt, detectedAt, onset }: IncidentTimes): number | null {
  return onset === 'first-failing' && beganAt >= detectedAt ? null : detectedAt - beganAt;
}

/** From when people could answer it; every measure of how fast they did counts from here. */
export function askedAt({ detectedAt }: IncidentTimes): number {
  return detectedAt;
}

/** Milliseconds from the onset, as MTTD, MTTA and MTTR are made of them. */
export interface IncidentSpans {
  /** From the onset to the first alert: `IncidentTimes.beganAt` says what onset is. */
  readonly detectMs: number;
  /** From `askedAt` on: nobody can answer before. */
  readonly acknowledgeMs: number | null;
  readonly mitigateMs: number | null;
  readonly resolveMs: number | null;
}

export function spansOf(times: IncidentTimes): IncidentSpans {
  const since = (from: number, at: number | null) => (at === null ? null : Math.max(0, at - from));
  return {
    detectMs: times.detectedAt - times.beganAt,
    acknowledgeMs: since(askedAt(times), times.acknowledgedAt),
    mitigateMs: since(times.beganAt, times.mitigatedAt),
    resolveMs: since(times.beganAt, times.resolvedAt),
  };
}
