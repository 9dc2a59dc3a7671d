/** The journal of an incident as people tell it. */
import { eventSentence, eventTitle } from '../../core/journal-words.ts';
import type { JournalEntry } from '../../core/view.ts';

export interface Told {
  readonly at: number;
  readonly what: string;
  readonly who: string;
}

/** Work on the papers is no part of the story. */
const untold = new Set(['postmortem.edited', 'incident.learned']);

export function tell(journal: readonly JournalEntry[]): Told[] {
  return journal
    .filter(({ kind }) => !untold.has(kind))
    .map(({ at, actor, kind, payload }) => ({
      at,
      what: eventSentence({ kind, payload }) ?? eventTitle(kind),
      who: actor,
    }));
}
