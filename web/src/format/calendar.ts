import { momentOfWall, wallClock, zoned } from './zone.ts';

/** Days of a calendar in the zone that is shown. */
export interface CalendarDay {
  readonly key: string;
  /** Epoch milliseconds of its first and of the next day's first moment. */
  readonly from: number;
  readonly to: number;
  readonly day: number;
  /** `1 Dec` on the first day of a month. */
  readonly label: string;
}

const monthDay = zoned({ month: 'short', day: 'numeric' }, 'en-GB');
const dayMs = 86_400_000;

/** Whole weeks from the Monday on or before `at`; a day is as long as the clocks make it. */
export function calendarDays(at: number, weeks: number): CalendarDay[] {
  const today = Math.floor(wallClock(at) / dayMs) * dayMs;
  const monday = today - ((new Date(today).getUTCDay() + 6) % 7) * dayMs;
  return Array.from({ length: weeks * 7 }, (_, index) => {
    const begin = monday + index * dayMs;
    const from = momentOfWall(begin);
    const day = new Date(begin).getUTCDate();
    return {
      key: new Date(begin).toISOString().slice(0, 10),
      from,
      to: momentOfWall(begin + dayMs),
      day,
      label: day === 1 || index === 0 ? monthDay().format(from) : String(day),
    };
  });
}

export const weekdayNames = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
