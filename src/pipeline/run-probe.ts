/** One run of a probe: it never throws, is cut off when its time is up, and its end is told whenever it comes. */
import { afterAwake } from '../core/awake.ts';
import { redactSentence } from '../core/redact.ts';
import type { Outcome } from '../core/sample.ts';
import type { ProbeContext } from '../core/system.ts';
import { type Clock, formatDuration } from '../core/time.ts';

export interface ProbeRun {
  /** Monotonic milliseconds. */
  readonly began: number;
  /** Epoch milliseconds, as the probe is told it. */
  readonly at: number;
  /** Its outcome has been told; where the probe has not ended, told without it. */
  isTold: boolean;
  abort(why: string): void;
}

/** A probe gets a moment after its abort to say what it saw; then the check is over without it. */
const abortGraceMs = 250;

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
  const self: ProbeRun = { began: clock.monotonic(), at: clock.now(), isTold: false, abort };
  // While Upkeep itself stands still, the whole estate would seem to be down.
  const limit = afterAwake(clock, timeoutMs, () => abort(late().detail, 'TimeoutError'));
  let cancelTimer = limit.cancel;

  function late() {
    if (!limit.isTooBusy())
      return { ok: false, why: 'timeout', detail: `no answer within ${timeoutMs} ms` } as const;
    const spans = `${formatDuration(limit.stoodStillMs())} of ${formatDuration(clock.monotonic() - self.began)}`;
    const detail = `this machine is too busy: Upkeep itself stood still for ${spans}`;
    return { ok: false, why: 'broken-probe', detail } as const;
  }

  /** Drivers tell by the reason's name that they were cut off. */
  function abort(why: string, name: 'AbortError' | 'TimeoutError' = 'AbortError') {
    if (signal.aborted || self.isTold) return;
    cancelTimer();
    cancelTimer = clock.after(abortGraceMs, () => tell(late()));
    controller.abort(new DOMException(why, name));
  }

  function tell(outcome: Outcome) {
    if (self.isTold) return;
    self.isTold = true;
    cancelTimer();
    // What a server answers may repeat the address with its password.
    const { detail } = outcome;
    options.onOutcome(detail === undefined ? outcome : { ...outcome, detail: redactSentence(detail) });
  }

  async function attempt(): Promise<Outcome> {
    try {
      return await options.run({ at: self.at, signal, timeoutMs, clock, increase });
    } catch (error) {
      if (signal.aborted) return late();
      return {
        ok: false,
        why: 'broken-probe',
        detail: error instanceof Error ? error.message : String(error),
      };
    }
  }

  /** A driver that fails at its abort in words of its own has no answer either, which says that the target is silent. */
  function cutOff(outcome: Outcome): Outcome {
    if (outcome.ok) return outcome;
    if (limit.isTooBusy()) return late();
    return outcome.why === 'broken-probe' ? { ...outcome, ...late() } : outcome;
  }

  void attempt().then((outcome) => {
    options.onEnd();
    tell(signal.aborted ? cutOff(outcome) : outcome);
  });
  return self;
}
