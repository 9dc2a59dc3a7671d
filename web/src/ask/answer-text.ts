import type { QuestionView } from '../api/question.ts';
import { formatValue } from '../format/numbers.ts';

type Moved = QuestionView['moved'][number];

/** `Round trip of web went from 40 ms to 310 ms` */
export function movedText({ summary, target, labels, before, after, unit }: Moved): string {
  const values = Object.values(labels);
  const which = values.length === 0 ? '' : ` (${values.join(', ')})`;
  return `${summary} of ${target}${which} went from ${formatValue(before, unit)} to ${formatValue(after, unit)}`;
}

/** `latency` rising is worse, `availability` falling is: the sign of the change says which, the kind what it means. */
export function isRise({ before, after }: Moved): boolean {
  return after > before;
}

/** `cache: memory is full` where another was asked about. */
export function titleOf(
  { target, summary }: QuestionView['findings'][number],
  asked: readonly string[],
): string {
  return asked.includes(target) || summary.includes(target) ? summary : `${target}: ${summary}`;
}
