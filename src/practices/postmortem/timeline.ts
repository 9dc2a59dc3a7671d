/** The journal of an incident as people tell it. */
import { runSentence, timelineRuns } from '../../core/incident/many.ts';
import { eventSentence, eventTitle } from '../../core/journal-words.ts';
import type { JournalEntry } from '../../core/view.ts';

export interface Told {
  readonly at: number;
  readonly what: string;
  readonly who: string;
}

/** Work on the papers is no part of the story. */
const untold = new Set(['postmortem.edited', 'incident.learned']);

/** A cascade is one row: a hundred alerts of one rule that follow each other say no more than that. */
export function tell(journal: readonly JournalEntry[]): {
  readonly told: readonly Told[];
  readonly isFolded: boolean;
} {
  const runs = timelineRuns(journal.filter(({ kind }) => !untold.has(kind)));
  return {
    told: runs.map((run) => {
      const [{ at, actor, kind, payload }] = run;
      const what =
        run.length === 1 ? (eventSentence({ kind, payload }) ?? eventTitle(kind)) : runSentence(run);
      return { at, what, who: actor };
    }),
    isFolded: runs.some(({ length }) => length > 1),
  };
}
