/** One run of a probe: it never throws, is cut off when its time is up, and its end is told whenever it comes. */
import type { Outcome } from '../core/sample.ts';
import type { ProbeContext } from '../core/system.ts';
import { type Clock, formatDuration } from '../core/time.ts';

export interface ProbeRun {
  /** Monotonic milliseconds. */
  readonly began: number;
  /** Its outcome has been told; where the probe has not ended, told without it. */
  isTold: boolean;
  abort(why: string): void;
}

/** A probe gets a moment after its abort to say what it saw; then the check is over without it. */
const abortGraceMs = 250;
/**
 * The time of a check passes in so many pieces, and what each of them comes late by is not counted: while this process
 * waits for a processor, answers lie unread, and the whole estate would seem to be down.
 */
const pieces = 4;
/** So many times its timeout a check waits for Upkeep itself; then nothing is known of the target. */
const mostStandstill = 3;

export function runProbe(options: {
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly run: (ctx: ProbeContext) => Promise<Outcome>;
  readonly increase: ProbeContext['increase'];
  /** Comes once, at the latest a moment after the timeout. */
  readonly onOutcome: (outcome: Outcome) => void;
  /** Comes when the probe itself has ended, before its outcome; never when it hangs for ever. */
  readonly onEnd: () => void;
}): ProbeRun {
  const { clock, timeoutMs, increase } = options;
  const controller = new AbortController();
  const { signal } = controller;
  const self: ProbeRun = { began: clock.monotonic(), isTold: false, abort };
  let cancelTimer = () => {};
  let stoodStillMs = 0;
  wait(pieces);

  function wait(left: number) {
    const from = clock.monotonic();
    // After the last piece comes a turn in which answers that lie there are read.
    const pieceMs = left === 0 ? 0 : timeoutMs / pieces;
    cancelTimer = clock.after(pieceMs, () => {
      stoodStillMs += Math.max(0, clock.monotonic() - from - pieceMs);
      if (left === 0 || isTooBusy()) abort(late().detail);
      else wait(left - 1);
    });
  }

  function isTooBusy() {
    return stoodStillMs > mostStandstill * timeoutMs;
  }

  function late() {
    if (!isTooBusy())
      return { ok: false, why: 'timeout', detail: `no answer within ${timeoutMs} ms` } as const;
    const spans = `${formatDuration(stoodStillMs)} of ${formatDuration(clock.monotonic() - self.began)}`;
    const detail = `this machine is too busy: Upkeep itself stood still for ${spans}`;
    return { ok: false, why: 'broken-probe', detail } as const;
  }

  function abort(why: string) {
    if (signal.aborted || self.isTold) return;
    cancelTimer();
    cancelTimer = clock.after(abortGraceMs, () => tell(late()));
    controller.abort(new Error(why));
  }

  function tell(outcome: Outcome) {
    if (self.isTold) return;
    self.isTold = true;
    cancelTimer();
    options.onOutcome(outcome);
  }

  async function attempt(): Promise<Outcome> {
    try {
      return await options.run({ signal, timeoutMs, clock, increase });
    } catch (error) {
      if (signal.aborted) return late();
      return {
        ok: false,
        why: 'broken-probe',
        detail: error instanceof Error ? error.message : String(error),
      };
    }
  }

  void attempt().then((outcome) => {
    options.onEnd();
    tell(!outcome.ok && signal.aborted && isTooBusy() ? late() : outcome);
  });
  return self;
}
