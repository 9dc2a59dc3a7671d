/**
 * The order in which alerts are committed: what comes together goes together, and only what may be our own trouble
 * waits for a look at ourselves.
 */
import type { Clock } from '../core/time.ts';
import type { Log } from '../log.ts';
import type { Detected } from './detect.ts';
import type { OwnTrouble } from './own-trouble.ts';

export interface AlertQueue {
  take(detected: readonly Detected[]): void;
  /** After everything taken so far that waits for nothing. */
  then(next: () => Promise<void>): Promise<void>;
  /** Resolves when everything taken so far is committed. */
  settled(): Promise<void>;
}

/** The first page waits no longer for a look at ourselves, but where the failure may be our own. */
const patienceMs = 100;

export function createAlertQueue(options: {
  readonly clock: Clock;
  readonly log: Log;
  readonly own: OwnTrouble | undefined;
  readonly commit: (batch: readonly Detected[]) => Promise<void>;
}): AlertQueue {
  const { clock, own, commit } = options;
  let waiting: Detected[] = [];
  let work: Promise<void> = Promise.resolve();
  /** Looks that take long. */
  const looks = new Set<Promise<void>>();
  /** Alerts that wait for them, with how many of their transitions do. */
  const delayed = new Map<string, number>();

  function then(next: () => Promise<void>): Promise<void> {
    work = work.then(next);
    return work;
  }

  async function commitWaiting() {
    // Probes that fail in the same tick belong into the same transaction.
    await Promise.resolve();
    const taken = waiting;
    waiting = [];
    const isFollowing = taken.some(({ fingerprint }) => delayed.has(fingerprint));
    const suspects = taken.filter((one) => delayed.has(one.fingerprint) || own?.isSuspect(one));
    if (!own || suspects.length === 0) return commit(taken);
    const looked = look(own, suspects);
    const found = isFollowing ? null : await inTime(looked);
    if (found) return commit([...found, ...taken]);
    commitAfter(looked, suspects);
    const others = taken.filter((one) => !suspects.includes(one));
    if (others.length > 0) await commit(others);
  }

  /** Ends after every look before it, so that the transitions of one alert keep their order. */
  async function look(from: OwnTrouble, suspects: readonly Detected[]): Promise<readonly Detected[]> {
    const found = from.look(suspects).catch((error: unknown) => {
      options.log.error('own network could not be looked at; alerts are judged without', {
        error: String(error),
      });
      return [];
    });
    return (await Promise.all([found, ...looks]))[0];
  }

  /** Null where it takes so long that what is not in question must not wait for it. */
  async function inTime(looked: Promise<readonly Detected[]>): Promise<readonly Detected[] | null> {
    const late = Promise.withResolvers<null>();
    const cancel = clock.after(patienceMs, () => late.resolve(null));
    try {
      return await Promise.race([looked, late.promise]);
    } finally {
      cancel();
    }
  }

  function commitAfter(looked: Promise<readonly Detected[]>, suspects: readonly Detected[]) {
    for (const { fingerprint } of suspects) delayed.set(fingerprint, (delayed.get(fingerprint) ?? 0) + 1);
    const done = looked.then((found) => {
      looks.delete(done);
      void then(async () => {
        await commit([...found, ...suspects]);
        for (const { fingerprint } of suspects) {
          const left = (delayed.get(fingerprint) ?? 1) - 1;
          if (left > 0) delayed.set(fingerprint, left);
          else delayed.delete(fingerprint);
        }
      });
    });
    looks.add(done);
  }

  return {
    then,
    take(detected) {
      if (detected.length === 0) return;
      const isIdle = waiting.length === 0;
      waiting.push(...detected);
      if (isIdle) void then(commitWaiting);
    },
    async settled() {
      await work;
      while (looks.size > 0) await Promise.all(looks);
      await work;
    },
  };
}
