/** What is asked of the logs of a target, and what is read of them. */
import { type LogBook, type LogLine, type LogPattern, linesIn } from './book.ts';

/** A file that is followed; `unseen` says why it is not, and what would help. */
export interface LogSource {
  readonly path: string;
  readonly unseen: string | null;
}

/** A line as it stands in a file; `isPast` where it was written before Upkeep began to follow. */
export interface RawLine {
  readonly file: string;
  readonly text: string;
  readonly isPast: boolean;
}

/** Follows files; nothing throws. */
export interface LogTail {
  /** What was written since the last call. */
  poll(): Promise<readonly RawLine[]>;
  sources(): readonly LogSource[];
  close(): Promise<void>;
}

/** @param paths files or globs; relative ones start at the folder of upkeep.yaml */
export type OpenTail = (paths: readonly string[]) => LogTail;

export interface LogSpan {
  /** Epoch milliseconds, both inclusive. */
  readonly from: number;
  readonly to: number;
}

export interface LogView {
  readonly sources: readonly LogSource[];
  /** A pattern that came first after this is new; null where no line was seen yet. */
  readonly since: number | null;
  /** Those with a line in the span. */
  readonly patterns: readonly LogPattern[];
  /** Oldest first; the newest, the errors and what surrounds an onset. */
  readonly lines: readonly LogLine[];
}

export function viewOf(book: LogBook, sources: readonly LogSource[], span: LogSpan): LogView {
  const patterns = [...book.patterns.values()].filter(
    ({ firstAt, lastAt }) => lastAt >= span.from && firstAt <= span.to,
  );
  return { sources, since: book.since, patterns, lines: linesIn(book, span) };
}
