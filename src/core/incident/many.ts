/** What a cascade leaves behind, told by rule: a hundred alerts are few lines, and what is rare among them stands out. Pure. */
import { count } from '../count.ts';
import { grouped, named, type Some } from '../fold.ts';
import { eventSentence, eventTitle } from '../journal-words.ts';
import type { AlertView, JournalEntry } from '../view.ts';

/** More alerts than these are folded by rule. */
export const alertsListed = 12;
/** So many of one rule are listed also where others are folded, and as many names stand for a folded rule. */
export const alertsNamed = 3;
/** A run of entries that say the same of several targets, this long or longer, is one row. */
const runFolded = 5;

type OfRule = Pick<AlertView, 'rule' | 'state'>;

/** By rule and state, the fewest first, since what is rare among many is what differs; each alone where they are few. */
export function alertGroups<One extends OfRule>(alerts: readonly One[]): Some<One>[] {
  if (alerts.length <= alertsListed) return alerts.map((one): Some<One> => [one]);
  return grouped(alerts, ({ rule, state }) => `${rule}|${state}`)
    .toSorted((a, b) => a.length - b.length)
    .flatMap((group) => (group.length <= alertsNamed ? group.map((one): Some<One> => [one]) : [group]));
}

type Told = Pick<JournalEntry, 'kind' | 'payload'>;

/**
 * Entries that follow each other and tell the same of several targets are one run, and so is a cause with each time that
 * it was found again before another was; every other entry is alone.
 * @param timeline oldest first
 */
export function timelineRuns<Entry extends Told>(timeline: readonly Entry[]): Some<Entry>[] {
  const runs: [Entry, ...Entry[]][] = [];
  const about = ({ kind, payload }: Told) => (kind.startsWith('alert.') ? `${kind}|${payload.rule}` : null);
  let cause: [Entry, ...Entry[]] | null = null;
  for (const entry of timeline) {
    const last = runs.at(-1);
    // What was found before counts no longer.
    if (entry.kind === 'incident.reopened') cause = null;
    if (isDiagnosed(entry) && cause && leadOf(cause[0]) === leadOf(entry)) cause.push(entry);
    else if (last && about(entry) !== null && about(last[0]) === about(entry)) last.push(entry);
    else {
      const run: [Entry, ...Entry[]] = [entry];
      runs.push(run);
      if (isDiagnosed(entry)) cause = run;
    }
  }
  const isShort = (run: Some<Entry>) => !isDiagnosed(run[0]) && run.length < runFolded;
  return runs.flatMap((run) => (isShort(run) ? run.map((one): Some<Entry> => [one]) : [run]));
}

interface Found {
  readonly id: string;
  readonly target: string;
  readonly summary: string;
}

function isDiagnosed({ kind }: Told): boolean {
  return kind === 'incident.diagnosed';
}

function foundIn({ payload }: Told): readonly Found[] {
  return Array.isArray(payload.findings) ? payload.findings : [];
}

const causeOf = ({ id, target }: Found): string => `${id} on ${target}`;

function leadOf(entry: Told): string {
  const [first] = foundIn(entry);
  return first === undefined ? '' : causeOf(first);
}

/** `Cause identified: … (found 2 times more; beside it: …)` */
function foundAgain([first, ...again]: Some<Told>): string {
  const known = new Set(foundIn(first).map(causeOf));
  const beside = new Map(
    again
      .flatMap(foundIn)
      .filter((one) => !known.has(causeOf(one)))
      .map((one) => [causeOf(one), one.summary]),
  );
  const also = beside.size === 0 ? '' : `; beside it: ${named([...beside.values()], alertsNamed)}`;
  return `${eventSentence(first)} (found ${count(again.length, 'time')} more${also})`;
}

/** A whole sentence for a row that has no title beside it. */
export function runSentence(run: Some<Told>): string {
  return isDiagnosed(run[0]) ? runWords(run) : `${eventTitle(run[0].kind)}: ${runWords(run)}`;
}

/** `32 × http.down on page-056, page-048, page-077 and 29 more` */
export function runWords(run: Some<Told>): string {
  if (isDiagnosed(run[0])) return foundAgain(run);
  const targets = [...new Set(run.map(({ payload }) => String(payload.target)))];
  return `${run.length} × ${run[0].payload.rule} on ${named(targets, alertsNamed)}`;
}

export interface RankedFinding<Finding> {
  readonly finding: Finding;
  /** From 1. */
  readonly rank: number;
  /** How many of the same diagnosis come after it. */
  readonly alike: number;
}

/** The best of each diagnosis, then the others: what a hundred targets suffer alike is told once before it is told for each. */
export function bestOfEach<Finding extends { readonly id: string }>(
  findings: readonly Finding[],
): { readonly best: readonly RankedFinding<Finding>[]; readonly others: readonly RankedFinding<Finding>[] } {
  const ranked = findings.map((finding, index) => {
    const after = findings.slice(index + 1).filter(({ id }) => id === finding.id).length;
    const isFirst = findings.findIndex(({ id }) => id === finding.id) === index;
    return { finding, rank: index + 1, alike: isFirst ? after : 0, isFirst };
  });
  const plainly = ({ finding, rank, alike }: RankedFinding<Finding>) => ({ finding, rank, alike });
  return {
    best: ranked.filter(({ isFirst }) => isFirst).map(plainly),
    others: ranked.filter(({ isFirst }) => !isFirst).map(plainly),
  };
}
