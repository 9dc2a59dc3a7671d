/**
 * Text of watched systems on a terminal: an escape sequence in it could move the cursor, set the title or forge lines,
 * and direction marks could turn words around. They are shown instead of obeyed.
 */
import { capped } from '../../core/plain.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const dangerous = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

export function escapeControl(text: string): string {
  return text.replace(dangerous, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** One line of a bearable length. */
export function printable(text: string, longest = 240): string {
  const line = escapeControl(text.replace(/\s+/g, ' ').trim());
  return capped(line, longest + 1);
}
