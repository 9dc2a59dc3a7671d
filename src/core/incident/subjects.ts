/**
 * What the alerts of one incident are about: the backups of each plan, the log archive of a server, an error budget that
 * burns so fast that it calls somebody, and all other trouble, which is one subject since its alerts are mostly consequences
 * of each other. What joins as a subject of its own is told, and so is trouble that is another failure
 * (`other-failure.ts`), else whoever knows of the first takes it for the whole. Pure.
 */
import type { Alert } from '../alert.ts';
import type { Finding } from '../evidence.ts';
import { grouped } from '../fold.ts';
import { graver, isGraver, type Level } from '../severity.ts';
import { restsOn, type Topology } from '../topology.ts';
import { symptomsAmong } from './hygiene.ts';
import { otherFailure, type SpokenOf } from './other-failure.ts';

const ofBackups = /^upkeep\.(backup|offsite|repository)-/;
const ofLog = /\.(?:archive-age|archive-failing|recovery-point-age)$/;

export function isOfBackups({ rule }: Pick<Alert, 'rule'>): boolean {
  return ofBackups.test(rule);
}

/** What a proof or a look has found of what is kept: no outage and no load makes it, and it stays when they are over. */
export function isOfDamage(alert: Pick<Alert, 'rule'>): boolean {
  return isOfBackups(alert) && /-(?:not-proven|missing|control-missed)$/.test(alert.rule);
}

/**
 * Damage of what is kept is an incident of its own, which takes other trouble of backups and nothing else. A backup that is
 * only late or failed may follow from an outage, and goes with it.
 * @param rules those of the incident; none where people declared it
 */
export function areApart(alert: Pick<Alert, 'rule'>, rules: readonly string[]): boolean {
  const all = rules.map((rule) => ({ rule }));
  if (isOfDamage(alert)) return !isOfBackupsAlone(all);
  return all.some(isOfDamage) && isOfBackupsAlone(all) && !isOfBackups(alert);
}

/** Nothing is down by it: data is at risk. False of one without alerts, which was seen by people. */
export function isOfBackupsAlone(alerts: readonly Pick<Alert, 'rule'>[]): boolean {
  return alerts.length > 0 && alerts.every(isOfBackups);
}

export function isOfLog({ rule }: Pick<Alert, 'rule'>): boolean {
  return ofLog.test(rule);
}

/** A budget that burns fast is what users feel: whoever was told of a disk that fills or of an odd figure does not know of it. */
function isFastBurn({ rule, ruleLevel }: Pick<Alert, 'rule' | 'ruleLevel'>): boolean {
  return rule === 'slo.burn-rate' && ruleLevel === 'critical';
}

/** `backups of dump on db`, `copies of dump on db`, `log of db`, `availability of shop`, `trouble`. */
export function subjectOf(alert: Pick<Alert, 'rule' | 'ruleLevel' | 'target' | 'labels'>): string {
  const kind = ofBackups.exec(alert.rule)?.[1];
  const { backup = '', repository } = alert.labels;
  const place = repository === undefined ? backup : `${backup} in ${repository}`;
  if (kind !== undefined)
    return `${kind === 'offsite' ? 'copies' : 'backups'} of ${place} on ${alert.target}`;
  if (isFastBurn(alert))
    return `${alert.labels.objective ?? 'budget'} of ${alert.labels.service ?? alert.target}`;
  return isOfLog(alert) ? `log of ${alert.target}` : trouble;
}

const trouble = 'trouble';

/** What was told of each subject since the incident was opened (again). */
export type ToldSubjects = Readonly<
  Record<string, { readonly level: Level /** Epoch milliseconds. */; readonly at: number }>
>;

export interface SubjectNews<One> {
  readonly subject: string;
  readonly reason: 'another-subject' | 'another-failure' | 'leads' | 'graver' | 'fires-again';
  /** Those of the subject that fire, the gravest first. */
  readonly alerts: readonly [One, ...One[]];
}

/** What comes back sooner was told a moment ago: what flaps says so once an hour. */
const againAfterMs = 60 * 60_000;

type OfSubject = Pick<
  Alert,
  'rule' | 'ruleLevel' | 'target' | 'labels' | 'state' | 'level' | 'since' | 'firedAt' | 'isHygiene'
>;

/** Of a trouble with more alerts the others are no news by themselves. */
const mostFailures = 30;

/** What fires of an incident, by subject; of trouble by failure too. */
export function toldOf(all: readonly OfSubject[], at: number): ToldSubjects {
  return Object.fromEntries(
    firingBySubject(all).flatMap((some) => {
      const subject = subjectOf(some[0]);
      const failures = subject === trouble ? some.slice(0, mostFailures) : [];
      return [
        ...failures.map((one) => [failureOf(one), { level: one.level, at }]),
        [subject, { level: levelOf(some), at }],
      ];
    }),
  );
}

/** `disk-full on db` */
function failureOf({ rule, target }: Pick<Alert, 'rule' | 'target'>): string {
  return `${rule} on ${target}`;
}

/**
 * What has joined since it was told last, and is no consequence of what is known: another subject or another failure, one
 * that got graver, or a subject that fires again after an hour or more.
 *
 * @param told null where nothing is known of it: then nothing is news
 */
export function subjectNews<One extends OfSubject>(
  told: ToldSubjects | null,
  all: readonly One[],
  of: SpokenOf,
  topology: Topology,
): SubjectNews<One>[] {
  if (told === null) return [];
  const firing = firingBySubject(all);
  const isOfTrouble = firing.every(([one]) => subjectOf(one) === trouble || isFastBurn(one));
  return firing.flatMap((some): SubjectNews<One>[] => {
    const [first] = some;
    const subject = subjectOf(first);
    // Its own level, lead and causes are told as those of the incident.
    if (subject === trouble && (isOfTrouble || trouble in told))
      return some.flatMap((one) => failureNews(one, all, told, of, topology));
    if (some.every((one) => one.level === 'low' || isConsequence(one, all, told, of.findings, topology)))
      return [];
    const reason = reasonOf(some, told[subject]);
    return reason === null ? [] : [{ subject, reason, alerts: some }];
  });
}

function failureNews<One extends OfSubject>(
  one: One,
  all: readonly One[],
  told: ToldSubjects,
  of: SpokenOf,
  topology: Topology,
): SubjectNews<One>[] {
  const subject = failureOf(one);
  const before = told[subject];
  // What was told as less grave is news by its level, whenever it began.
  const as = before === undefined ? one : { ...one, since: Infinity, firedAt: Infinity };
  const judged = otherFailure(as, all, of, topology);
  if (!('tell' in judged)) return [];
  // One that comes and goes is the incident coming and going, which its message says.
  const isNews = before === undefined || isGraver(one.level, before.level);
  const reason = before === undefined ? judged.tell : 'graver';
  return isNews ? [{ subject, reason, alerts: [one] }] : [];
}

function reasonOf(
  some: readonly [OfSubject, ...OfSubject[]],
  before: ToldSubjects[string] | undefined,
): SubjectNews<OfSubject>['reason'] | null {
  if (before === undefined) return 'another-subject';
  if (isGraver(levelOf(some), before.level)) return 'graver';
  const since = Math.min(...some.map((one) => one.since));
  return since - before.at >= againAfterMs ? 'fires-again' : null;
}

/** Of the subjects that fire beside that of the lead, the gravest alert of each; without consequences of an outage. */
export function besideLead<One extends OfSubject>(
  lead: Pick<Alert, 'rule' | 'ruleLevel' | 'target' | 'labels'>,
  all: readonly One[],
  topology: Topology,
): One[] {
  return firingBySubject(all)
    .map(([first]) => first)
    .filter((one) => subjectOf(one) !== subjectOf(lead) && !followsFromOutage(one, all, topology));
}

function firingBySubject<One extends OfSubject>(all: readonly One[]) {
  const firing = symptomsAmong(all).filter(({ state }) => state === 'firing');
  return grouped(
    firing.toSorted((a, b) => Number(isGraver(b.level, a.level)) - Number(isGraver(a.level, b.level))),
    subjectOf,
  );
}

function levelOf(some: readonly Pick<Alert, 'level'>[]): Level {
  return some.reduce<Level>((worst, { level }) => graver(worst, level), 'low');
}

/** The first cause explains it with what was told, or it follows from an outage. */
function isConsequence(
  alert: OfSubject,
  all: readonly OfSubject[],
  told: ToldSubjects,
  [first]: readonly Pick<Finding, 'explained'>[],
  topology: Topology,
): boolean {
  const explained = (first?.explained ?? []).map(({ rule, target }) => `${rule} ${target}`);
  const isExplained = (one: OfSubject) => explained.includes(`${one.rule} ${one.target}`);
  const isKnown = (one: OfSubject) =>
    one !== alert && subjectOf(one) !== subjectOf(alert) && subjectOf(one) in told;
  if (isExplained(alert) && all.some((one) => isKnown(one) && isExplained(one))) return true;
  return followsFromOutage(alert, all, topology);
}

/** Of the service whose budget burns, or of what it needs: that is told already, and the burn is its cost. */
function isOutageOf(one: OfSubject, burn: OfSubject, topology: Topology): boolean {
  const { service } = burn.labels;
  return (
    one.state === 'firing' &&
    subjectOf(one) === trouble &&
    (one.level === 'critical' || one.rule.endsWith('.down')) &&
    (restsOn(topology, burn.target, one.target) ||
      (service !== undefined && (topology.servicesOf.get(one.target) ?? []).includes(service)))
  );
}

/** A backup fails and a log waits where the server or what it needs is out; what a proof has found stays so after that. */
function followsFromOutage(alert: OfSubject, all: readonly OfSubject[], topology: Topology): boolean {
  if (isFastBurn(alert)) return all.some((one) => isOutageOf(one, alert, topology));
  if (subjectOf(alert) === trouble || isOfDamage(alert)) return false;
  return all.some(
    (one) =>
      one.state === 'firing' &&
      subjectOf(one) === trouble &&
      one.level === 'critical' &&
      alert.level !== 'critical' &&
      one.since <= alert.since &&
      restsOn(topology, alert.target, one.target),
  );
}
