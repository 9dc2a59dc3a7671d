/** Whether what burns calls somebody right now: the burn goes on for hours after its alert was dealt with. Pure. */
import type { Alert } from '../alert.ts';
import { resolvedOf } from '../incident/conduct.ts';

export type BurnCall =
  /** It fires, and nobody has acknowledged. */
  | { readonly kind: 'calls' }
  | { readonly kind: 'acknowledged'; readonly by: string }
  /** Its incident ended, by hand or because the checks are well. */
  | { readonly kind: 'over' }
  /** By a silence, a window, or what else holds alerts back. */
  | { readonly kind: 'held' }
  /** No alert of it fires. */
  | { readonly kind: 'none' };

/** What an alert that fires is no call for, in words; null where it calls or somebody is on it. */
export function unheardWords({ kind }: BurnCall): string | null {
  if (kind === 'over') return 'its incident is over, nobody is called';
  return kind === 'held' ? 'held back, nobody is called' : null;
}

/** @param alert the one that is open for the objective */
export function burnCall(
  alert: Pick<Alert, 'state' | 'heldBy'> | undefined,
  incident: { readonly status: string; readonly acknowledgedBy: string | null } | undefined,
): BurnCall {
  if (alert?.state !== 'firing') return { kind: 'none' };
  if (resolvedOf(alert.heldBy) !== null || incident?.status === 'resolved') return { kind: 'over' };
  if (alert.heldBy !== null) return { kind: 'held' };
  const by = incident?.acknowledgedBy ?? null;
  return by === null ? { kind: 'calls' } : { kind: 'acknowledged', by };
}
