/** Days of a calendar in the viewer's zone. */
export interface CalendarDay {
  readonly key: string;
  /** Epoch milliseconds of its first and of the next day's first moment. */
  readonly from: number;
  readonly to: number;
  readonly day: number;
  /** `Dec 1` on the first day of a month. */
  readonly label: string;
}

const monthDay = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });

/** Whole weeks from the Monday on or before `at`; a day is as long as the clocks make it. */
export function calendarDays(at: number, weeks: number): CalendarDay[] {
  const today = new Date(at);
  const monday = today.getDate() - ((today.getDay() + 6) % 7);
  return Array.from({ length: weeks * 7 }, (_, index) => {
    const begin = new Date(today.getFullYear(), today.getMonth(), monday + index);
    const end = new Date(today.getFullYear(), today.getMonth(), monday + index + 1);
    const day = begin.getDate();
    return {
      key: `${begin.getFullYear()}-${begin.getMonth() + 1}-${day}`,
      from: begin.getTime(),
      to: end.getTime(),
      day,
      label: day === 1 || index === 0 ? monthDay.format(begin) : String(day),
    };
  });
}

export const weekdayNames = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
