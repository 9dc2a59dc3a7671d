/**
 * When did a series begin to differ, and by how much? Robust: medians and absolute deviations, so that a few wild values
 * move nothing; the usual shape of a day is taken out where enough days are known. Pure.
 *
 * The segment of greatest deviation is found as the maximal sum of clipped robust scores (Kadane 1984 over the scores of
 * Page's CUSUM, 1954): it finds a step, a bump that has passed and a change of a minute ago alike. A step early in the
 * window makes the time before it the odd one; it is then the beginning of what follows.
 */
import { medianOf } from '../forecast/robust-slope.ts';
import type { Unit } from '../sample.ts';

/** `at` rising; null where nothing was measured. */
export interface Point {
  readonly at: number;
  readonly value: number | null;
}

export interface Shift {
  /** The first bucket that differs, epoch milliseconds. */
  readonly onset: number;
  /** The first bucket that is as before again; null while it lasts. */
  readonly ended: number | null;
  /** Medians. */
  readonly before: number;
  readonly after: number;
  /** Widths of the usual range between them; negative where it fell. */
  readonly score: number;
}

export interface ShiftSettings {
  readonly unit: Unit;
  /** Usual value of each hour of the day, from days before; undefined where too few are known. */
  readonly hourly?: readonly number[] | undefined;
  /** Milliseconds that the wall clock of the hours is ahead of UTC. */
  readonly offsetMs?: number;
  /** Only what began after this counts, epoch milliseconds. */
  readonly notBefore?: number;
}

const leastPoints = 8;
/** Buckets of a level that lasts, and of one that has passed. */
const leastLasting = 2;
const leastPassed = 3;
/** Share of a level's values that must have moved themselves, and by which share of the whole difference. */
const leastMoved = 0.7;
const movedShare = 0.4;
/** What a score must exceed to count for the segment: the k of CUSUM, half the shift looked for. */
const allowance = 1.5;
const clip = 8;
/** In widths of the usual range. */
const leastScore = 3;
/** Of a level that may vary freely, less than this is no change that anybody would tell of. */
const leastShare = 0.2;

/** Differences smaller than this mean nothing, whatever the spread. */
const floors: Readonly<Record<Unit, number>> = {
  ratio: 0.02,
  seconds: 0.005,
  bytes: 1_048_576,
  count: 1,
  state: 0.05,
  'per-second': 0.1,
};

interface Seen {
  readonly at: number;
  /** Without the usual shape of the day. */
  readonly value: number;
  readonly raw: number;
}

export function findShift(points: readonly Point[], settings: ShiftSettings): Shift | null {
  const seen = points.flatMap(({ at, value }) =>
    value === null ? [] : [{ at, raw: value, value: value - usualAt(at, settings) }],
  );
  if (seen.length < leastPoints) return null;
  // Half of one and half of another level have no usual range together: the first third alone has one.
  const baselines = [seen, seen.slice(0, Math.max(leastPoints / 2, Math.floor(seen.length / 3)))];
  const found = baselines.flatMap((baseline) =>
    [1, -1].flatMap((sign) => {
      const segment = segmentOf(seen, { sign, unit: settings.unit, baseline });
      const shift = segment && shiftAround(seen, segment, settings);
      return shift ? [shift] : [];
    }),
  );
  return found.sort((a, b) => weightOf(b) - weightOf(a))[0]?.shift ?? null;
}

interface Candidate {
  readonly shift: Shift;
  readonly length: number;
}

function weightOf({ shift, length }: Candidate): number {
  return Math.min(Math.abs(shift.score), 2 * clip) * Math.sqrt(length);
}

function shiftAround(seen: readonly Seen[], segment: Segment, settings: ShiftSettings): Candidate | null {
  const isEarly = segment.from === 0;
  // What differs from the beginning on ends where something begins.
  const [from, to] = isEarly ? [segment.to + 1, seen.length - 1] : [segment.from, segment.to];
  const isLasting = to === seen.length - 1;
  if (to - from + 1 < (isLasting ? leastLasting : leastPassed) || from < leastLasting) return null;
  const inside = seen.slice(from, to + 1);
  const outside = isEarly ? seen.slice(0, from) : [...seen.slice(0, from), ...seen.slice(to + 1)];
  const shift = shiftOf(inside, outside, seen[to + 1]?.at ?? null, settings);
  return shift && { shift, length: Math.min(inside.length, outside.length) };
}

function shiftOf(
  inside: readonly Seen[],
  outside: readonly Seen[],
  ended: number | null,
  { unit, notBefore = 0 }: ShiftSettings,
): Shift | null {
  const values = outside.map(({ value }) => value);
  const [usual, now] = [medianIn(values), medianIn(inside.map(({ value }) => value))];
  const before = medianIn(outside.map(({ raw }) => raw));
  const after = medianIn(inside.map(({ raw }) => raw));
  const spread = spreadOf(values, usual, unit);
  const score = (now - usual) / spread;
  const onset = inside[0]?.at ?? 0;
  const difference = Math.abs(now - usual);
  if (Math.abs(score) < leastScore || difference < floors[unit]) return null;
  if (difference < leastShare * Math.max(Math.abs(before), floors[unit]) || onset < notBefore) return null;
  // A few wild values among usual ones are no level.
  const moved = inside.filter(({ value }) => (value - usual) * Math.sign(score) > difference * movedShare);
  return moved.length >= leastMoved * inside.length ? { onset, ended, before, after, score } : null;
}

interface Segment {
  readonly from: number;
  readonly to: number;
  readonly sum: number;
}

interface Search {
  readonly sign: number;
  readonly unit: Unit;
  readonly baseline: readonly Seen[];
}

function segmentOf(seen: readonly Seen[], search: Search): Segment | null {
  const first = greatest(seen, search);
  if (!first) return null;
  // Once more with a baseline that the segment itself does not move; never from less than a quarter of the points.
  const outside = seen.filter((_, index) => index < first.from || index > first.to);
  return outside.length >= seen.length / 4
    ? (greatest(seen, { ...search, baseline: outside }) ?? first)
    : first;
}

function greatest(seen: readonly Seen[], { sign, unit, baseline }: Search): Segment | null {
  const values = baseline.map(({ value }) => value);
  const usual = medianIn(values);
  const spread = spreadOf(values, usual, unit);
  let best: Segment | null = null;
  let [from, sum] = [0, 0];
  for (const [index, { value }] of seen.entries()) {
    const score = Math.max(-clip, Math.min(clip, (sign * (value - usual)) / spread)) - allowance;
    if (sum <= 0) {
      from = index;
      sum = 0;
    }
    sum += score;
    if (sum > (best?.sum ?? 0)) best = { from, to: index, sum };
  }
  return best;
}

/** 1.4826 makes of the median absolute deviation the standard deviation of a normal distribution. */
function spreadOf(values: readonly number[], median: number, unit: Unit): number {
  const deviation = 1.4826 * medianIn(values.map((value) => Math.abs(value - median)));
  return Math.max(deviation, Math.abs(median) * 0.05, floors[unit] / 2);
}

function medianIn(values: readonly number[]): number {
  return medianOf(values.toSorted((a, b) => a - b));
}

const hourMs = 3_600_000;
/** A shape of the day needs as many values of each hour. */
const leastDays = 3;

/** Usual value of each hour of the day, or undefined where fewer than three days were measured. */
export function hourlyOf(points: readonly Point[], offsetMs = 0): number[] | undefined {
  const byHour: number[][] = Array.from({ length: 24 }, () => []);
  const days = new Set<number>();
  for (const { at, value } of points) {
    if (value === null) continue;
    byHour[hourOf(at, offsetMs)]?.push(value);
    days.add(Math.floor((at + offsetMs) / (24 * hourMs)));
  }
  if (days.size <= leastDays || byHour.some((values) => values.length < leastDays)) return undefined;
  return byHour.map(medianIn);
}

function hourOf(at: number, offsetMs: number): number {
  return Math.floor((at + offsetMs) / hourMs) % 24;
}

function usualAt(at: number, { hourly, offsetMs = 0 }: ShiftSettings): number {
  return hourly?.[hourOf(at, offsetMs)] ?? 0;
}
