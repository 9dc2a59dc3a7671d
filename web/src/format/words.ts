/** The words and signs for every state; colour only repeats what they say. */
import type { ActionState, Health, IncidentStatus } from '../../../src/core/view.ts';

export const healthWords: Record<Health, string> = {
  ok: 'Healthy',
  warning: 'Warning',
  critical: 'Critical',
  unknown: 'Unknown',
};

export const healthOrder: readonly Health[] = ['critical', 'warning', 'unknown', 'ok'];

export const statusWords: Record<IncidentStatus, string> = {
  open: 'Open',
  acknowledged: 'Acknowledged',
  mitigated: 'Mitigated',
  resolved: 'Resolved',
};

export type Tone = 'ok' | 'warning' | 'critical' | 'high' | 'medium' | 'low' | 'unknown' | 'busy' | 'quiet';

export const actionWords: Record<ActionState, { readonly word: string; readonly tone: Tone }> = {
  proposed: { word: 'Proposed', tone: 'quiet' },
  'awaiting-approval': { word: 'Waiting for approval', tone: 'warning' },
  permitted: { word: 'Permitted', tone: 'busy' },
  applying: { word: 'Applying', tone: 'busy' },
  verifying: { word: 'Verifying', tone: 'busy' },
  done: { word: 'Done', tone: 'ok' },
  failed: { word: 'Failed', tone: 'critical' },
  undone: { word: 'Undone', tone: 'high' },
  refused: { word: 'Refused', tone: 'quiet' },
  denied: { word: 'Denied', tone: 'quiet' },
  expired: { word: 'Expired', tone: 'quiet' },
  withdrawn: { word: 'Withdrawn', tone: 'quiet' },
  interrupted: { word: 'Interrupted', tone: 'high' },
};

export const liveStates: readonly ActionState[] = [
  'proposed',
  'awaiting-approval',
  'permitted',
  'applying',
  'verifying',
];

/** `1 target`, `3 targets`. */
export function count(amount: number, one: string, many = `${one}s`): string {
  return `${amount} ${amount === 1 ? one : many}`;
}

const numbers = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine', 'Ten'];

export function numberWord(amount: number): string {
  return numbers[amount] ?? String(amount);
}

/** Checks that a missing right or extension keeps from seeing all they should. */
export function blindText(checks: number): string {
  return `${count(checks, 'check')} cannot see everything`;
}
