/** Who is on call on which day, in as few lines as a phone has room for. Pure. */
import type { ScheduleView, ShiftView } from '../../../src/core/oncall/view.ts';
import type { CalendarDay } from '../format/calendar.ts';

export interface Turn {
  readonly shift: ShiftView;
  /** When it begins within the day; null where it began before. */
  readonly from: number | null;
}

export interface AgendaEntry {
  readonly first: CalendarDay;
  /** The same day, or the last of those that are like it. */
  readonly last: CalendarDay;
  readonly lanes: readonly { readonly rotation: string; readonly turns: readonly Turn[] }[];
}

/** Days that are over are left out, unless all are. */
export function agendaOf(
  rotations: readonly ScheduleView[],
  days: readonly CalendarDay[],
  now: number,
): AgendaEntry[] {
  const ahead = days.filter((day) => day.to > now);
  const entries: AgendaEntry[] = [];
  for (const day of ahead.length === 0 ? days : ahead) {
    const lanes = rotations.map(({ rotation, shifts }) => ({ rotation, turns: turnsOf(shifts, day) }));
    const before = entries.at(-1);
    const isSame =
      before !== undefined && isQuiet(before) && lanes.every((lane, at) => isOn(lane, before.lanes[at]));
    if (isSame) entries.splice(-1, 1, { ...before, last: day });
    else entries.push({ first: day, last: day, lanes });
  }
  return entries;
}

function turnsOf(shifts: readonly ShiftView[], day: CalendarDay): Turn[] {
  return shifts
    .filter((shift) => shift.to > day.from && shift.from < day.to)
    .map((shift) => ({ shift, from: shift.from > day.from ? shift.from : null }));
}

function isQuiet({ lanes }: AgendaEntry): boolean {
  return lanes.every(({ turns }) => turns.length === 1 && turns[0]?.from === null);
}

function isOn(lane: AgendaEntry['lanes'][number], before: AgendaEntry['lanes'][number] | undefined): boolean {
  const [turn, ...more] = lane.turns;
  const was = before?.turns[0]?.shift;
  if (turn === undefined || was === undefined || more.length > 0 || turn.from !== null) return false;
  return turn.shift.person === was.person && turn.shift.reason.kind === was.reason.kind;
}
