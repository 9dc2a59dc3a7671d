/**
 * What nothing caught leaves a process in a state that nobody knows. It says so, stops in order and leaves with a code
 * on which its supervisor starts it anew.
 */
import type { EventEmitter } from 'node:events';
import { failureOf, type OwnFailure } from '../core/own-end.ts';
import type { Clock } from '../core/time.ts';
import type { Log } from '../log.ts';
import { leaveWithinMs } from './stop-on-signals.ts';

/** What systemd's `Restart=on-failure` and a container's restart policy take for a failure; 2 is wrong usage. */
export const failedCode = 1;

/** @param stop may itself fail or hang: the process leaves all the same */
export function endOnFailure({
  clock,
  from,
  log,
  stop,
  leave,
}: {
  readonly clock: Pick<Clock, 'after'>;
  /** The process: `uncaughtException` is told of rejections that nothing handled as well. */
  readonly from: Pick<EventEmitter, 'on' | 'off'>;
  readonly log: Log;
  stop(failure: OwnFailure): Promise<void>;
  leave(code: number): void;
}): () => void {
  let failures = 0;
  const listener = (thrown: unknown) => {
    failures++;
    const failure = failureOf(thrown);
    // What fails once may fail each millisecond until it is gone.
    if (failures === 2) log.error('Upkeep failed again while it stopped', { ...failure });
    if (failures > 1) return;
    log.error(`Upkeep itself failed: ${failure.error}; it stops, to be started anew`, { at: failure.at });
    clock.after(leaveWithinMs, () => leave(failedCode));
    Promise.resolve(failure)
      .then(stop)
      .catch((error: unknown) => log.error('Upkeep could not stop in order', { ...failureOf(error) }))
      .finally(() => leave(failedCode));
  };
  from.on('uncaughtException', listener);
  return () => void from.off('uncaughtException', listener);
}
