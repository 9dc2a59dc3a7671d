/**
 * What woke people can clear and fire again while something less grave keeps its incident open: whether they are called anew
 * for it. Their escalation may have been used up by then, and an outage that nobody hears of is worse than a second call.
 * Pure.
 */
import type { Alert } from '../alert.ts';
import { causeAmong } from '../diagnosis.ts';
import type { Finding } from '../evidence.ts';
import { leadOf } from '../incident.ts';
import { isGraver, type Level } from '../severity.ts';
import { restsOn, type Topology } from '../topology.ts';
import { causeName } from './cause-news.ts';
import { sureFrom } from './causes.ts';
import { directAmong } from './hygiene.ts';

/** What an outage is known by. */
export interface Outage {
  /** Of what fires that is as grave as the incident. */
  readonly lead: string;
  /** As of `causeName`; null where no sure cause was seen. */
  readonly cause: string | null;
}

/** After nothing as grave as the incident fired any more. Times are epoch milliseconds. */
export interface Calm {
  /** The outage that people were called for last. */
  readonly before: Outage;
  readonly since: number;
  /** When something as grave fired again, for which nobody was called so far. */
  readonly backAt?: number;
}

/** Another outage is told no sooner after the last call: where checks come and go in turn, each look finds another cause. */
export const callsApartMs = 5 * 60_000;
/** The first looks follow each other in seconds, and targets that fail together are found one by one. */
export const settlesInMs = 10_000;
/** What needs the target that led before may be found broken first. */
const restingSettlesInMs = 30_000;

export type CalledAgain =
  | { readonly call: 'came-back' | 'another-cause' }
  | { readonly update: 'in-hand' }
  | { readonly wait: 'called-lately' | 'settles'; readonly until: number }
  | { readonly keep: 'going-on' | 'calm' | 'same-trouble' | 'in-hand' };

/** What is, or since `from` was, as grave as what people were called for; a budget tells of what has been. */
function graveSince<One extends Fired>(level: Level, alerts: readonly One[], from: number): readonly One[] {
  return directAmong(alerts).filter(
    (one) => !isGraver(level, one.level) && (one.state === 'firing' || (one.resolvedAt ?? 0) >= from),
  );
}

type Fired = Pick<Alert, 'rule' | 'level' | 'state' | 'resolvedAt' | 'isHygiene'>;

export function isGraveNow(level: Level, alerts: readonly Fired[]): boolean {
  return graveSince(level, alerts, Infinity).length > 0;
}

/** @param from when the outage began; what was found before tells nothing of it */
export function outageOf(
  {
    lead: known,
    level,
    findings,
  }: { readonly lead: string; readonly level: Level; readonly findings: readonly Finding[] },
  alerts: readonly Alert[],
  from: number,
  topology: Topology,
): Outage {
  const lead = leadOf(graveSince(level, alerts, from), topology)?.target ?? known;
  const first = causeAmong(findings);
  const isOfIt = first !== undefined && first.confidence >= sureFrom && (first.seenAt ?? 0) >= from;
  return { lead, cause: isOfIt ? causeName(first, topology) : null };
}

/** As what fires changes. */
export function calmAfter(
  calm: Calm | undefined,
  isGrave: boolean,
  before: Outage,
  now: number,
): Calm | undefined {
  if (isGrave) return calm && { ...calm, backAt: calm.backAt ?? now };
  if (calm === undefined) return { before, since: now };
  return calm.backAt === undefined ? calm : { before: calm.before, since: now };
}

/**
 * @param calm undefined while the outage goes on that people were called for
 * @param lastCallAt the last page or beginning of a call
 * @param holdMs for so long it must have been well to count as over, had nothing else fired (`recoveryHold`)
 */
export function calledAgain(
  calm: Calm | undefined,
  present: Outage,
  {
    isAcknowledged,
    lastCallAt,
    holdMs,
  }: { readonly isAcknowledged: boolean; readonly lastCallAt: number; readonly holdMs: number },
  topology: Topology,
  now: number,
): CalledAgain {
  if (calm === undefined) return { keep: 'going-on' };
  if (calm.backAt === undefined) return { keep: 'calm' };
  const isBack = calm.backAt - calm.since >= holdMs;
  if (isAcknowledged) return isBack ? { update: 'in-hand' } : { keep: 'in-hand' };
  if (isBack) return { call: 'came-back' };
  const isByCause = present.cause !== null && calm.before.cause !== null;
  const isSame = isByCause ? present.cause === calm.before.cause : present.lead === calm.before.lead;
  const isResting = !isByCause && !isSame && restsOn(topology, present.lead, calm.before.lead);
  const settled = calm.backAt + (isResting ? restingSettlesInMs : settlesInMs);
  if (now < settled) return { wait: 'settles', until: settled };
  if (isSame) return { keep: 'same-trouble' };
  const until = lastCallAt + callsApartMs;
  return now < until ? { wait: 'called-lately', until } : { call: 'another-cause' };
}
