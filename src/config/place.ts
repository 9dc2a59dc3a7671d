/** Where a key of the file stands, for problems that are found after reading. */
import { isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { Problem } from '../core/configuration.ts';

/** The value of a top-level key, from 1 on; the start of the file where the key is left out. */
export function placeOf(text: string, key: string): Pick<Problem, 'line' | 'col'> {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  let offset = 0;
  visit(document, {
    Pair(_, pair) {
      if (!isScalar(pair.key) || pair.key.value !== key) return visit.SKIP;
      offset = (isScalar(pair.value) ? pair.value : pair.key).range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  const { line, col } = lineCounter.linePos(offset);
  return { line: Math.max(line, 1), col: Math.max(col, 1) };
}
