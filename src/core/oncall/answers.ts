/** Whether incidents were answered in time: the one count that on-call, its page and the figures of incidents share. Pure. */

/** `waiting`: nobody answered, and there is time left. `over-sooner`: it ended with nobody on it before its time had passed. */
export type Answer = 'in-time' | 'late' | 'unanswered' | 'waiting' | 'over-sooner';

interface Answerable {
  readonly acknowledgedAt: number | null;
  readonly resolvedAt: number | null;
}

export interface Answers {
  readonly inTime: number;
  /** Those that asked for an answer: acknowledged, or past their time with nobody on it, be they open or over. */
  readonly of: number;
  /** Not in `of`. */
  readonly waiting: number;
  /** Not in `of`: what is over before its time has passed asks nothing of people. */
  readonly overSooner: number;
}

/** @param due when its time to answer has passed, epoch milliseconds */
export function answerOf({ acknowledgedAt, resolvedAt }: Answerable, due: number, now: number): Answer {
  if (acknowledgedAt !== null) return acknowledgedAt <= due ? 'in-time' : 'late';
  if ((resolvedAt ?? now) > due) return 'unanswered';
  return resolvedAt === null ? 'waiting' : 'over-sooner';
}

export function answersOf<One extends Answerable>(
  incidents: readonly One[],
  dueOf: (one: One) => number,
  now: number,
): Answers {
  const answers = incidents.map((one) => answerOf(one, dueOf(one), now));
  const those = (...kinds: Answer[]) => answers.filter((answer) => kinds.includes(answer)).length;
  return {
    inTime: those('in-time'),
    of: those('in-time', 'late', 'unanswered'),
    waiting: those('waiting'),
    overSooner: those('over-sooner'),
  };
}

/** `2 of 3 answered within 15 m (1 still has time, 4 were over sooner)`. @param within the time they had, in words */
export function sayAnswers({ inTime, of, waiting, overSooner }: Answers, within: string): string {
  const rest = [
    ...(waiting === 0 ? [] : [`${waiting} still ${waiting === 1 ? 'has' : 'have'} time`]),
    ...(overSooner === 0 ? [] : [`${overSooner} ${overSooner === 1 ? 'was' : 'were'} over sooner`]),
  ];
  const first =
    of === 0 ? `no answer was due within ${within}` : `${inTime} of ${of} answered within ${within}`;
  return rest.length === 0 ? first : `${first} (${rest.join(', ')})`;
}
