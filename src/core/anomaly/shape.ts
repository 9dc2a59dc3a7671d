/** The learned shape of days and weeks: what this hour usually looks like. */
import { anomalySettings } from './settings.ts';

const hourMs = 3_600_000;
const dayHours = 24;
const weekHours = 168;
/** Days that a daily shape is made of: few enough to follow a change within a week. */
const days = 8;

export interface Shape {
  /** Mean of each hour, NaN where nothing came; the hour `n` since the epoch stands at `n mod length`. */
  readonly hours: Float32Array;
  /** The hour in hand, counted from the epoch; -1 before the first value. */
  hour: number;
  sum: number;
  count: number;
  /** What the hour in hand should look like by the days, and by the weeks before; NaN while unknown. */
  byDay: number;
  byWeek: number;
  /** Running means of how far each was off, NaN before the first. */
  dayError: number;
  weekError: number;
}

export function createShape(): Shape {
  const nothing = Number.NaN;
  return {
    hours: new Float32Array(anomalySettings.shapeHours).fill(nothing),
    hour: -1,
    sum: 0,
    count: 0,
    byDay: nothing,
    byWeek: nothing,
    dayError: nothing,
    weekError: nothing,
  };
}

/** What is expected at this time, from earlier hours only; NaN while less than two days are known. */
export function expectedAt(shape: Shape, at: number): number {
  enter(shape, Math.floor(at / hourMs));
  if (Number.isNaN(shape.byWeek)) return shape.byDay;
  // The week must earn its place: it follows changes more slowly.
  return shape.weekError < shape.dayError ? shape.byWeek : shape.byDay;
}

export function learnShape(shape: Shape, at: number, value: number): void {
  enter(shape, Math.floor(at / hourMs));
  shape.sum += value;
  shape.count++;
}

function enter(shape: Shape, hour: number): void {
  if (hour <= shape.hour) return;
  if (shape.hour >= 0) close(shape, hour);
  shape.hour = hour;
  shape.sum = 0;
  shape.count = 0;
  shape.byDay = medianBefore(shape, dayHours, days, 2);
  shape.byWeek = medianBefore(shape, weekHours, Math.floor(shape.hours.length / weekHours), 3);
}

function close(shape: Shape, next: number): void {
  const size = shape.hours.length;
  const mean = shape.count > 0 ? shape.sum / shape.count : Number.NaN;
  shape.hours[shape.hour % size] = mean;
  for (let hour = Math.max(shape.hour + 1, next - size); hour < next; hour++)
    shape.hours[hour % size] = Number.NaN;
  if (Number.isNaN(mean) || Number.isNaN(shape.byWeek)) return;
  shape.dayError = moved(shape.dayError, Math.abs(mean - shape.byDay));
  shape.weekError = moved(shape.weekError, Math.abs(mean - shape.byWeek));
}

/** A mean over about a week of hours. */
function moved(mean: number, value: number): number {
  return Number.isNaN(mean) ? value : mean + (value - mean) / weekHours;
}

function medianBefore(shape: Shape, stepHours: number, steps: number, atLeast: number): number {
  const found: number[] = [];
  for (let i = 1; i <= steps && found.length < days; i++) {
    const hour = shape.hour - i * stepHours;
    const value = hour < 0 ? undefined : shape.hours[hour % shape.hours.length];
    if (value !== undefined && !Number.isNaN(value)) found.push(value);
  }
  if (found.length < atLeast) return Number.NaN;
  found.sort((a, b) => a - b);
  const half = found.length >> 1;
  const upper = found[half] ?? Number.NaN;
  return found.length % 2 === 1 ? upper : (upper + (found[half - 1] ?? Number.NaN)) / 2;
}
