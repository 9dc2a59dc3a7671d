/** Times of an incident, as MTTA and MTTR are made of them, and advice where a rule was noisy. Pure. */
import type { Alert } from './alert.ts';
import type { Finding } from './evidence.ts';
import type { Conduct } from './incident/conduct.ts';
import { type HeldCall, spansOf, timesOf } from './incident/times.ts';
import type { ActionView } from './view.ts';

export interface Learned {
  /** From the onset (`IncidentTimes.beganAt`) to the first alert, milliseconds. */
  readonly detectMs: number | null;
  /** From when people could answer it. */
  readonly acknowledgeMs: number | null;
  readonly mitigateMs: number | null;
  readonly resolveMs: number | null;
  readonly mitigatedBy: string | null;
  readonly advice: readonly string[];
}

/** An alert that lasted less than this and was never acted on is noise worth a longer `for`. */
const shortAlertMs = 60_000;

export function learned(
  incident: {
    openedAt: number;
    acknowledgedAt: number | null;
    mitigatedAt: number | null;
    resolvedAt: number | null;
    findings?: readonly Pick<Finding, 'change' | 'onset'>[];
    conduct?: Pick<Conduct, 'wellAt' | 'reopenedAt' | 'lulls'>;
  },
  alerts: readonly Alert[],
  actions: readonly ActionView[],
  calls: readonly HeldCall[] = [],
): Learned {
  const times = timesOf(incident, alerts, calls);
  const { beganAt: began, detectedAt } = times;
  const done = actions.find((action) => action.state === 'done');
  const { acknowledgeMs, mitigateMs, resolveMs } = spansOf(times);
  return {
    detectMs: alerts.some(({ firedAt }) => firedAt !== null) ? detectedAt - began : null,
    ...{ acknowledgeMs, mitigateMs, resolveMs },
    mitigatedBy: done?.plan.action ?? null,
    advice:
      incident.acknowledgedAt === null && done === undefined ? alerts.filter(isShort).map(adviceFor) : [],
  };
}

function isShort(alert: Alert): boolean {
  return (
    alert.resolvedAt !== null && alert.firedAt !== null && alert.resolvedAt - alert.firedAt < shortAlertMs
  );
}

function adviceFor(alert: Alert): string {
  return `${alert.rule} on ${alert.target} cleared by itself within a minute; a longer \`for\` would have kept it quiet`;
}
