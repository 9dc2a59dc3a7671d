/**
 * Whether what joins an open incident is another failure than the one that people were told of, or more of the same. Where
 * nothing says which, what fails together is one trouble: a message for each consequence of an outage is a flood. Pure.
 */
import type { Alert } from '../alert.ts';
import { isGraver, type Level } from '../severity.ts';
import { dependenciesOf, needEachOther, type Topology } from '../topology.ts';
import { type EndedFinding, endedByItself } from './ended-by-itself.ts';
import { isOfBudget } from './hygiene.ts';

/** Targets that need the same thing, or are reached at one port, and fail within this time are taken for one trouble. */
export const siblingMs = 2 * 60_000;

/** What is known of the incident as it was told. */
export interface SpokenOf {
  readonly level: Level;
  /** When it was opened (again), epoch milliseconds. */
  readonly since: number;
  /** Ranked; the first is the cause that messages name. */
  readonly findings: readonly EndedFinding[];
  /** The target that leads it by now. */
  readonly lead?: string;
}

type OfFailure = Pick<Alert, 'rule' | 'target' | 'state' | 'level' | 'since' | 'firedAt'>;

export type Failure =
  | {
      readonly tell:
        | 'another-failure'
        /** It lies beneath what was told and leads by now: whoever sees messages change or hears all that happens knows. */
        | 'leads';
    }
  | {
      readonly keep:
        | 'less-grave'
        /** A budget is what the trouble costs. */
        | 'budget'
        /** It began as the incident did, or fired then for the first time. */
        | 'together'
        | 'explained'
        /** Its target is out, or something that it needs is broken. */
        | 'follows'
        /** What is known needs it: the message names it as soon as it leads, or as the cause. */
        | 'beneath'
        | 'many-of-a-kind';
    };

/** From so many other targets on, one rule is one trouble that spreads; a count says it better. */
const manyFrom = 2;

/** @param all alerts of the incident, `alert` among them */
export function otherFailure(
  alert: OfFailure,
  all: readonly OfFailure[],
  { level, since, findings, lead }: SpokenOf,
  topology: Topology,
): Failure {
  if (alert.level === 'low' || isGraver(level, alert.level)) return { keep: 'less-grave' };
  if (isOfBudget(alert)) return { keep: 'budget' };
  const [first] = findings;
  const isEnded = first?.target !== alert.target && endedByItself(alert, findings);
  if (isEnded) return { tell: 'another-failure' };
  if (Math.min(alert.since, alert.firedAt ?? alert.since) < since + siblingMs) return { keep: 'together' };
  const isExplained = first?.explained?.some(
    ({ rule, target }) => rule === alert.rule && target === alert.target,
  );
  if (isExplained) return { keep: 'explained' };
  if (follows(alert, all, topology)) return { keep: 'follows' };
  if (all.some((one) => isExplainedAboveBy(alert, one, all, topology)))
    return lead === alert.target && isOutageNow(alert) ? { tell: 'leads' } : { keep: 'beneath' };
  const alike = all.filter(({ rule, target }) => rule === alert.rule && target !== alert.target);
  if (new Set(alike.map(({ target }) => target)).size >= manyFrom) return { keep: 'many-of-a-kind' };
  return { tell: 'another-failure' };
}

function isBelow(target: string, other: string, topology: Topology): boolean {
  return target !== other && dependenciesOf(topology, other).includes(target);
}

/** What needs it fires, and not since something else that it needs was broken before. */
function isExplainedAboveBy(
  alert: OfFailure,
  above: OfFailure,
  all: readonly OfFailure[],
  topology: Topology,
): boolean {
  if (above.state !== 'firing' || !isBelow(alert.target, above.target, topology)) return false;
  return !all.some(
    (one) =>
      isOutageNow(one) &&
      one.since < alert.since &&
      isBelow(one.target, above.target, topology) &&
      one.target !== alert.target &&
      !needEachOther(topology, one.target, alert.target),
  );
}

function isOutageNow({ state, level, rule }: OfFailure): boolean {
  return state === 'firing' && level === 'critical' && rule.endsWith('.down');
}

function follows(alert: OfFailure, all: readonly OfFailure[], topology: Topology): boolean {
  const below = dependenciesOf(topology, alert.target);
  return all.some(
    (one) =>
      one.state === 'firing' &&
      !isOfBudget(one) &&
      (below.includes(one.target) ||
        (one.target === alert.target && one.rule !== alert.rule && one.rule.endsWith('.down'))),
  );
}
