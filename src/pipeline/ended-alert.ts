/** The end of an alert whose rule nobody judges any more. */
import type { Alert } from '../core/alert.ts';
import type { Detected } from './detect.ts';

/** @param reason why it ends, as people read it */
export function endOf(alert: Alert, reason: string, at: number): Detected {
  const { fingerprint, target, labels, rule: id, summary, level } = alert;
  return {
    ...{ fingerprint, target, labels, transition: 'resolved', reason, detail: reason, at },
    rule: {
      ...{ kind: 'state', id, summary, metric: '', forMs: 0, clearForMs: 0, runbook: '', enabled: false },
      levels: { warning: level, critical: level },
    },
    state: { phase: 'ok', level: null, since: at, wellSince: null, lastAt: at },
    ...{ value: null, threshold: null },
  };
}
