/** Which patterns of a log came, rose or stopped at an onset. Pure. */
import type { LogPattern } from './book.ts';

export interface PatternShift {
  readonly kind: 'new' | 'rose' | 'stopped';
  readonly pattern: LogPattern;
  /** Lines since the onset. */
  readonly count: number;
  /** Lines a minute. */
  readonly before: number;
  readonly after: number;
}

export interface OnsetSpan {
  /** Epoch milliseconds. */
  readonly onset: number;
  readonly until: number;
  /** From when on the log was followed. */
  readonly since: number;
}

/** Alerts come a little after what causes them was written. */
export const beforeOnsetMs = 30_000;
/** With less of a past nobody can say what is new. */
const leastPastMs = 5 * 60_000;

/** Whether the log was followed long enough before the onset to tell what is new. */
export function hasPast({ onset, since }: Pick<OnsetSpan, 'onset' | 'since'>): boolean {
  return onset - beforeOnsetMs - since >= leastPastMs;
}

const longestPastMinutes = 60;
const leastRise = 3;
const leastLines = 5;
/** Standard deviations of a Poisson count. */
const leastSurprise = 4;

/** Errors first, then what is new, then by count. */
export function patternShifts(patterns: readonly LogPattern[], span: OnsetSpan): PatternShift[] {
  const begin = span.onset - beforeOnsetMs;
  if (!hasPast(span)) return [];
  const shifts = patterns.flatMap((pattern) => shiftOf(pattern, { ...span, begin }) ?? []);
  return shifts.sort(
    (a, b) =>
      gravity(b.pattern) - gravity(a.pattern) ||
      Number(b.kind === 'new') - Number(a.kind === 'new') ||
      b.count - a.count,
  );
}

function gravity({ level }: LogPattern): number {
  return level === 'error' ? 2 : level === 'warning' ? 1 : 0;
}

function shiftOf(
  pattern: LogPattern,
  { onset, begin, until, since }: OnsetSpan & { readonly begin: number },
): PatternShift | undefined {
  const minutesAfter = Math.max(1, (until - begin) / 60_000);
  const first = Math.floor(begin / 60_000);
  const pastMinutes = Math.min(longestPastMinutes, Math.max(1, (begin - since) / 60_000));
  let [before, count] = [0, 0];
  for (const [minute, lines] of pattern.perMinute) {
    if (minute >= first && minute * 60_000 <= until) count += lines;
    else if (minute < first && minute >= first - pastMinutes) before += lines;
  }
  const rates = { before: before / pastMinutes, after: count / minutesAfter };
  if (pattern.firstAt >= begin && pattern.firstAt <= until) {
    // The first minute may hold lines from before the onset; a pattern that is new has none.
    return { kind: 'new', pattern, count: Math.max(count, 1), ...rates, before: 0 };
  }
  const expected = rates.before * minutesAfter;
  if (
    count >= leastLines &&
    count >= leastRise * expected &&
    (count - expected) / Math.sqrt(expected + 1) >= leastSurprise
  )
    return { kind: 'rose', pattern, count, ...rates };
  return pattern.lastAt <= onset && expected >= leastLines && rates.before >= 1
    ? { kind: 'stopped', pattern, count, ...rates }
    : undefined;
}
