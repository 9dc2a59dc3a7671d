/** Whether what waited for a channel still holds. Pure. */
import type { Message } from '../message.ts';

/** Ask for somebody; what only tells of a level that rose does not. */
const asking = /:page:|:called-again:|:exhausted:|:unacknowledged:|:clock:[^:]+:respond:/;

/**
 * Why it is not to be told any more; null where it is.
 * @param writtenAt epoch milliseconds
 */
export function outdated(
  { event, key, notice }: Pick<Message, 'event' | 'key' | 'notice'>,
  writtenAt: number,
  incident: {
    readonly status: string;
    readonly acknowledgedAt: number | null;
    readonly acknowledgedBy: string | null;
  },
): string | null {
  const isOver = incident.status === 'resolved';
  if (event === 'incident.resolved') return isOver ? null : 'the incident is open again';
  if (event !== 'incident.escalated') return null;
  if (isOver) return notice === undefined ? null : 'the incident is over';
  const { acknowledgedAt, acknowledgedBy } = incident;
  const isTaken = acknowledgedAt !== null && acknowledgedAt >= writtenAt;
  return isTaken && asking.test(key) ? `${acknowledgedBy} has acknowledged since` : null;
}
