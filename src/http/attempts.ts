/**
 * Slows down the guessing of passwords. In memory; a restart forgives, and the command line on this machine needs no
 * password, so nobody can shut the owner out for ever by failing in the owner's name.
 */
import type { Clock } from '../core/time.ts';
import { UpkeepError } from '../core/verb.ts';
import type { Refusal, Refusals } from './refusals.ts';

interface Limit {
  /** Failures before the first wait. */
  readonly free: number;
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  /** An hour where left out. */
  readonly forgetAfterMs?: number;
}

/** One name from one address. */
const pairLimit: Limit = { free: 5, firstWaitMs: 60_000, longestWaitMs: 15 * 60_000 };
/** Any names from one address. */
const addressLimit: Limit = { free: 20, firstWaitMs: 60_000, longestWaitMs: 15 * 60_000 };
/** One name from anywhere; an address from which it signed in before is exempt. */
const nameLimit: Limit = { free: 50, firstWaitMs: 15_000, longestWaitMs: 60_000 };
/** Codes of one account from anywhere: at this pace guessing one of a million takes years. */
const codeLimit: Limit = {
  free: 10,
  firstWaitMs: 60_000,
  longestWaitMs: 3_600_000,
  forgetAfterMs: 86_400_000,
};

const forgetAfterMs = 3_600_000;
const mostKept = 10_000;

export type Attempts = ReturnType<typeof createAttempts>;

export function createAttempts(clock: Clock) {
  const pairs = createTally(clock, pairLimit);
  const addresses = createTally(clock, addressLimit);
  const names = createTally(clock, nameLimit);
  const codes = createTally(clock, codeLimit);
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
      requireNoWait(Math.max(...waits));
    },
    /** Gives how long this name or this address is locked out from now, 0 where it may try again. */
    failed(name: string, address: string): number {
      const key = keys(name, address);
      pairs.add(key.pair);
      addresses.add(address);
      names.add(key.name);
      return Math.max(0, pairs.wait(key.pair), addresses.wait(address), names.wait(key.name));
    },
    succeeded(name: string, address: string) {
      const key = keys(name, address);
      pairs.forget(key.pair);
      if (known.size >= mostKept) known.clear();
      known.add(key.pair);
    },
    /** @throws UpkeepError too-many-attempts, which names the wait */
    checkCode: (accountId: string) => requireNoWait(codes.wait(accountId)),
    failedCode: (accountId: string) => codes.add(accountId),
    rightCode: (accountId: string): void => void codes.forget(accountId),
  };
}

function requireNoWait(waitMs: number) {
  if (waitMs <= 0) return;
  throw new UpkeepError(
    'too-many-attempts',
    `too many attempts; try again in ${Math.ceil(waitMs / 1_000)} s`,
  );
}

/** Journals a wrong guess, and that it was one too many. */
export async function refuseGuesses(
  refusals: Refusals,
  {
    waitMs,
    actor = 'stranger',
    ...refusal
  }: Omit<Refusal, 'actor'> & {
    /** Who is signed in already; a stranger where nobody is. */
    readonly actor?: string;
    readonly waitMs: number;
  },
): Promise<void> {
  await refusals({ ...refusal, actor });
  if (waitMs > 0)
    await refusals({
      actor,
      kind: 'login.locked',
      subject: refusal.subject,
      payload: { address: refusal.payload.address, waitMs },
    });
}

function createTally(clock: Clock, limit: Limit) {
  const failures = new Map<string, { count: number; at: number }>();
  const read = (key: string) => {
    const found = failures.get(key);
    return found && clock.now() - found.at < (limit.forgetAfterMs ?? forgetAfterMs) ? found : undefined;
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
