/**
 * Lines the changes of the ledger up with an onset. A change is suspected only where its time and its mechanism fit: made
 * shortly before, to something that itself got worse, and that no deeper trouble explains. All others are told with the
 * reason why not. Pure.
 */
import type { Change } from '../change.ts';
import { dependenciesOf, type Topology } from '../topology.ts';
import { meansOf, type Surroundings } from './change-mechanism.ts';
import type { MetricKind } from './metric-kind.ts';
import { isWorse, type MovedMetric } from './moved.ts';

export type Verdict =
  | 'suspect'
  | 'beside'
  | 'not-loaded'
  | 'after'
  | 'earlier'
  | 'elsewhere'
  | 'above'
  | 'unlikely';

export interface LinedUp {
  readonly change: Change;
  readonly verdict: Verdict;
  /** Why it is suspected or not, one sentence. */
  readonly reason: string;
  /** 0 to 1: how well time and mechanism fit. */
  readonly fit: number;
  /** What it could have brought about, where that is another trouble than the one that dates the onset. */
  readonly symptom?: MovedMetric;
}

export interface Circumstances extends Surroundings {
  /** Epoch milliseconds; known no better than the tolerance. */
  readonly onset: number;
  readonly toleranceMs: number;
  /** When it was there for certain, by the first value or alert that shows it; the tolerance after the onset where left out. */
  readonly begunBy?: number;
  /** What moved together at the onset. */
  readonly moved: readonly MovedMetric[];
  /** All that moved, whenever it did: a second trouble has an onset of its own. What moved together where left out. */
  readonly everMoved?: readonly MovedMetric[];
  readonly topology: Topology;
  /** Ids of changes that are not in effect: what was changed was never loaded. */
  readonly notLoaded?: ReadonlySet<string>;
  /** Sure findings that name the change which made what they tell of. */
  readonly named?: readonly { readonly change: string; readonly target: string; readonly summary: string }[];
  /** Targets of each service. */
  readonly membersOf: (service: string) => readonly string[];
}

/** A change acts at once or with the next load; what was made longer ago would have shown before. */
const actsWithinMs = 15 * 60_000;

/** Half of one that is known to have come before (J). */
const vagueFit = 0.35;

/** As one that was made right before: the finding itself says how sure it is. */
const namedFit = 0.7;

/** A second trouble at the same time has more than one that may have made it (J). */
const laterFit = 0.6;

/** What got worse right after a change, in what it was made to and in a way that it can bring about. */
function laterSymptom(change: Change, circumstances: Circumstances): MovedMetric | null {
  const { everMoved = [], onset, toleranceMs, membersOf } = circumstances;
  const made =
    change.target !== null ? [change.target] : change.service === null ? [] : membersOf(change.service);
  const fits = everMoved.filter(
    (one) =>
      isWorse(one) &&
      made.includes(one.target) &&
      one.onset > onset + toleranceMs &&
      one.onset >= change.after - toleranceMs / 2 &&
      one.onset <= change.at + actsWithinMs &&
      meansOf(change, [one], circumstances).can,
  );
  return fits.toSorted((a, b) => Math.abs(b.score) - Math.abs(a.score))[0] ?? null;
}

/** Its time is known roughly and what moved is what it is known to do (J). */
const seenFit = 0.6;

function isIndexGone({ differences }: Change): boolean {
  return differences.some(({ name, after }) => name.startsWith('index ') && after === null);
}

/** What such a change can bring about; anything where it is not listed. */
const canCause: Partial<Record<Change['kind'], readonly MetricKind[]>> = {
  certificate: ['availability', 'errors'],
  access: ['availability', 'errors', 'connections', 'traffic'],
};

export function lineUp(changes: readonly Change[], circumstances: Circumstances): LinedUp[] {
  return changes
    .map((change) => withNamed(judge(change, circumstances), circumstances))
    .sort((a, b) => b.fit - a.fit || b.change.at - a.change.at);
}

/** A change that a sure finding names is the one; what was only made near it then is not, unless something names it too. */
function withNamed(
  one: LinedUp,
  { named = [], membersOf, topology, onset, toleranceMs }: Circumstances,
): LinedUp {
  const { change, verdict } = one;
  const its = named.find((finding) => finding.change === change.id);
  if (its !== undefined)
    return verdict === 'suspect' || verdict === 'not-loaded' || change.at < onset - toleranceMs - actsWithinMs
      ? one
      : { change, verdict: 'suspect', reason: `what was found names it: ${its.summary}`, fit: namedFit };
  if (verdict !== 'suspect' || one.symptom !== undefined) return one;
  const made = change.target !== null ? [change.target] : membersOf(change.service ?? '');
  const reach = [...made, ...made.flatMap((name) => dependenciesOf(topology, name))];
  const other = named.find(({ target }) => reach.includes(target));
  if (other === undefined) return one;
  const reason = `it was made near it, with no sign that it matters: another change is named by what was found (${other.summary})`;
  return { change, verdict: 'beside', reason, fit: 0 };
}

function judge(change: Change, circumstances: Circumstances): LinedUp {
  const { onset, toleranceMs, moved, topology, membersOf } = circumstances;
  const { begunBy = onset + toleranceMs } = circumstances;
  const told = (verdict: Verdict, reason: string, fit = 0): LinedUp => ({ change, verdict, reason, fit });
  if (circumstances.notLoaded?.has(change.id))
    return told('not-loaded', 'it was never loaded: the program runs on with what it read before');
  if (change.after >= begunBy) {
    const symptom = laterSymptom(change, circumstances);
    if (symptom === null) return told('after', 'it was made after the trouble began');
    const reason = `another trouble began before it, and ${symptom.target} got worse in another way right after it`;
    return { ...told('suspect', reason, laterFit), symptom };
  }
  // Nobody saw it made: it was there when somebody looked, and that was after the trouble began.
  const isVague = change.at >= begunBy;
  if (change.at < onset - toleranceMs - actsWithinMs)
    return told('earlier', 'it was made long before the trouble began, and nothing moved then');
  const made =
    change.target !== null ? [change.target] : change.service === null ? [] : membersOf(change.service);
  const worse = moved.filter((one) => isWorse(one));
  const own = worse.filter(
    ({ target, onset: began }) => made.includes(target) && began <= begunBy + toleranceMs / 2,
  );
  const where = change.target ?? change.service;
  if (where === null)
    return told(
      'suspect',
      `it came ${isVague ? 'about then' : 'right before'}; to what it was made is not said`,
      isVague ? vagueFit / 2 : 0.35,
    );
  if (own.length === 0 && worse.some(({ target }) => made.includes(target)))
    return told('after', `${where} itself got worse only after the trouble began`);
  if (own.length === 0)
    return told('elsewhere', `nothing of ${where} itself got worse, which such a change would show first`);
  const means = meansOf(change, change.source === 'host.packages' ? worse : own, circumstances);
  if (!means.can) return told('unlikely', means.why);
  const able = canCause[change.kind];
  if (able && !own.some(({ kind }) => able.includes(kind)))
    return told('unlikely', `a change of this kind brings about ${able.join(' or ')}, and that did not move`);
  const below = [...new Set(made.flatMap((name) => dependenciesOf(topology, name)))].filter(
    (name) => !made.includes(name),
  );
  const deeper = worse.filter(({ target, kind }) => below.includes(target) && kind !== 'other');
  if (deeper.length > 0) {
    const names = [...new Set(deeper.map(({ target }) => target))].join(', ');
    const hasMoreWork = moved.some(
      ({ target, kind, score }) => below.includes(target) && kind === 'traffic' && score > 0,
    );
    return hasMoreWork
      ? told(
          'suspect',
          `${names} got more work ${isVague ? 'about when it was made' : 'right after it'}, and got worse with it`,
          isVague ? vagueFit / 2 : 0.45,
        )
      : told(
          'above',
          `${names} below it got worse as well without having more to do, which it does not explain`,
        );
  }
  if (
    isVague &&
    isIndexGone(change) &&
    own.some(({ kind, metric }) => kind === 'latency' || /scan|read/i.test(metric))
  )
    return told(
      'suspect',
      `an index is gone since, and ${where} reads and waits more: what that does`,
      seenFit,
    );
  if (isVague)
    return told(
      'suspect',
      `it was made between the last two looks at ${where}, and the trouble began between them too: which came first is not known`,
      vagueFit,
    );
  return told('suspect', `it was made right before, and ${where} is where the trouble begins`, 0.7);
}
