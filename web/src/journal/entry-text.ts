import type { JournalEntry } from '../../../src/core/view.ts';
import { formatSpan } from '../format/time.ts';
import { scalarText } from '../parts/scalar-text.ts';

const sentenceKeys = ['summary', 'title', 'reason', 'detail', 'message', 'note', 'result'];

function sentenceOf(payload: Readonly<Record<string, unknown>>): string | undefined {
  for (const key of sentenceKeys) {
    const value = payload[key];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valueText(name: string, value: unknown): string {
  if (Array.isArray(value)) {
    const sentences = value.flatMap((each) =>
      isRecord(each) ? [sentenceOf(each) ?? ''] : [scalarText(each)],
    );
    return `${name}: ${sentences.length === 0 ? 'none' : sentences.filter((each) => each !== '').join('; ')}`;
  }
  if (isRecord(value)) return sentenceOf(value) ?? `${name} …`;
  if (name.endsWith('Ms') && typeof value === 'number') return `${name.slice(0, -2)} ${formatSpan(value)}`;
  return `${name} ${scalarText(value)}`;
}

/** One line of a payload: its own sentence where it has one, else its values. */
export function entryText(entry: Pick<JournalEntry, 'payload'>): string {
  const sentence = sentenceOf(entry.payload);
  if (sentence !== undefined) return sentence;
  return Object.entries(entry.payload)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => valueText(name, value))
    .join(', ');
}
