/** What the log of a server that ended says of its end: pure, each system gives its own words. */
import { plain } from '../../core/plain.ts';

export interface OwnEnd {
  /** Follows the name of the process: `was told to stop (fast shutdown request)`. */
  readonly how: string;
  /** The line that says so: untrusted text. */
  readonly line: string;
}

/** What a line says of the end; the part in parentheses of `pattern`, where there is one, replaces `$1` in `how`. */
export interface EndWords {
  readonly pattern: RegExp;
  readonly how: string;
}

/**
 * The newest line that tells of an end, of those after the last start.
 * @param lines oldest first
 * @param ready a line that the server writes once it has come up: what was said before is of another life
 */
export function ownEnd(
  lines: readonly string[],
  ready: RegExp,
  words: readonly EndWords[],
): OwnEnd | undefined {
  const ofThisLife = lines.slice(lines.findLastIndex((line) => ready.test(line)) + 1);
  for (const line of ofThisLife.toReversed()) {
    for (const { pattern, how } of words) {
      const said = pattern.exec(line);
      if (said) return { how: how.replace('$1', () => plain(said[1] ?? '', 120)), line: plain(line) };
    }
  }
  return undefined;
}
