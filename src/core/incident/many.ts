/** What a cascade leaves behind, told by rule: a hundred alerts are few lines, and what is rare among them stands out. Pure. */
import { grouped, named, type Some } from '../fold.ts';
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

/** Entries that follow each other and tell the same of several targets are one run; every other one is alone. */
export function timelineRuns<Entry extends Told>(timeline: readonly Entry[]): Some<Entry>[] {
  const runs: [Entry, ...Entry[]][] = [];
  const about = ({ kind, payload }: Told) => (kind.startsWith('alert.') ? `${kind}|${payload.rule}` : null);
  for (const entry of timeline) {
    const last = runs.at(-1);
    if (last && about(entry) !== null && about(last[0]) === about(entry)) last.push(entry);
    else runs.push([entry]);
  }
  return runs.flatMap((run) => (run.length < runFolded ? run.map((one): Some<Entry> => [one]) : [run]));
}

/** `32 × http.down on page-056, page-048, page-077 and 29 more` */
export function runWords(run: Some<Told>): string {
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
