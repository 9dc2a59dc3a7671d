/**
 * Lines of private keys in PEM form (RFC 7468): a log brings them one by one, each alone looks harmless, and each may stand
 * behind a time and a level. Pure.
 */
import { keyBegins, keyEnds } from '../secret-forms.ts';

/** Where a file is inside a key. */
export interface InKey {
  /** What stands before the key on each line, with its figures as 0. */
  readonly before: string;
  /** Lines since it began. */
  readonly lines: number;
}

/** An RSA key of 16,384 bits has 204 lines; what goes on longer was cut off, or never was a key. */
const mostKeyLines = 250;
/** Between the first line and the body of older forms. */
const header = /^(?:Proc-Type|DEK-Info|Version|Comment|Hash):/;
const body = /^[A-Za-z0-9+/=]{1,100}$/;

/** @returns whether the line is part of a key, and where its file is after it; null outside of keys */
export function keyLine(
  line: string,
  now: InKey | null,
): { readonly isKey: boolean; readonly next: InKey | null } {
  const begin = keyBegins.exec(line);
  if (begin) {
    const isWhole = keyEnds.test(line.slice(begin.index));
    return { isKey: false, next: isWhole ? null : { before: shapeOf(line.slice(0, begin.index)), lines: 0 } };
  }
  const end = keyEnds.exec(line);
  // What stands before the end of a key on its line may be its last piece.
  if (end) return { isKey: true, next: null };
  if (now === null) return { isKey: false, next: null };
  const lines = now.lines + 1;
  const next = lines > mostKeyLines ? null : { ...now, lines };
  const rest =
    shapeOf(line.slice(0, now.before.length)) === now.before ? line.slice(now.before.length) : line;
  const said = rest.trim();
  const last = said.split(/\s/).at(-1) ?? '';
  // Another program may write between the lines: that is no end of the key.
  const isKey = said === '' || body.test(said) || header.test(said) || (body.test(last) && last.length >= 32);
  return { isKey, next };
}

function shapeOf(text: string): string {
  return text.replace(/\d/g, '0');
}
