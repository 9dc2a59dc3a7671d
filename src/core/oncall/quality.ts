/** What is wrong with a schedule: gaps, and one person too much. */
import { count } from '../count.ts';
import type { Shift } from './schedule.ts';

export interface Load {
  readonly person: string;
  readonly hours: number;
  /** Of all hours that somebody is on call. */
  readonly share: number;
  /** The longest time without a break, in hours. */
  readonly longestHours: number;
}

export interface Quality {
  /** 0 to 100: the share of covered time, less what is uneven. */
  readonly score: number;
  readonly gaps: readonly { readonly from: number; readonly to: number; readonly why: string }[];
  readonly people: readonly Load[];
  readonly hints: readonly string[];
}

const hourMs = 3_600_000;
/** Two weeks without a day off; the Google SRE book asks for at most every other week. */
const tooLongHours = 14 * 24;

/** @param now epoch milliseconds: hints speak of gaps that are still to come, the score of all */
export function qualityOf(shifts: readonly Shift[], now: number): Quality {
  const total = shifts.reduce((sum, shift) => sum + shift.to - shift.from, 0);
  const gaps = shifts.flatMap(({ person, from, to, reason }) =>
    person === null ? [{ from, to, why: reason.kind === 'gap' ? reason.why : '' }] : [],
  );
  const uncovered = gaps.reduce((sum, gap) => sum + gap.to - gap.from, 0);
  const people = loadsOf(shifts, total - uncovered);
  const fair = people.length === 0 ? 0 : 1 / people.length;
  const excess = Math.max(0, (people[0]?.share ?? 0) - fair);
  const hints = [
    ...gapHint(gaps, now),
    ...(people.length === 1 ? [`${people[0]?.person} is on call alone; nobody relieves them`] : []),
    ...people
      .filter((one) => people.length > 1 && one.share > fair * 1.5)
      .map((one) => `${one.person} has ${Math.round(one.share * 100)} % of the time`),
    ...people
      .filter((one) => people.length > 1 && one.longestHours > tooLongHours)
      .map((one) => `${one.person} is on call for ${Math.round(one.longestHours / 24)} days in a row`),
  ];
  const covered = total === 0 ? 0 : 1 - uncovered / total;
  return { score: Math.round(100 * covered * (1 - excess)), gaps, people, hints };
}

function gapHint(gaps: Quality['gaps'], now: number): string[] {
  const toCome = gaps.filter(({ to }) => to > now);
  if (toCome.length === 0) return [];
  const open = toCome.reduce((sum, { from, to }) => sum + to - Math.max(from, now), 0);
  return [`nobody is on call for ${Math.round(open / hourMs)} h in ${count(toCome.length, 'gap')}`];
}

function loadsOf(shifts: readonly Shift[], covered: number): Load[] {
  const hours = new Map<string, number>();
  const longest = new Map<string, number>();
  let run = 0;
  let holder: string | null = null;
  for (const { person, from, to } of shifts) {
    const length = (to - from) / hourMs;
    run = person === holder ? run + length : length;
    holder = person;
    if (person === null) continue;
    hours.set(person, (hours.get(person) ?? 0) + length);
    longest.set(person, Math.max(longest.get(person) ?? 0, run));
  }
  return [...hours]
    .map(([person, sum]) => ({
      person,
      hours: Math.round(sum * 10) / 10,
      share: covered === 0 ? 0 : (sum * hourMs) / covered,
      longestHours: Math.round((longest.get(person) ?? 0) * 10) / 10,
    }))
    .sort((a, b) => b.hours - a.hours);
}
