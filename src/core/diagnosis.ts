/**
 * Ranks findings of several targets: the deepest broken dependency first, then confidence, then onset. Independent causes
 * stay findings of their own; only the very same one is told once.
 */
import type { Finding } from './evidence.ts';
import { areJoined, dependenciesOf, dependentsOf, restsOn, type Topology } from './topology.ts';

/** A finding about a target that needs another found target explains less than the one below it. */
const symptomDiscount = 0.6;
const justBelow = 0.99;
/** From here on a finding counts as a cause. */
const likely = 0.5;
/** From here on a change and its mechanism are sure enough to say why something else fails (J). */
const sureOfChange = 0.75;
/** How much of its doubt a finding loses that names the change which made it (J). That something changed says nothing. */
const changeBears = 0.3;

export function rankFindings(findings: readonly Finding[], topology: Topology): Finding[] {
  const best = new Map<string, Finding>();
  for (const finding of findings) {
    const key = `${finding.id}|${finding.target}|${finding.summary}`;
    const known = best.get(key);
    if (!known || known.confidence < finding.confidence) best.set(key, finding);
  }
  const all = [...best.values()];
  const causes = new Set(
    all
      .filter(
        (finding) => isFault(finding) && isCause(finding) && !isPast(finding) && finding.confidence >= likely,
      )
      .map((finding) => finding.target),
  );
  const causesBelow = (target: string) =>
    dependenciesOf(topology, target).filter((name) => name !== target && causes.has(name));
  const depth = new Map(all.map(({ target }) => [target, causesBelow(target).length]));
  const weights = new Map<Finding, number>();
  const surest = (target: string) =>
    Math.max(0, ...all.filter((one) => one.target === target).map((one) => weights.get(one) ?? 0));
  // From the deepest up: what stands on a broken dependency never leads it, however sure it is.
  for (const finding of all.toSorted((a, b) => (depth.get(a.target) ?? 0) - (depth.get(b.target) ?? 0))) {
    const below = causesBelow(finding.target);
    const leastBelow = Math.min(...below.map(surest));
    const confidence = weightAlone(finding);
    // It follows from nothing below: only the surest cause there stands before it.
    if (finding.isByItself && below.length > 0) {
      weights.set(finding, Math.min(confidence, Math.max(...below.map(surest)) * justBelow));
      continue;
    }
    const symptom = Math.min(confidence * symptomDiscount, leastBelow * justBelow);
    weights.set(finding, below.length > 0 ? symptom : confidence);
  }
  // A peak yields to a fault that was seen, not to one that a line of a log names.
  const faults = all.filter(
    (one) =>
      isFault(one) && isCause(one) && !one.isSaidOnly && one.confidence >= likely && one.evidence.length > 0,
  );
  /** What fails above says no more than that it fails: what it needs may be full. */
  const isAbove = (fault: Finding, { target }: Finding) =>
    fault.isWhereOnly === true && fault.target !== target && restsOn(topology, fault.target, target);
  const leastFault = (capacity: Finding) =>
    Math.min(1, ...faults.filter((one) => !isAbove(one, capacity)).map((one) => weights.get(one) ?? 0));
  const reasons = all.filter(
    (one) => isFault(one) && isCause(one) && one.change !== undefined && one.confidence >= sureOfChange,
  );
  const reasonFor = ({ target, isWhereOnly }: Finding) =>
    isWhereOnly
      ? reasons.filter((one) => one.target === target || areNeeded(topology, one.target, target))
      : [];
  const weight = (finding: Finding) => {
    const why = reasonFor(finding).map((one) => (weights.get(one) ?? 0) * justBelow);
    const own = Math.min(weights.get(finding) ?? 0, ...(why.length > 0 ? [Math.max(...why)] : []));
    return isFault(finding) ? own : Math.min(own, leastFault(finding) * justBelow);
  };
  return all.toSorted(
    (a, b) =>
      Number(isHygiene(a)) - Number(isHygiene(b)) ||
      Number(isCause(b)) - Number(isCause(a)) ||
      Number(isPast(a)) - Number(isPast(b)) ||
      weight(b) - weight(a) ||
      onsetOf(a) - onsetOf(b) ||
      inOrder(keyOf(a), keyOf(b)),
  );
}

/** What leads: the first of ranked findings that something that fires may follow from; undefined where none is. */
export function causeAmong<One extends Pick<Finding, 'beside'>>(findings: readonly One[]): One | undefined {
  return findings.find(({ beside }) => beside === undefined);
}

/** From here on a finding is as sure as a cause that is told (J). */
const sureCause = 0.8;

/**
 * How many causes there are beside the one that leads: sure faults of now, each of a target that neither needs the
 * others nor is needed by them. What may follow from another is none.
 */
export function moreCauses(findings: readonly Finding[], topology: Topology): number {
  const counted = new Set(findings.filter(isCause).slice(0, 1));
  for (const one of findings) {
    const isSure = one.confidence >= sureCause && !one.isWhereOnly && !one.isSaidOnly;
    if (!isSure || !isFault(one) || !isCause(one) || isPast(one)) continue;
    const isApart = ({ target }: Finding) =>
      target !== one.target &&
      !restsOn(topology, target, one.target) &&
      !restsOn(topology, one.target, target);
    if ([...counted].every(isApart)) counted.add(one);
  }
  return Math.max(0, counted.size - 1);
}

/** By the same users: one of the two needs the other, both are of one service, or something needs both. */
function areNeeded(topology: Topology, one: string, other: string): boolean {
  if (areJoined(topology, one, other)) return true;
  const above = dependentsOf(topology, one);
  return dependentsOf(topology, other).some((name) => above.includes(name));
}

/** Later than any, yet no infinity: those have no difference. */
function onsetOf({ onset }: Finding): number {
  return onset ?? Number.MAX_SAFE_INTEGER;
}

/** So that the order in which diagnoses end decides nothing. */
function keyOf({ target, id, summary }: Finding): string {
  return [target, id, summary].join('\u0000');
}

function inOrder(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isFault(finding: Finding): boolean {
  return finding.nature === undefined || finding.nature === 'fault';
}

/** Nothing that fires follows from what only stands beside it. */
function isCause({ beside }: Finding): boolean {
  return beside === undefined;
}

/** What is over comes after what is there, and so does what nobody saw since its incident ended. */
function isPast({ over, since }: Finding): boolean {
  return over !== undefined || since === 'not-looked';
}

/** What is so on good days too comes after all that is not. */
function isHygiene(finding: Finding): boolean {
  return finding.nature === 'hygiene';
}

function weightAlone({ confidence, change }: Finding): number {
  return change === undefined ? confidence : confidence + (1 - confidence) * changeBears;
}
