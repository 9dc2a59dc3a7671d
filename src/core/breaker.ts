/** Whether a channel is worth trying. Pure: times in epoch milliseconds come in. */
export interface Breaker {
  /** In a row. */
  readonly failures: number;
  /** Until then nothing is tried; null while it is closed. */
  readonly openUntil: number | null;
  /** The first of these failures; null without any. */
  readonly failingSince: number | null;
  readonly lastFailure: { readonly at: number; readonly detail: string } | null;
  readonly lastSuccessAt: number | null;
}

export type BreakerState = 'closed' | 'open' | 'half-open';

export const closedBreaker: Breaker = {
  failures: 0,
  openUntil: null,
  failingSince: null,
  lastFailure: null,
  lastSuccessAt: null,
};

/** Three could be one bad minute of a network; a page must not wait for more. */
const opensAfter = 3;
/** However long a receiver asks to be left alone, or was out: a minute after it is back it is told. */
export const longestOpenMs = 60_000;

export function succeeded({ lastFailure }: Breaker, at: number): Breaker {
  return { failures: 0, openUntil: null, failingSince: null, lastFailure, lastSuccessAt: at };
}

/** @param pauseMs until the next attempt, by what the receiver asked or by doubling */
export function failed(before: Breaker, at: number, pauseMs: number, detail: string): Breaker {
  const failures = before.failures + 1;
  const openUntil = failures >= opensAfter ? at + Math.min(pauseMs, longestOpenMs) : null;
  const failingSince = before.failingSince ?? at;
  return { ...before, failures, openUntil, failingSince, lastFailure: { at, detail } };
}

export function stateOf({ openUntil }: Breaker, now: number): BreakerState {
  if (openUntil === null) return 'closed';
  return now < openUntil ? 'open' : 'half-open';
}
