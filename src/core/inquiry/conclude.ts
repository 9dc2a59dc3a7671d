/** From what moved, what was changed and what was found live to findings: what history adds. Pure. */
import type { Change } from '../change.ts';
import { count } from '../count.ts';
import type { Evidence, Finding } from '../evidence.ts';
import { dependenciesOf, restsOn } from '../topology.ts';
import { deepestWorse, inWords, isWorse, type MovedMetric } from './moved.ts';
import { overloadFinding, type Shortage } from './overload.ts';
import { type Circumstances, type LinedUp, lineUp } from './suspects.ts';

export interface Past extends Circumstances {
  /** What dated the onset. */
  readonly leading: MovedMetric;
  readonly changes: readonly Change[];
  /** What stayed as it was. */
  readonly steady?: readonly Pick<MovedMetric, 'target' | 'metric' | 'kind'>[];
  /** What the diagnoses see now. */
  readonly live: readonly Finding[];
  /** What was found in the incidents that began with it. */
  readonly recorded?: readonly Finding[];
  /** What the machine was short of by then, and what lives on it; nothing where left out. */
  readonly shortages?: readonly Shortage[];
  readonly livesThere?: (target: string) => boolean;
  /** Whether now was asked about: what is over is then less than what is there. */
  readonly asksNow?: boolean;
  /** Formats epoch milliseconds in the zone of the team. */
  readonly say: (at: number) => string;
}

export interface Conclusion {
  readonly findings: readonly Finding[];
  readonly changes: readonly LinedUp[];
}

/** Ids of the evidence that findings of history rest on. */
export const movedEvidence = 'history.moved';
export const changeEvidence = 'history.changes';

const beganConfidence = 0.4;
const trafficConfidence = 0.6;
/** A live diagnosis from here on has proved a cause of its own. */
const proved = 0.7;
/** From here on the change that a finding names is the one, and others near it are not (J). */
const sureOfChange = 0.8;
/** How much less what is over says of what is wrong now (J). */
const overFactor = 0.5;
/** Its weight is raised for a change that it names (core/diagnosis.ts): it stays below all the same. */
const justLess = 0.5;
const leastGrowth = 1.3;
const mostTold = 3;

export function concludePast(past: Past): Conclusion {
  const lined = lineUp(past.changes, { ...past, notLoaded: neverLoaded(past), named: namedChanges(past) });
  const suspects = lined.filter(({ verdict }) => verdict === 'suspect');
  const blamed = suspects.map((one) => changeFinding(one, suspects.length, past));
  const traffic = trafficFinding(past);
  const began = blamed.length === 0 ? beginnings(past) : [];
  const findings = [...blamed, ...(traffic ? [traffic] : []), ...overloads(past, began), ...began];
  return { findings: findings.map((finding) => ifOver(finding, past)), changes: lined };
}

/** What a sure finding that is no aftermath names as the change that made it. */
function namedChanges({ live, recorded = [] }: Pick<Past, 'live' | 'recorded'>) {
  return [...live, ...recorded].flatMap(({ change, target, summary, confidence, beside, isNotLoaded }) =>
    change === undefined || confidence < sureOfChange || beside !== undefined || isNotLoaded
      ? []
      : [{ change, target, summary }],
  );
}

/** The change that a live finding saw not to be in effect, and what was changed in the same files since. */
function neverLoaded({ live, changes }: Pick<Past, 'live' | 'changes'>): Set<string> {
  const named = live.flatMap((finding) =>
    finding.isNotLoaded ? changes.filter(({ id }) => id === finding.change) : [],
  );
  const since = changes.filter((one) =>
    named.some(({ target, source, at }) => one.target === target && one.source === source && one.at >= at),
  );
  return new Set(since.map(({ id }) => id));
}

/** What has ended says so, and comes after every fault that is there now. */
export function ifOver(
  finding: Finding,
  { leading, live, asksNow, say }: Pick<Past, 'leading' | 'live' | 'asksNow' | 'say'>,
): Finding {
  if (leading.ended === null) return finding;
  const explanation = `${finding.explanation} It has been over since ${say(leading.ended)}.`;
  const present = live.filter(({ nature = 'fault' }) => nature === 'fault').map((one) => one.confidence);
  if (!asksNow || present.length === 0) return { ...finding, explanation };
  return {
    ...finding,
    explanation,
    confidence: Math.min(finding.confidence * overFactor, Math.min(...present) * justLess),
  };
}

function changeFinding({ change, reason, fit, symptom }: LinedUp, rivals: number, past: Past): Finding {
  const { live, recorded = [], topology, toleranceMs, say, membersOf } = past;
  const leading = symptom ?? past.leading;
  const onset = symptom?.onset ?? past.onset;
  const moved = symptom ? [symptom] : past.moved;
  const { begunBy = onset + toleranceMs } = symptom ? {} : past;
  const made = change.target !== null ? [change.target] : membersOf(change.service ?? '');
  const worst = moved.filter((one) => isWorse(one) && made.includes(one.target));
  const target = worst[0]?.target ?? made[0] ?? leading.target;
  const reach = [target, ...dependenciesOf(topology, target)];
  const better = [...live, ...recorded].find(
    (one) =>
      one.confidence >= proved &&
      one.change !== change.id &&
      one.nature !== 'capacity' &&
      reach.includes(one.target),
  );
  const confidence = fit * (better ? 0.5 : 1) * (rivals > 1 ? 0.8 : 1);
  const figures = (worst.length > 0 ? worst : [leading]).slice(0, mostTold).map(inWords).join('; ');
  return {
    id: 'history.change',
    target,
    summary: `${change.summary} (${change.kind} of ${change.target ?? change.service ?? 'an unknown place'}, ${whenMade(change, begunBy, say)}) came ${change.at < begunBy ? 'right before' : 'about when'} ${leading.target} got worse`,
    explanation: `The trouble begins at ${say(onset)}: ${figures}. ${sentence(reason)}${
      better ? ` But ${better.summary}, which needs no such change.` : ''
    }${rivals > 1 ? ` ${count(rivals - 1, 'other change fits', 'other changes fit')} as well as this one.` : ''}`,
    confidence,
    change: change.id,
    onset,
    evidence: [movedEvidence, changeEvidence],
    unseen: [],
    decides: [
      change.kind === 'deployment'
        ? 'whether it goes away where the release before still runs, or when it is rolled back'
        : 'whether it goes away when the change is taken back where nobody is hurt (staging, one of several)',
    ],
    recommendations: [],
  };
}

/** Of what nobody saw being made: between which two looks. */
function whenMade({ after, at }: Change, begunBy: number, say: Past['say']): string {
  return at < begunBy ? say(at) : `made between ${say(after)} and ${say(at)}`;
}

export interface Asked {
  readonly isMore: boolean;
  /** `grew` what asks it grew too; `as-ever` that is known and did not; `not-known` nothing counts what asks it. */
  readonly reason: 'grew' | 'as-ever' | 'not-known';
}

/**
 * Requests are counted where they come in, or as statements: commits grow by each parallel worker of a plan as well
 * (PostgreSQL, `xact_commit`), so that a lost index looks like three times the traffic.
 */
export function isMoreAsked(
  most: Pick<MovedMetric, 'target' | 'metric'>,
  grown: readonly Pick<MovedMetric, 'target' | 'metric'>[],
  { steady = [], topology }: Pick<Past, 'steady' | 'topology'>,
): Asked {
  const asks = (one: Pick<MovedMetric, 'target' | 'metric'>) =>
    one.metric !== most.metric && restsOn(topology, one.target, most.target);
  if (grown.some(asks)) return { isMore: true, reason: 'grew' };
  if (steady.some((one) => one.kind === 'traffic' && asks(one))) return { isMore: false, reason: 'as-ever' };
  return { isMore: true, reason: 'not-known' };
}

/** More to do, and worse with it: what is there cannot bear it, and nothing is broken. */
function trafficFinding(past: Past): Finding | null {
  const { moved, leading, onset, say, live, recorded = [] } = past;
  const grown = moved.filter(
    ({ kind, score, before, after }) => kind === 'traffic' && score > 0 && after >= leastGrowth * before,
  );
  const [most] = grown.toSorted((a, b) => b.score - a.score);
  if (
    !most ||
    !isMoreAsked(most, grown, past).isMore ||
    [...live, ...recorded].some((one) => one.confidence >= proved && one.nature !== 'capacity')
  )
    return null;
  return {
    id: 'history.traffic',
    target: most.target,
    summary: `${most.target} has more to do since ${say(onset)}: ${inWords(most)}`,
    explanation: `${leading === most ? 'Its load rose' : `${inWords(leading)} moved together with the load`}. Where nothing is broken this is a matter of capacity.`,
    confidence: trafficConfidence,
    nature: 'capacity',
    onset,
    evidence: [movedEvidence],
    unseen: [],
    decides: ['who sends the additional requests: users, a job, or a client that tries again and again'],
    recommendations: [],
  };
}

/** Where nothing else explains what got worse: else the machine is a circumstance. */
function overloads({ shortages = [], livesThere, onset, say }: Past, began: readonly Finding[]): Finding[] {
  const worse = began.map(({ target }) => target).filter((name) => livesThere?.(name) ?? false);
  return overloadFinding(shortages, { worse, onset, say, evidence: [movedEvidence] });
}

function beginnings({ moved, topology, onset, say, leading }: Past): Finding[] {
  return deepestWorse(moved, topology).map((target) => {
    const own = moved.filter((one) => one.target === target && isWorse(one) && one.kind !== 'other');
    const figures = own.slice(0, mostTold).map(inWords).join('; ');
    return {
      id: 'history.began',
      target,
      summary:
        target === leading.target
          ? `${target} itself got worse at ${say(onset)}, and nothing that it needs did`
          : `the trouble of ${leading.target} begins in ${target}, at ${say(onset)}`,
      explanation: `At the same time moved: ${figures}. No change that fits is in the ledger.`,
      confidence: Math.min(0.5, beganConfidence + 0.03 * (own.length - 1)),
      onset,
      evidence: [movedEvidence],
      unseen: ['what was changed and reported nowhere'],
      decides: [
        `what changed in ${target} at ${say(onset)} that the ledger does not hold; \`upkeep change record\` keeps it from now on`,
      ],
      recommendations: [],
    };
  });
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

const mostRows = 20;

/** Moments stay numbers here; they are written out where evidence is shown. */
export function pastEvidence(
  { moved, leading, onset }: Pick<Past, 'moved' | 'leading' | 'onset'>,
  changes: readonly LinedUp[],
  now: number,
): Evidence[] {
  const values = (one: MovedMetric) => Object.values(one.labels).join(', ');
  return [
    {
      id: movedEvidence,
      target: leading.target,
      title: 'What moved when it began, what got worse first',
      at: now,
      how: `upkeep samples query ${leading.target} ${leading.metric} --from ${onset - 3_600_000}`,
      facts: { onsetAt: onset, moved: moved.length },
      table: {
        columns: ['target', 'metric', 'of', 'before', 'after', 'unit', 'startedAt', 'worse'],
        rows: moved
          .slice(0, mostRows)
          .map((one) => [
            ...[one.target, one.metric, values(one), rounded(one.before), rounded(one.after), one.unit],
            ...[one.onset, isWorse(one) ? 'yes' : 'no'],
          ]),
      },
    },
    ...(changes.length > 0
      ? [
          {
            id: changeEvidence,
            target: leading.target,
            title: 'Changes around the onset, and why each is suspected or not',
            at: now,
            how: `upkeep change list ${leading.target}`,
            table: {
              columns: ['at', 'to', 'kind', 'what', 'verdict', 'why'],
              rows: changes
                .slice(0, mostRows)
                .map(({ change, verdict, reason }) => [
                  ...[change.at, change.target ?? change.service ?? 'unknown', change.kind, change.summary],
                  ...[verdict, reason],
                ]),
            },
          },
        ]
      : []),
  ];
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
