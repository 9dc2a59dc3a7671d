/** How the words of journal entries are made of what an entry holds. Pure. */
import { count } from './count.ts';
import type { JournalEntry } from './view.ts';

export type Payload = JournalEntry['payload'];
export type Saying = (payload: Payload) => string;
export type Words = readonly [title: string, say?: Saying];

export const word = (payload: Payload, key: string): string => String(payload[key] ?? '');
export const plural = (amount: unknown, one: string): string => count(Number(amount), one);
export const list = (value: unknown): string =>
  Array.isArray(value) ? value.join(', ') : String(value ?? '');
/** `words: …`, or the words alone where nothing follows. */
export const followed = (words: string, rest: string): string =>
  [words, rest].filter((part) => part !== '').join(': ');
