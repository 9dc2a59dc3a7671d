/**
 * Slows down the guessing of passwords. In memory; a restart forgives, and the command line on this machine needs no
 * password, so nobody can shut the owner out for ever by failing in the owner's name.
 */
import type { Clock } from '../core/time.ts';
import { UpkeepError } from '../core/verb.ts';

interface Limit {
  /** Failures before the first wait. */
  readonly free: number;
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
}

/** One name from one address. */
const pairLimit: Limit = { free: 5, firstWaitMs: 60_000, longestWaitMs: 15 * 60_000 };
/** Any names from one address. */
const addressLimit: Limit = { free: 20, firstWaitMs: 60_000, longestWaitMs: 15 * 60_000 };
/** One name from anywhere; an address from which it signed in before is exempt. */
const nameLimit: Limit = { free: 50, firstWaitMs: 15_000, longestWaitMs: 60_000 };

const forgetAfterMs = 3_600_000;
const mostKept = 10_000;

export type Attempts = ReturnType<typeof createAttempts>;

export function createAttempts(clock: Clock) {
  const pairs = createTally(clock, pairLimit);
  const addresses = createTally(clock, addressLimit);
  const names = createTally(clock, nameLimit);
  const known = new Set<string>();
  const keys = (name: string, address: string) => ({
    name: name.toLowerCase(),
    pair: `${address} ${name.toLowerCase()}`,
  });

  return {
    /** @throws UpkeepError too-many-attempts, which names the wait */
    check(name: string, address: string) {
      const key = keys(name, address);
      const waits = [pairs.wait(key.pair), addresses.wait(address)];
      if (!known.has(key.pair)) waits.push(names.wait(key.name));
      const wait = Math.max(...waits);
      if (wait > 0) {
        throw new UpkeepError(
          'too-many-attempts',
          `too many attempts; try again in ${Math.ceil(wait / 1_000)} s`,
        );
      }
    },
    failed(name: string, address: string) {
      const key = keys(name, address);
      pairs.add(key.pair);
      addresses.add(address);
      names.add(key.name);
    },
    succeeded(name: string, address: string) {
      const key = keys(name, address);
      pairs.forget(key.pair);
      if (known.size >= mostKept) known.clear();
      known.add(key.pair);
    },
  };
}

function createTally(clock: Clock, limit: Limit) {
  const failures = new Map<string, { count: number; at: number }>();
  const read = (key: string) => {
    const found = failures.get(key);
    return found && clock.now() - found.at < forgetAfterMs ? found : undefined;
  };
  return {
    wait(key: string): number {
      const found = read(key);
      if (!found || found.count < limit.free) return 0;
      const doublings = Math.min(found.count - limit.free, 10);
      const waitMs = Math.min(limit.firstWaitMs * 2 ** doublings, limit.longestWaitMs);
      return found.at + waitMs - clock.now();
    },
    add(key: string) {
      const count = (read(key)?.count ?? 0) + 1;
      failures.delete(key);
      // The longest untouched goes first: whoever fills the table loses no count of the others at once.
      const [oldest] = failures.keys();
      if (failures.size >= mostKept && oldest !== undefined) failures.delete(oldest);
      failures.set(key, { count, at: clock.now() });
    },
    forget: (key: string) => failures.delete(key),
  };
}
