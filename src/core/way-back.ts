/** Whether what somebody did at a receiver (a button, an acknowledgement there) still changes anything here. Pure. */
import { openSince } from './incident/reopen.ts';
import type { Command } from './notifier.ts';
import { formatDuration } from './time.ts';

export type Passage =
  | { readonly kind: 'follow' }
  | {
      readonly kind: 'ignore';
      readonly reason: 'seen' | 'too-old' | 'before-opened' | 'resolved' | 'acknowledged';
      /** Ends a sentence that begins with what was asked for. */
      readonly words: string;
    };

/** What is asked for, as it stands here; null for an action, and for what is not known. */
export interface AskedFor {
  readonly status: string;
  readonly openedAt: number;
  readonly reopenedAt: number | null;
  readonly acknowledgedBy: string | null;
}

/** Services repeat what was not taken for hours, not for days; whoever caught a signed request may keep it for ever. */
const mostAgeMs = 86_400_000;
/** Their clock and ours; a machine that follows a reference is off by far less. */
const clocksApartMs = 60_000;

export function passageOf(
  { do: purpose, at }: Pick<Command, 'do' | 'at'>,
  incident: AskedFor | null,
  { now, isSeen }: { readonly now: number; readonly isSeen: boolean },
): Passage {
  const ignore = (reason: Extract<Passage, { kind: 'ignore' }>['reason'], words: string): Passage => ({
    ...{ kind: 'ignore', reason, words },
  });
  if (isSeen) return ignore('seen', 'it has been taken once already');
  if (at !== undefined && now - at > mostAgeMs)
    return ignore('too-old', `it is from ${formatDuration(now - at)} ago`);
  if (incident === null) return { kind: 'follow' };
  if (at !== undefined && openSince(incident) - at > clocksApartMs) {
    const again = incident.reopenedAt === null ? '' : ' again';
    return ignore('before-opened', `it is from before the incident opened${again}`);
  }
  if (incident.status === 'resolved') return ignore('resolved', 'the incident is resolved already');
  if (purpose === 'acknowledge' && incident.acknowledgedBy !== null)
    return ignore('acknowledged', `${incident.acknowledgedBy} is on it already`);
  return { kind: 'follow' };
}
