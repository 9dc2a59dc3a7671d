/** The memory of a series as plain JSON, and back. A memory can also be made anew with `score` over stored samples. */
import { type AnomalyState, createAnomalyState } from './detector.ts';
import { anomalySettings } from './settings.ts';
import { createSlotRing, type SlotRing } from './slot-ring.ts';
import { usualRange } from './usual-range.ts';

/** Numbers are rounded to what 32 bits hold; null stands for no value. */
type Values = readonly (number | null)[];

interface RingSnapshot {
  readonly slotMs: number;
  readonly newest: number;
  readonly values: Values;
}

export interface AnomalySnapshot {
  readonly version: 1;
  readonly state: Omit<AnomalyState, 'levels' | 'residuals' | 'shape' | 'budget' | 'usual' | 'usualResidual'>;
  readonly levels: RingSnapshot | null;
  readonly residuals: RingSnapshot | null;
  readonly shape: { readonly hours: Values; readonly others: Readonly<Record<ShapeNumber, number | null>> };
  readonly budget: Omit<AnomalyState['budget'], 'peaks'> & { readonly peaks: readonly number[] };
}

const shapeNumbers = ['hour', 'sum', 'count', 'byDay', 'byWeek', 'dayError', 'weekError'] as const;
type ShapeNumber = (typeof shapeNumbers)[number];

export function saveAnomalyState(state: AnomalyState): AnomalySnapshot {
  const { levels, residuals, shape, budget, usual: _, usualResidual: __, ...rest } = state;
  return structuredClone({
    version: 1 as const,
    state: rest,
    levels: levels && saveRing(levels),
    residuals: residuals && saveRing(residuals),
    shape: {
      hours: plain(shape.hours),
      others: {
        hour: shape.hour,
        sum: shape.sum,
        count: shape.count,
        byDay: orNull(shape.byDay),
        byWeek: orNull(shape.byWeek),
        dayError: orNull(shape.dayError),
        weekError: orNull(shape.weekError),
      },
    },
    budget: { ...budget, peaks: Array.from(budget.peaks) },
  });
}

/** Ranges are computed anew. A snapshot of other sizes than today's settings is not taken: null, learn again. */
export function restoreAnomalyState(saved: AnomalySnapshot): AnomalyState | null {
  const state = createAnomalyState();
  const { slots, residualSlots, shapeHours, warmUpSlots } = anomalySettings;
  const fits = [
    saved.version === 1,
    !saved.levels || saved.levels.values.length === slots,
    !saved.residuals || saved.residuals.values.length === residualSlots,
    saved.shape.hours.length === shapeHours,
  ];
  if (fits.includes(false)) return null;
  Object.assign(state, structuredClone(saved.state));
  state.levels = saved.levels && restoreRing(saved.levels);
  state.residuals = saved.residuals && restoreRing(saved.residuals);
  state.shape.hours.set(packed(saved.shape.hours));
  for (const name of shapeNumbers) state.shape[name] = saved.shape.others[name] ?? Number.NaN;
  const { peaks, ...budget } = saved.budget;
  Object.assign(state.budget, budget);
  state.budget.peaks.set(peaks);
  if (state.levels && state.levels.filled >= warmUpSlots) state.usual = usualRange(state.levels);
  if (state.residuals && state.residuals.filled >= warmUpSlots)
    state.usualResidual = usualRange(state.residuals);
  return state;
}

function saveRing({ slotMs, newest, values }: SlotRing): RingSnapshot {
  return { slotMs, newest, values: plain(values) };
}

function restoreRing({ slotMs, newest, values }: RingSnapshot): SlotRing {
  const ring = createSlotRing(slotMs, values.length);
  ring.values.set(packed(values));
  ring.newest = newest;
  ring.filled = values.filter((value) => value !== null).length;
  return ring;
}

function plain(values: Float32Array): Values {
  return Array.from(values, orNull);
}

/** A 32-bit number has seven digits that mean something. */
function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : Number(value.toPrecision(9));
}

function packed(values: Values): Float32Array {
  return Float32Array.from(values, (value) => value ?? Number.NaN);
}
