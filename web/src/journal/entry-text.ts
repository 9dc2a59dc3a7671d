import type { JournalEntry } from '../../../src/core/view.ts';
import { scalarText } from '../parts/facts.tsx';

const sentenceKeys = ['summary', 'title', 'reason', 'detail', 'message', 'note', 'result'];

/** One line of a payload: its own sentence where it has one, else its values. */
export function entryText(entry: JournalEntry): string {
  const sentence = sentenceKeys
    .map((key) => entry.payload[key])
    .find((value) => typeof value === 'string' && value !== '');
  if (typeof sentence === 'string') return sentence;
  return Object.entries(entry.payload)
    .map(([name, value]) => `${name} ${scalarText(value)}`)
    .join(', ');
}
