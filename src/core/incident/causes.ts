/** What a later look makes of the cause of an incident: the same, another, or none that is better than what was known. Pure. */
import type { Alert } from '../alert.ts';
import { errorKind } from '../error-kind.ts';
import type { Finding } from '../evidence.ts';
import { dependenciesOf, restsOn, type Topology } from '../topology.ts';
import { isOfBudget } from './hygiene.ts';

/** From this confidence on, a finding says more of where the trouble lies than the alerts do. */
export const sureFrom = 0.8;

type Symptom = Pick<Alert, 'rule' | 'target' | 'state' | 'since' | 'resolvedAt'> &
  Partial<Pick<Alert, 'detail'>>;

export interface Causes {
  readonly findings: readonly Finding[];
  /** What led so far and leads no longer; null where nothing did, or it still does. */
  readonly before: Finding | null;
  /** Its trouble has ended; else another only comes before it. */
  readonly isBeforeOver: boolean;
}

/**
 * Targets that fail together recover one by one: what is found among the last of them never comes before the deeper
 * cause that led the incident. It does once it explains a trouble that began after all that was known then had ended.
 *
 * @param known of the incident, ranked
 * @param found now, ranked
 * @param alerts all symptoms of the incident, also the ended
 * @param at this moment, epoch milliseconds
 */
export function causesAfter(
  known: readonly Finding[],
  found: readonly Finding[],
  alerts: readonly Symptom[],
  topology: Topology,
  at: number,
): Causes {
  const [before] = known;
  const [now] = found;
  const kept = { findings: known, before: null, isBeforeOver: false };
  if (before === undefined) return { ...kept, findings: found };
  const isGone = isPast(before, alerts, topology, at);
  const isOver = isGone || isTroubleOver(before, alerts);
  const again = found.find((one) => isSameCause(one, before));
  // It explained an error that is there no more.
  if (again === undefined && isOfOtherError(before, alerts)) {
    const left = known.filter((one) => !isOfOtherError(one, alerts) && !isPast(one, alerts, topology, at));
    return { findings: now === undefined ? left : found, before, isBeforeOver: true };
  }
  if (now === undefined) {
    if (!isGone && isOver && !explainsAny(before, alerts, topology))
      return { findings: [], before, isBeforeOver: true };
    if (!isGone) return kept;
    const left = known.filter((one) => !isPast(one, alerts, topology, at));
    return { findings: left, before, isBeforeOver: true };
  }
  if (isSameCause(now, before)) return { ...kept, findings: found };
  if (again === undefined && !isGone && stays(before, now, isOver, topology))
    return { ...kept, findings: [before, ...found.filter((one) => one !== before)] };
  const led = before.confidence >= sureFrom ? before : null;
  return { findings: found, before: led, isBeforeOver: led !== null && isOver && again === undefined };
}

export function isSameCause(a: Pick<Finding, 'id' | 'target'>, b: Pick<Finding, 'id' | 'target'>): boolean {
  return a.id === b.id && a.target === b.target;
}

function stays(before: Finding, now: Finding, isOver: boolean, topology: Topology): boolean {
  // Nothing that fires follows from it.
  if (now.beside !== undefined && before.beside === undefined) return !isOver;
  if (before.confidence < sureFrom || before.nature === 'hygiene') return false;
  const isNowSure = now.confidence >= sureFrom && now.isWhereOnly !== true;
  // A guess takes no sure cause's place while its trouble goes on.
  if (now.confidence < sureFrom && !isOver && !before.isWhereOnly) return true;
  if (dependenciesOf(topology, now.target).includes(before.target)) return !(isOver && isNowSure);
  return now.target === before.target && !before.isWhereOnly && now.confidence < sureFrom;
}

/** What needs a target recovers within this time after it, or has a trouble of its own. */
export const latecomersMs = 90_000;

type Explaining = Pick<Finding, 'target' | 'explained' | 'over'>;

/** All alerts that its diagnosis explained have resolved, and others fire. */
export function isLeftBehind(
  { explained = [], over }: Pick<Finding, 'explained' | 'over'>,
  alerts: readonly Symptom[],
): boolean {
  const own = ownOf(explained, alerts);
  // What fires after it was over is another trouble until it is seen again.
  const left = over === undefined ? own : own.filter(({ since }) => since <= over.at);
  return own.length > 0 && left.every(({ state }) => state === 'resolved') && alerts.some(isDirect);
}

/** It is left behind, and nothing that needs its target only recovers a little later: no cause of what fires by now. */
export function isPast(
  { target, explained = [], over }: Explaining,
  alerts: readonly Symptom[],
  topology: Topology,
  at: number,
): boolean {
  if (!isLeftBehind({ explained, ...(over ? { over } : {}) }, alerts)) return false;
  const end = over?.at ?? Math.max(...ownOf(explained, alerts).map(({ resolvedAt }) => resolvedAt ?? 0));
  return !alerts.some(
    (alert) =>
      isDirect(alert) &&
      alert.since <= end &&
      at - end < latecomersMs &&
      dependenciesOf(topology, alert.target).includes(target),
  );
}

/** All that it explained fires on, and none of it by the error that it was found for. */
function isOfOtherError({ explained = [] }: Pick<Finding, 'explained'>, alerts: readonly Symptom[]): boolean {
  const own = explained.flatMap(({ rule, target, said }) =>
    said === undefined
      ? []
      : alerts
          .filter((one) => one.rule === rule && one.target === target && one.state === 'firing')
          .map(({ detail = said }) => errorKind(detail) !== errorKind(said)),
  );
  return own.length > 0 && own.every(Boolean);
}

function ownOf(explained: NonNullable<Finding['explained']>, alerts: readonly Symptom[]): readonly Symptom[] {
  return alerts.filter((alert) =>
    explained.some(({ rule, target }) => rule === alert.rule && target === alert.target),
  );
}

function isDirect(alert: Symptom): boolean {
  return alert.state === 'firing' && !isOfBudget(alert);
}

/** All of what fired while it was seen last has recovered, and whatever fires began after that. */
function isTroubleOver({ seenAt }: Finding, alerts: readonly Symptom[]): boolean {
  const firing = alerts.filter(isDirect);
  if (seenAt === undefined || firing.length === 0) return false;
  const first = alerts.filter((alert) => alert.since <= seenAt && !isOfBudget(alert));
  const ends = first.flatMap(({ state, resolvedAt }) =>
    state === 'resolved' && resolvedAt !== null ? [resolvedAt] : [],
  );
  const over = Math.max(...ends);
  return ends.length > 0 && ends.length === first.length && firing.every(({ since }) => since >= over);
}

function explainsAny({ target }: Finding, alerts: readonly Symptom[], topology: Topology): boolean {
  return alerts.some((alert) => alert.state === 'firing' && restsOn(topology, alert.target, target));
}
