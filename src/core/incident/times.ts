/** The moments of an incident from the first breach to its end. Epoch milliseconds; null for what did not happen. */
import type { Alert } from '../alert.ts';

export interface IncidentTimes {
  /** When the first of its conditions began to hold. */
  readonly beganAt: number;
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
  },
  alerts: readonly Pick<Alert, 'since' | 'firedAt'>[],
): IncidentTimes {
  const { openedAt, acknowledgedAt, mitigatedAt, resolvedAt } = incident;
  const fired = alerts.flatMap(({ firedAt }) => (firedAt === null ? [] : [firedAt]));
  return {
    beganAt: Math.min(openedAt, ...alerts.map(({ since }) => since)),
    detectedAt: Math.min(openedAt, ...fired),
    acknowledgedAt,
    mitigatedAt,
    resolvedAt,
  };
}

/** Milliseconds from the beginning, as MTTD, MTTA and MTTR are made of them. */
export interface IncidentSpans {
  readonly detectMs: number;
  /** From the first alert on: nobody can answer before. */
  readonly acknowledgeMs: number | null;
  readonly mitigateMs: number | null;
  readonly resolveMs: number | null;
}

export function spansOf(times: IncidentTimes): IncidentSpans {
  const since = (from: number, at: number | null) => (at === null ? null : Math.max(0, at - from));
  return {
    detectMs: times.detectedAt - times.beganAt,
    acknowledgeMs: since(times.detectedAt, times.acknowledgedAt),
    mitigateMs: since(times.beganAt, times.mitigatedAt),
    resolveMs: since(times.beganAt, times.resolvedAt),
  };
}
