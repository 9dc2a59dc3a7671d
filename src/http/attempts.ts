/** Slows down guessing: after some failures a name must wait. In memory; a restart forgives. */
import type { Clock } from '../core/time.ts';
import { UpkeepError } from '../core/verb.ts';

const freeAttempts = 5;
const lockMs = 60_000;
const mostNames = 10_000;

export function createAttempts(clock: Clock) {
  const failures = new Map<string, { count: number; until: number }>();
  return {
    check(name: string) {
      const known = failures.get(name);
      if (known && known.until > clock.now()) {
        throw new UpkeepError(
          'too-many-attempts',
          `too many attempts; try again in ${Math.ceil((known.until - clock.now()) / 1_000)} s`,
        );
      }
    },
    failed(name: string) {
      if (failures.size > mostNames) failures.clear();
      const count = (failures.get(name)?.count ?? 0) + 1;
      failures.set(name, {
        count,
        until: count >= freeAttempts ? clock.now() + lockMs * 2 ** Math.min(count - freeAttempts, 5) : 0,
      });
    },
    succeeded: (name: string) => failures.delete(name),
  };
}
