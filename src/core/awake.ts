/** Time limits that pass only while this process runs. */
import type { Clock } from './time.ts';

/**
 * A limit passes in so many pieces, and what each of them comes late by is not counted: while this process waits for a
 * processor, answers lie unread, and all who were asked would seem silent.
 */
const pieces = 4;
/** So many times its length a limit waits for this process itself. */
const mostStandstill = 3;

export interface AwakeLimit {
  cancel(): void;
  /** How long this process stood still meanwhile, in ms. */
  stoodStillMs(): number;
  /** It stood still so long that nothing is known of whoever was asked. */
  isTooBusy(): boolean;
}

/** Calls `wake` once, after `ms` in which this process could have read an answer, or when it is too busy to. */
export function afterAwake(
  clock: Pick<Clock, 'after' | 'monotonic'>,
  ms: number,
  wake: () => void,
): AwakeLimit {
  let cancel = () => {};
  let stoodStillMs = 0;
  const isTooBusy = () => stoodStillMs > mostStandstill * ms;
  function wait(left: number) {
    const from = clock.monotonic();
    // After the last piece comes a turn in which answers that lie there are read.
    const pieceMs = left === 0 ? 0 : ms / pieces;
    cancel = clock.after(pieceMs, () => {
      stoodStillMs += Math.max(0, clock.monotonic() - from - pieceMs);
      if (left === 0 || isTooBusy()) wake();
      else wait(left - 1);
    });
  }
  wait(pieces);
  return { cancel: () => cancel(), stoodStillMs: () => stoodStillMs, isTooBusy };
}
