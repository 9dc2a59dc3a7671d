/** Whether what was found can bring about what fires: a missing index makes answers late, and none of them a 500. Pure. */
import type { Alert } from './alert.ts';
import type { Finding } from './evidence.ts';
import { isOfBudget } from './incident/hygiene.ts';
import { graver, type Level } from './severity.ts';
import { restsOn, type Topology } from './topology.ts';

export type Symptom = Pick<Alert, 'rule' | 'target' | 'state'> & Partial<Pick<Alert, 'since' | 'level'>>;

/**
 * `own-alert` its diagnosis explains one that fires; `reaches` what needs its target fires; `nothing-fires` near it, so
 * nothing speaks against it; `only-slows` all that fires is seen to fail at once or alone, which slowness never does;
 * `of-itself` all that fires is a state that nothing below brings about; `stood-before` it stood for minutes while
 * nothing fired, and what fires began with another finding, or is seen to fail by itself while its own target is well;
 * `ended-before` it came in moments, and the last was over when the gravest that fires began.
 */
export type Mechanism = {
  readonly explains: boolean;
  readonly reason:
    | 'own-alert'
    | 'reaches'
    | 'nothing-fires'
    | 'only-slows'
    | 'of-itself'
    | 'stood-before'
    | 'ended-before';
};

/** How a target itself is set up or stands: what it needs may be gone, and makes none of these. */
const ofItself =
  /^(?:tls|dns)\.|\.(?:configuration|frozen|unsafe-settings|loose-settings|settings-file|settings-restart|replay-paused|checksum-failures)$/;

/** A fault that brings something about does so within this time, or it was borne (J); checks are seconds to a minute apart. */
const bornAfterMs = 5 * 60_000;
/** What was asked in a moment when nothing was answered fails within the patience of whoever asked (J): checks wait 5 to 10 s. */
const passedAfterMs = 15_000;
/** An alert is dated by its first bad sample, a finding by the looks on either side: they began together (J). */
const beganWithinMs = 2 * 60_000;

/** An answer that waited for what it needs takes longer (J): timeouts of statements and of pools are seconds, and a busy machine is slow. */
const atOnceSeconds = 2;
/** Gateways and whoever sheds load say these of others, and may mean that those are slow. */
const ofOthers = [502, 503, 504];

/**
 * Whether an error was answered without waiting for anything: then nothing that only slows is its cause.
 * @param seconds until it was answered; null where nobody measured it
 */
export function isErrorAtOnce(status: number, seconds: number | null): boolean {
  return status >= 500 && !ofOthers.includes(status) && seconds !== null && answersAtOnce(seconds);
}

/** Whether an answer that came after so long waited for nothing; not of a number that nobody measured (NaN). */
export function answersAtOnce(seconds: number): boolean {
  return seconds < atOnceSeconds;
}

/** From here on a finding counts as the cause of the alert that it explains. */
const likely = 0.7;
/** From here on it may take the place of one that stood before (J). */
const sure = 0.8;

export function mechanismOf(
  cause: Finding,
  findings: readonly Finding[],
  symptoms: readonly Symptom[],
  topology: Topology,
): Mechanism {
  if (isPassed(cause, symptoms)) return { explains: false, reason: 'ended-before' };
  if ((cause.explained ?? []).length > 0) return { explains: true, reason: 'own-alert' };
  const near = symptoms.filter(
    (one) => one.state === 'firing' && !isOfBudget(one) && restsOn(topology, one.target, cause.target),
  );
  if (near.length === 0) return { explains: true, reason: 'nothing-fires' };
  const others = findings.filter((one) => one !== cause && one.confidence >= likely);
  const reached = near.filter((one) => one.target === cause.target || !isOfItself(one, others));
  if (reached.length === 0) return { explains: false, reason: 'of-itself' };
  const isSeenToFail = (one: Symptom) => others.some((it) => it.isNoSlowness === true && names(it, one));
  if (cause.onlySlows === true && reached.every(isSeenToFail))
    return { explains: false, reason: 'only-slows' };
  const { onset } = cause;
  const isLate = ({ since }: Symptom) =>
    onset !== undefined && since !== undefined && since > onset + bornAfterMs;
  if (
    reached.every((one) => isLate(one) && others.some((it) => beganWith(it, one, cause, symptoms, topology)))
  )
    return { explains: false, reason: 'stood-before' };
  const isQuiet = near.every(({ target }) => target !== cause.target);
  const first = reached.filter((one) => !reached.some((it) => isBelow(it, one, topology)));
  const failsItself = (one: Symptom) =>
    others.some((it) => it.isNoSlowness === true && names(it, one) && it.target === one.target);
  if (isQuiet && first.length > 0 && first.every((one) => isLate(one) && failsItself(one)))
    return { explains: false, reason: 'stood-before' };
  return { explains: true, reason: 'reaches' };
}

/** Its last moment was over when the gravest that fires began, and none of that is its own alert. */
function isPassed(cause: Finding, symptoms: readonly Symptom[]): boolean {
  const { lastAt } = cause;
  const firing = symptoms.filter((one) => one.state === 'firing' && !isOfBudget(one));
  if (lastAt === undefined) return false;
  const worst = firing.reduce<Level>((level, one) => graver(level, one.level ?? 'low'), 'low');
  const gravest = firing.filter((one) => one.level === worst);
  return (
    gravest.length > 0 &&
    gravest.every(
      (one) => !names(cause, one) && one.since !== undefined && one.since > lastAt + passedAfterMs,
    )
  );
}

function names({ explained = [] }: Finding, { rule, target }: Symptom): boolean {
  return explained.some((one) => one.rule === rule && one.target === target);
}

function isBelow(one: Symptom, other: Symptom, topology: Topology): boolean {
  return one.target !== other.target && restsOn(topology, other.target, one.target);
}

/** By its rule, or by what was found of it: trouble below never makes it so. */
function isOfItself(one: Symptom, others: readonly Finding[]): boolean {
  return ofItself.test(one.rule) || others.some((it) => it.isByItself === true && names(it, one));
}

/** It is another sure cause of that alert, began with it, and does not follow from the one that stood before. */
function beganWith(
  other: Finding,
  alert: Symptom,
  before: Finding,
  symptoms: readonly Symptom[],
  topology: Topology,
): boolean {
  if (other.confidence < sure || other.isWhereOnly || (other.nature ?? 'fault') !== 'fault') return false;
  if (!restsOn(topology, alert.target, other.target)) return false;
  if (!other.isByItself && restsOn(topology, other.target, before.target)) return false;
  const own = symptoms.flatMap((one) => (names(other, one) && one.since !== undefined ? [one.since] : []));
  const began = other.onset ?? (own.length > 0 ? Math.min(...own) : undefined);
  return began !== undefined && alert.since !== undefined && Math.abs(alert.since - began) <= beganWithinMs;
}

/** Marks what no alert follows from, where another finding says what they follow from. */
export function withMechanism(
  findings: readonly Finding[],
  symptoms: readonly Symptom[],
  topology: Topology,
): readonly Finding[] {
  return findings.map((finding) => {
    const { explains, reason } = mechanismOf(finding, findings, symptoms, topology);
    return explains ? finding : { ...finding, beside: whyBeside(finding, reason) };
  });
}

function whyBeside({ target }: Finding, reason: Mechanism['reason']): string {
  switch (reason) {
    case 'of-itself':
      return `what fires is how its own target stands, and nothing of ${target} brings that about`;
    case 'stood-before':
      return `it stood for more than ${bornAfterMs / 60_000} minutes before anything fired, and what fires began with something else`;
    case 'ended-before':
      return `it was over for more than ${passedAfterMs / 1_000} seconds when the gravest that fires began`;
    default:
      return `what needs ${target} would be slow by it, and all that fires fails at once or alone`;
  }
}
