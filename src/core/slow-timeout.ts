/** Targets whose checks wait longer than they are apart. Pure. */
import type { TargetSettings } from './configuration.ts';
import { formatDuration } from './time.ts';

/** A check never overlaps itself, so the next ones wait for one that hangs. */
export function slowTimeoutWarnings(
  targets: readonly Pick<TargetSettings, 'name' | 'everyMs' | 'timeoutMs'>[],
): string[] {
  return targets
    .filter(({ everyMs, timeoutMs }) => timeoutMs > everyMs)
    .map(({ name, everyMs, timeoutMs }) => {
      const [every, timeout] = [formatDuration(everyMs), formatDuration(timeoutMs)];
      return `targets.${name}: its timeout (${timeout}) is longer than its every (${every}): while it hangs it is asked each ${timeout} and seen to fail after ${timeout}. Choose a timeout of ${every} or less`;
    });
}
