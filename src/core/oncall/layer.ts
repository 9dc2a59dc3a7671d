/** Whose turn it is in one layer of a rotation, and when that may change. */
import type { Layer, Window } from './model.ts';
import { dayMinutes, instantOf, parseWallTime, wallTime, weekdayOf } from './wall-time.ts';

export interface Turn {
  /** Counts from 0 at the anchor; negative before it. */
  readonly index: number;
  /** Epoch milliseconds, `to` not included. */
  readonly from: number;
  readonly to: number;
}

/** Turns follow the wall clock: a weekly hand-off at 09:00 stays at 09:00 when the clocks change. */
function turnAt(layer: Layer, at: number): Turn {
  const anchor = parseWallTime(layer.anchor) ?? { day: 0, minute: 0 };
  const { day, minute } = wallTime(at, layer.timezone);
  const passed = (day - anchor.day) * dayMinutes + minute - anchor.minute;
  const begin = (index: number) =>
    instantOf(anchor.day, anchor.minute + index * layer.turnMinutes, layer.timezone);
  let index = Math.floor(passed / layer.turnMinutes);
  // Around a change of the clocks the wall's reading may lie one turn off.
  while (begin(index) > at) index--;
  while (begin(index + 1) <= at) index++;
  return { index, from: begin(index), to: begin(index + 1) };
}

/** Who has the turn, and in which order the others follow; nobody outside of the layer's time. */
export function lineAt(layer: Layer, at: number): readonly string[] {
  if (at < layer.startsAt || (layer.endsAt !== null && at >= layer.endsAt)) return [];
  if (layer.during.length > 0 && !layer.during.some((window) => isWithin(window, layer.timezone, at)))
    return [];
  const count = layer.people.length;
  if (count === 0) return [];
  const first = ((turnAt(layer, at).index % count) + count) % count;
  return [...layer.people.slice(first), ...layer.people.slice(0, first)];
}

/** Whether the wall clock stands in the window; both readings of an hour that comes twice count. */
export function isWithin(window: Window, timezone: string, at: number): boolean {
  const { day } = wallTime(at, timezone);
  return spansOf(window, timezone, day).some((span) => span.from <= at && at < span.to);
}

/** The window's spans that touch a day of the wall's calendar: that of the day, and of the day before it. */
function spansOf({ days, from, to }: Window, timezone: string, day: number) {
  const length = to > from ? to - from : to + dayMinutes - from;
  return [day - 1, day]
    .filter((begin) => days.includes(weekdayOf(begin)))
    .map((begin) => ({
      from: instantOf(begin, from, timezone),
      to: instantOf(begin, from + length, timezone),
    }));
}

/** Every instant in [from, to) at which the layer's answer may change. */
export function changesOf(layer: Layer, from: number, to: number): number[] {
  const found = [layer.startsAt, ...(layer.endsAt === null ? [] : [layer.endsAt])];
  for (let at = from; at < to; ) {
    const turn = turnAt(layer, at);
    found.push(turn.from);
    at = turn.to;
    found.push(at);
  }
  if (layer.during.length > 0) {
    const first = wallTime(from, layer.timezone).day - 1;
    const last = wallTime(to, layer.timezone).day + 1;
    for (let day = first; day <= last; day++) {
      for (const window of layer.during)
        for (const span of spansOf(window, layer.timezone, day)) found.push(span.from, span.to);
    }
  }
  return found.filter((at) => at >= from && at < to);
}
