/** Where a call stands between two steps, as its job remembers it. */
import type { Cursor } from '../core/oncall/policy.ts';
import type { Level } from '../core/severity.ts';

/** One call of a level of an incident; it begins anew when an acknowledgement lapses or the incident is opened again. */
export interface Call {
  readonly incidentId: string;
  readonly level: Level;
  /** Counts the beginnings from 0. */
  readonly run: number;
  readonly cursor: Cursor;
  /** The last step was taken; what is left is to say that nobody answered. */
  readonly isOver: boolean;
  /** Since when a step that is due waits, because every alert is held; null where none waits. */
  readonly pausedAt: number | null;
}

export function jobKey({ incidentId, level }: { incidentId: string; level: string }): string {
  return `escalate:${incidentId}:${level}`;
}

/** A step that fell due while all was well: it is taken when the trouble comes back before it counts as over. */
export function waitingKey(incidentId: string): string {
  return `call-waits:${incidentId}`;
}

export function payloadOf({ cursor, ...call }: Call): Readonly<Record<string, unknown>> {
  return { ...call, ...cursor };
}
