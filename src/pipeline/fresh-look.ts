/**
 * Looks at once at how things stand where an incident is, instead of when it is due: the change that made the trouble
 * is evidence of the first diagnosis.
 */
import type { Clock } from '../core/time.ts';
import { atMost } from './at-most.ts';
import type { Ledger } from './ledger.ts';
import type { Check, Observation, Observer } from './observe.ts';

export interface FreshLook {
  /** Learns which checks tell the ledger how something stands. */
  seen(observation: Pick<Observation, 'check' | 'outcome'>): void;
  replace(checks: readonly Check[]): void;
  /** The nearest first. Resolves when the ledger has what was seen, or when that took too long. */
  at(targets: readonly string[]): Promise<void>;
}

/** A diagnosis waits for it no longer; what comes later is evidence of its next round (J). */
const waitMs = 2_500;
/** What stood so lately still stands so: a storm of incidents asks nobody over and over (J). */
const freshMs = 10_000;
/** Of one incident, and of all under way (J). */
const mostTargets = 12;
const mostChecks = 24;

export function createFreshLook(options: {
  readonly clock: Clock;
  readonly observer: () => Pick<Observer, 'once'>;
  readonly take: (observation: Observation) => void;
  readonly ledger: Pick<Ledger, 'settled'>;
}): FreshLook {
  const { clock } = options;
  const carriers = new Set<string>();
  let checks = new Map<string, Check[]>();
  const looks = new Map<string, { at: number; done: Promise<void> }>();
  let underWay = 0;

  /** A reload meanwhile may have taken the target away. */
  function take(observation: Observation): void {
    const { id, target, run } = observation.check;
    const present = checks.get(target.name)?.find((check) => check.id === id);
    if (present?.run === run) options.take({ ...observation, check: present });
  }

  function look(target: string): Promise<void> {
    const before = looks.get(target);
    if (before && clock.now() - before.at < freshMs) return before.done;
    const due = (checks.get(target) ?? []).filter(({ id }) => carriers.has(id));
    if (due.length === 0 || underWay + due.length > mostChecks) return Promise.resolve();
    underWay += due.length;
    const done = options
      .observer()
      .once(due, take)
      .finally(() => {
        underWay -= due.length;
      });
    looks.set(target, { at: clock.now(), done });
    return done;
  }

  return {
    seen({ check, outcome }) {
      if (outcome.ok && outcome.snapshots && outcome.snapshots.length > 0) carriers.add(check.id);
    },
    replace(next) {
      checks = Map.groupBy(next, ({ target }) => target.name);
      const ids = new Set(next.map(({ id }) => id));
      for (const id of carriers) if (!ids.has(id)) carriers.delete(id);
      looks.clear();
    },
    async at(targets) {
      const work = targets.slice(0, mostTargets).map(look);
      await atMost(
        clock,
        waitMs,
        Promise.all(work).then(() => options.ledger.settled()),
      );
    },
  };
}
