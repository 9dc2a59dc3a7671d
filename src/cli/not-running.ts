/** What is stored says how things stood, not how they stand: a list that was read while nothing runs says so first. */
import { formatDuration } from '../core/time.ts';
import { moment } from './moments.ts';
import { paint, type Terminal } from './terminal.ts';

/** What changes while Upkeep watches; who reads it takes it for the present. */
const presents =
  /^(incident|action|oncall|silence|maintenance|slo|notifier|heartbeat)\.(list|show|now|next)$/;

export function tellsThePresent(verb: string): boolean {
  return presents.test(verb);
}

/** What is stored, marked as such for programs: an answer, or each of a list, so that its shape stays. */
export function markedAsStored(result: unknown, storedAt: number | null): unknown {
  if (Array.isArray(result)) return result.map((one) => markedAsStored(one, storedAt));
  if (result === null || typeof result !== 'object') return result;
  return { ...result, running: false, asOf: storedAt };
}

/** @param storedAt the newest that Upkeep stored, epoch milliseconds; null where it never stored anything */
export function notRunningLine(terminal: Terminal, storedAt: number | null, now: number): string {
  const since =
    storedAt === null
      ? 'nothing is stored yet'
      : `this is as of ${moment(terminal, storedAt)}, ${formatDuration(Math.max(0, now - storedAt))} ago`;
  return paint(terminal, 'yellow', `Upkeep is not running; ${since}.`);
}
