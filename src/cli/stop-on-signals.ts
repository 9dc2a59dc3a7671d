/** A signal asks to stop in order; whoever asks again, or has waited long, is let go at once. */
import type { EventEmitter } from 'node:events';
import { constants } from 'node:os';
import type { Clock } from '../core/time.ts';

/** Longer than a stop takes on a machine that is busy (measured: 5 s with all cores taken). */
export const leaveWithinMs = 20_000;

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * What is still running when it leaves must be ended by somebody else: of the demo that is its guardian.
 * @param leave ends the process with that code
 * @returns to be called when everything has stopped: nothing is left by force any more
 */
export function stopOnSignals(
  stop: AbortController,
  {
    clock,
    from,
    leave,
  }: {
    readonly clock: Pick<Clock, 'after'>;
    readonly from: Pick<EventEmitter, 'on' | 'off'>;
    leave(code: number): void;
  },
): () => void {
  let cancel = () => {};
  const listeners = signals.map((signal) => {
    const code = 128 + constants.signals[signal];
    const listener = () => {
      if (stop.signal.aborted) return leave(code);
      stop.abort();
      cancel = clock.after(leaveWithinMs, () => leave(code));
    };
    from.on(signal, listener);
    return [signal, listener] as const;
  });
  return () => {
    cancel();
    for (const [signal, listener] of listeners) from.off(signal, listener);
  };
}
