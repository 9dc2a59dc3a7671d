/**
 * Finds values that a series has not shown before: outside of the range of three weeks, or of what this hour of the day
 * or week usually has. Strictly causal, some 20 KB and a few microseconds a point, no training apart.
 * The idea of distances from a quantile range comes from measurements on the Numenta Anomaly Benchmark (bench/results.md).
 */
import { type AlarmBudget, admit, createAlarmBudget } from './alarm-budget.ts';
import { anomalySettings } from './settings.ts';
import { createShape, expectedAt, learnShape, type Shape } from './shape.ts';
import { createSlotRing, remember, type SlotRing } from './slot-ring.ts';
import { exceedance, type UsualRange, usualRange } from './usual-range.ts';

const { leastShapeWidth, smoothing } = anomalySettings;

/** A measured value: `at` in epoch milliseconds, rising from call to call. Counters are given as rates. */
export interface Point {
  readonly at: number;
  readonly value: number;
}

/** All that is remembered of one series. */
export interface AnomalyState {
  lastAt: number;
  /** Gaps between the first points; the slots are made when enough are known. */
  readonly gaps: number[];
  /** Points that wait until the slots are made. */
  readonly waiting: Point[];
  /** The last values, for the mean of three. */
  readonly recent: number[];
  levels: SlotRing | null;
  residuals: SlotRing | null;
  readonly shape: Shape;
  readonly budget: AlarmBudget;
  /** When the memory began, epoch ms. */
  since: number;
  usual: UsualRange | null;
  usualResidual: UsualRange | null;
}

export interface AnomalyScore {
  /**
   * How far outside of what is usual, in widths of the series' range (1st to 99th percentile); 0 inside, up to 1000.
   * The unit is the same for all series.
   */
  readonly score: number;
  /** What the score is judged against: 0.1, or more for a series that would alarm too often. */
  readonly threshold: number;
  readonly isAnomalous: boolean;
  /** Anomalous and not within the rest of an earlier, higher alarm: tell somebody once. */
  readonly isAlarm: boolean;
  /** What would have been usual for the mean of the last three values; null while warming up. */
  readonly expected: { readonly low: number; readonly high: number } | null;
  /** The mean of the last three values, which is what was judged. */
  readonly judged: number;
  /** A day and 50 slots must be known; until then the score is 0. */
  readonly isWarmingUp: boolean;
  /** For people: `higher than the range of the last 21 days`. */
  readonly reason: string;
}

export function createAnomalyState(): AnomalyState {
  return {
    lastAt: -1,
    gaps: [],
    waiting: [],
    recent: [],
    levels: null,
    residuals: null,
    shape: createShape(),
    budget: createAlarmBudget(),
    since: 0,
    usual: null,
    usualResidual: null,
  };
}

/**
 * Judges a point by all before it, then learns it; changes `state`. A value that is no finite number, or a time not later
 * than the last, is neither judged nor learned. After a gap longer than the memory everything is learned anew.
 */
export function score(state: AnomalyState, point: Point): AnomalyScore {
  const isOld =
    state.levels !== null && point.at - state.lastAt > anomalySettings.slots * state.levels.slotMs;
  if (isOld) Object.assign(state, createAnomalyState());
  const unfit = unfitness(state, point);
  if (unfit !== null) return unjudged(state, point.value, unfit, warmth(state, point.at) !== null);
  const judged = smoothed(state, point);
  if (!state.levels) prepare(state, { at: point.at, value: judged });
  const known = warmth(state, point.at);
  if (known !== null || !state.usual || !state.levels) {
    learn(state, point.at, judged, expectedAt(state.shape, point.at));
    return unjudged(state, judged, known ?? 'warming up', true);
  }
  const base = expectedAt(state.shape, point.at);
  const result = judge(state, point.at, judged, base, state.usual, state.levels.slotMs);
  learn(state, point.at, judged, base);
  return result;
}

function judge(
  state: AnomalyState,
  at: number,
  judged: number,
  base: number,
  usual: UsualRange,
  slotMs: number,
): AnomalyScore {
  const level = exceedance(judged, usual, usual.width);
  const weight = shapeWeight(state, base);
  const residual = state.usualResidual;
  const offShape =
    residual && weight > 0
      ? exceedance(judged - base, residual, Math.max(residual.width, usual.width * leastShapeWidth)) * weight
      : 0;
  const total = Math.min(anomalySettings.highest, level + offShape);
  const isAlarm = admit(state.budget, at, total, anomalySettings.restSlots * slotMs);
  const { threshold } = state.budget;
  const ofHour = residual ? { low: base + residual.low, high: base + residual.high } : usual;
  const expected = weight >= 0.5 ? ofHour : usual;
  return {
    score: total,
    threshold,
    isAnomalous: total >= threshold,
    isAlarm,
    expected: { low: expected.low, high: expected.high },
    judged,
    isWarmingUp: false,
    reason:
      level >= offShape
        ? reasonOf(judged, usual, usual, 'the range of the last weeks')
        : reasonOf(judged, { low: base, high: base }, ofHour, 'usual for this hour'),
  };
}

/** The share of the everyday movement that the shape explains, 0 to 1: a series without a shape is not judged by one. */
function shapeWeight({ usual, usualResidual }: AnomalyState, base: number): number {
  if (!usual || !usualResidual || Number.isNaN(base) || usual.spread <= 0) return 0;
  return Math.max(0, 1 - usualResidual.spread / usual.spread);
}

type Span = { readonly low: number; readonly high: number };

/** @param usually what is named as usual */
function reasonOf(judged: number, { low, high }: Span, usually: Span, than: string): string {
  if (judged >= low && judged <= high) return 'within the usual range';
  const short = (value: number) => Number(value.toPrecision(3));
  const side = judged > high ? 'higher' : 'lower';
  return `${Number(judged.toPrecision(4))} is ${side} than ${than}, usually ${short(usually.low)} to ${short(usually.high)}`;
}

function unjudged(state: AnomalyState, judged: number, reason: string, isWarmingUp: boolean): AnomalyScore {
  return {
    score: 0,
    threshold: state.budget.threshold,
    isAnomalous: false,
    isAlarm: false,
    expected: null,
    judged,
    isWarmingUp,
    reason,
  };
}

function unfitness({ lastAt }: AnomalyState, { at, value }: Point): string | null {
  if (!Number.isFinite(value)) return 'the value is not a number';
  return at <= lastAt ? 'the time is not later than the last' : null;
}

/** What is still missing, in words; null when the series can be judged. */
function warmth(state: AnomalyState, at: number): string | null {
  const { warmUpMs, warmUpSlots } = anomalySettings;
  const filled = state.levels?.filled ?? 0;
  if (filled < warmUpSlots) return `warming up: ${filled} of ${warmUpSlots} slots are known`;
  if (at - state.since < warmUpMs) return 'warming up: less than a day is known';
  return null;
}

function smoothed(state: AnomalyState, { at, value }: Point): number {
  const gapMs = at - state.lastAt;
  // Values from before a gap say nothing of those after it.
  if (state.levels && gapMs > smoothing * state.levels.slotMs) state.recent.length = 0;
  if (state.lastAt >= 0 && !state.levels) state.gaps.push(gapMs);
  state.lastAt = at;
  state.recent.push(value);
  if (state.recent.length > smoothing) state.recent.shift();
  return state.recent.reduce((a, b) => a + b, 0) / state.recent.length;
}

/** The length of the slots follows from the usual distance of the first thirty points. */
function prepare(state: AnomalyState, point: Point): void {
  if (state.since === 0) state.since = point.at;
  state.waiting.push(point);
  if (state.gaps.length < 30) return;
  const gapMs = state.gaps.toSorted((a, b) => a - b)[15] ?? 0;
  let { slotMs } = anomalySettings;
  while (slotMs < gapMs * 0.9) slotMs *= 2;
  state.levels = createSlotRing(slotMs, anomalySettings.slots);
  state.residuals = createSlotRing(
    Math.max(slotMs, anomalySettings.residualSlotMs),
    anomalySettings.residualSlots,
  );
  for (const { at, value } of state.waiting.slice(0, -1)) remember(state.levels, at, value, 0);
  state.waiting.length = 0;
  state.gaps.length = 0;
}

function learn(state: AnomalyState, at: number, value: number, base: number): void {
  learnShape(state.shape, at, value);
  const { levels, residuals } = state;
  if (!levels || !residuals) return;
  remember(levels, at, value, state.usual?.middle ?? 0);
  if (!Number.isNaN(base)) remember(residuals, at, value - base, 0);
  const { refreshShare, warmUpSlots } = anomalySettings;
  if (levels.filled < warmUpSlots || levels.fresh < levels.filled * refreshShare) return;
  levels.fresh = 0;
  state.usual = usualRange(levels);
  state.usualResidual = residuals.filled < warmUpSlots ? null : usualRange(residuals);
}
