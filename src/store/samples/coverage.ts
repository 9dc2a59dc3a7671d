/** How much time the samples of a series really stand for: gaps are gaps, whatever the interval was then or is now. Pure. */
import type { Pieces } from './buckets.ts';
import type { Rollup } from './rollup.ts';

/** Of a span, or of one step of it. */
export interface Covered {
  /** Samples, those that are no number left out. */
  readonly count: number;
  /** Time that samples stand for, ms. */
  readonly measuredMs: number;
  /** Each sample's value times the time it stands for, ms: of a series of 0 and 1, the time it was 1. */
  readonly heldMs: number;
}

/** A sample that stands for longer than the step counts where it was taken. */
export interface CoveredStep extends Covered {
  /** Start of the step, epoch ms. */
  readonly at: number;
}

export interface CoverSpan {
  /** [from, to) */
  readonly from: number;
  readonly to: number;
  /** Taken where too few samples stand together to tell their interval: that of the check now. */
  readonly usualMs: number;
}

/** An interval that is longer than this, and than the usual one, is a gap. */
export const longestIntervalMs = 15 * 60_000;
/** Checks come late by a part of their interval; one that is missing makes two of it. */
const lateShare = 1.75;

/**
 * A sample stands for the time until the next, but for no longer than its neighbours' spacing: where the next is late
 * beyond `lateShare` of that, the rest is a gap. Spacing is the median of the two distances before and the two
 * after, so that a changed interval counts from its first sample on, and a lone gap for nothing. A rollup is a run of
 * samples: what it spans is covered.
 */
export function coveredTime(
  pieces: Pieces,
  { from, to, usualMs }: CoverSpan,
  add: (at: number, covered: Covered) => void,
): void {
  const { rollups, points } = pieces;
  const length = rollups.length + points.at.length;
  const firstAt = (i: number) => rollups[i]?.firstAt ?? points.at[i - rollups.length] ?? Number.NaN;
  const lastAt = (i: number) => rollups[i]?.lastAt ?? points.at[i - rollups.length] ?? Number.NaN;
  const distance = (i: number) => firstAt(i + 1) - lastAt(i);
  const most = Math.max(longestIntervalMs, usualMs);
  let steadyMs = Number.NaN;
  for (let i = 0; i < length; i++) {
    const rollup = rollups[i];
    const gap = i + 1 < length ? distance(i) : Number.POSITIVE_INFINITY;
    let stands = gap;
    // What goes on as before needs no second look: of a month of seconds that is nearly all.
    const isSteady = gap <= most && gap <= steadyMs * lateShare && gap * lateShare >= steadyMs;
    if (!isSteady) {
      const spacing = spacingWithin(rollup) ?? spacingAround(i, length, distance, most) ?? usualMs;
      stands = gap <= Math.min(most, spacing * lateShare) ? gap : Math.min(gap, spacing);
    }
    steadyMs = stands === gap ? gap : Number.NaN;
    const value = rollup ? rollup.sum / rollup.count : (points.values[i - rollups.length] ?? Number.NaN);
    const begin = Math.max(firstAt(i), from);
    const measuredMs = Math.min(lastAt(i) + stands, to) - begin;
    if (Number.isNaN(value) || measuredMs <= 0) continue;
    const count = firstAt(i) >= from ? (rollup?.count ?? 1) : 0;
    add(begin, { count, measuredMs, heldMs: value * measuredMs });
  }
}

function spacingWithin(rollup: Rollup | undefined): number | undefined {
  return rollup && rollup.count > 1 ? (rollup.lastAt - rollup.firstAt) / (rollup.count - 1) : undefined;
}

/** Undefined without any neighbour but the next. */
function spacingAround(
  i: number,
  length: number,
  distance: (i: number) => number,
  most: number,
): number | undefined {
  const around = [i - 2, i - 1, i + 1, i + 2]
    .filter((index) => index >= 0 && index + 1 < length)
    .map(distance)
    .filter((one) => one <= most)
    .sort((a, b) => a - b);
  return around[Math.floor(around.length / 2)];
}

/** The whole span as one. */
export function coveredInAll(pieces: Pieces, span: CoverSpan): Covered {
  const all = { count: 0, measuredMs: 0, heldMs: 0 };
  coveredTime(pieces, span, (_at, { count, measuredMs, heldMs }) => {
    all.count += count;
    all.measuredMs += measuredMs;
    all.heldMs += heldMs;
  });
  return all;
}

/** By steps aligned to multiples of `stepMs`, oldest first, those without a sample left out. */
export function coveredSteps(pieces: Pieces, span: CoverSpan, stepMs: number): CoveredStep[] {
  const steps = new Map<number, CoveredStep>();
  coveredTime(pieces, span, (at, { count, measuredMs, heldMs }) => {
    const start = Math.floor(at / stepMs) * stepMs;
    const before = steps.get(start);
    steps.set(start, {
      at: start,
      count: count + (before?.count ?? 0),
      measuredMs: measuredMs + (before?.measuredMs ?? 0),
      heldMs: heldMs + (before?.heldMs ?? 0),
    });
  });
  return [...steps.values()];
}
