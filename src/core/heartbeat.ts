/** What a scheduled job says of itself, run by run. Pure. */

/** One signal of a job. `log` is output that changes nothing. */
export interface Signal {
  readonly kind: 'start' | 'success' | 'failure' | 'log';
  readonly exitCode: number | null;
  /** Tells runs apart that overlap (`?rid=` of Healthchecks); empty where not given. */
  readonly run: string;
  /** End of its output, redacted. */
  readonly output: string | null;
  readonly at: number;
}

export interface Heartbeat {
  /** Any signal, epoch milliseconds. */
  readonly lastAt: number;
  /** When the runs under way began, by run. */
  readonly open: Readonly<Record<string, number>>;
  readonly outcome: 'success' | 'failure' | null;
  /** `exit code 2`, `a new run began before this one said how it ended` */
  readonly reason: string | null;
  readonly endedAt: number | null;
  readonly exitCode: number | null;
  /** Of the last run whose start was told. */
  readonly durationMs: number | null;
  readonly output: string | null;
  readonly runs: number;
}

/** Runs that never end are not kept for ever. */
const mostOpen = 20;
/** The same end again so soon is a repeated request (`curl --retry`), not another run. */
const repeatedWithinMs = 60_000;

export function afterSignal(before: Heartbeat | null, signal: Signal): Heartbeat {
  const known: Heartbeat = before ?? {
    lastAt: signal.at,
    open: {},
    outcome: null,
    reason: null,
    endedAt: null,
    exitCode: null,
    durationMs: null,
    output: null,
    runs: 0,
  };
  const { kind, at, run, output } = signal;
  if (kind === 'log') return { ...known, lastAt: at, output: output ?? known.output };
  if (kind === 'start') return begun(known, run, at);
  const startedAt = Object.hasOwn(known.open, run) ? known.open[run] : undefined;
  const isRepeated =
    startedAt === undefined &&
    known.outcome === kind &&
    known.exitCode === signal.exitCode &&
    known.endedAt !== null &&
    at - known.endedAt < repeatedWithinMs;
  if (isRepeated) return { ...known, lastAt: at };
  return {
    lastAt: at,
    open: without(known.open, run),
    outcome: kind,
    reason: kind === 'failure' ? failureReason(signal.exitCode) : null,
    endedAt: at,
    exitCode: signal.exitCode,
    durationMs: startedAt === undefined ? null : Math.max(0, at - startedAt),
    output: output ?? null,
    runs: known.runs + 1,
  };
}

function begun(known: Heartbeat, run: string, at: number): Heartbeat {
  const open = Object.fromEntries(
    Object.entries({ ...without(known.open, run), [run]: at })
      .sort(([, a], [, b]) => b - a)
      .slice(0, mostOpen),
  );
  if (!Object.hasOwn(known.open, run)) return { ...known, lastAt: at, open };
  return {
    ...known,
    lastAt: at,
    open,
    outcome: 'failure',
    reason: 'a new run began before the last one said how it ended',
    endedAt: at,
    exitCode: null,
    durationMs: null,
    runs: known.runs + 1,
  };
}

function without(open: Readonly<Record<string, number>>, run: string): Record<string, number> {
  return Object.fromEntries(Object.entries(open).filter(([name]) => name !== run));
}

function failureReason(exitCode: number | null): string {
  return exitCode === null ? 'the job said that it failed' : `exit code ${exitCode}`;
}

/** A span of time, both ends included; epoch milliseconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Expectation {
  /** Next expected run after this moment; null when there is none. */
  readonly next: (after: number) => number | null;
  readonly graceMs: number;
  /** How much earlier than expected a signal still is that run's: clocks differ, periods drift. */
  readonly earlyMs: number;
}

export type Punctuality =
  | { readonly kind: 'in-time'; readonly nextAt: number | null }
  | { readonly kind: 'late'; readonly expectedAt: number }
  /** Upkeep was not there when the run could have come; known again when the next one is due. */
  | { readonly kind: 'unknown'; readonly expectedAt: number; readonly nextAt: number | null };

/**
 * Whether every run that was due has come. A run counts as missed only when Upkeep could have heard it: from a little
 * before it was expected until the grace had passed.
 */
export function punctuality(
  heartbeat: Heartbeat,
  expectation: Expectation,
  blind: readonly Span[],
  now: number,
): Punctuality {
  const { next, graceMs, earlyMs } = expectation;
  const heardAt = heartbeat.lastAt;
  let unheard: number | null = null;
  let expectedAt = next(heardAt + earlyMs);
  while (expectedAt !== null) {
    const [from, to] = [expectedAt - earlyMs, expectedAt + graceMs];
    if (to > now) {
      // One that was due while we were away and could come until now is not known to have been missed.
      const couldHaveCome = from <= now && blind.some((span) => span.from <= now && span.to >= from);
      if (couldHaveCome) unheard ??= expectedAt;
      break;
    }
    const away = blind.find((span) => span.from <= to && span.to >= from);
    if (!away) return { kind: 'late', expectedAt };
    unheard ??= expectedAt;
    expectedAt = next(Math.max(expectedAt, away.to + earlyMs));
  }
  if (unheard !== null) return { kind: 'unknown', expectedAt: unheard, nextAt: next(now) };
  return { kind: 'in-time', nextAt: expectedAt };
}
