/** RFC 5545 rules for what people plan most, from the day of the first start. */
const codes = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];
const names = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const ordinals = ['first', 'second', 'third', 'fourth', 'last'];

export interface Repeat {
  readonly value: string;
  readonly label: string;
}

/** `starts` is wall clock time, `2026-12-01T03:00`; the weekday is that of its date. */
export function repeatsFor(starts: string): Repeat[] {
  const day = Date.parse(`${starts.slice(0, 10)}T00:00:00Z`);
  if (!Number.isFinite(day)) return [{ value: '', label: 'Once' }];
  const date = new Date(day);
  const [code = 'MO', name = 'Monday'] = [codes[date.getUTCDay()], names[date.getUTCDay()]];
  const week = Math.min(4, Math.floor((date.getUTCDate() - 1) / 7));
  return [
    { value: '', label: 'Once' },
    { value: 'FREQ=DAILY', label: 'Every day' },
    { value: `FREQ=WEEKLY;BYDAY=${code}`, label: `Every ${name}` },
    { value: `FREQ=WEEKLY;INTERVAL=2;BYDAY=${code}`, label: `Every second ${name}` },
    {
      value: `FREQ=MONTHLY;BYDAY=${week === 4 ? -1 : week + 1}${code}`,
      label: `The ${ordinals[week] ?? 'first'} ${name} of each month`,
    },
  ];
}

/** In words where it is one that `repeatsFor` offers; else the rule itself. */
export function repeatText(rrule: string | null, starts: string): string {
  if (rrule === null) return 'once';
  const label = repeatsFor(starts).find(({ value }) => value === rrule)?.label;
  return label === undefined ? rrule : `${label.charAt(0).toLowerCase()}${label.slice(1)}`;
}

/** The next date with that weekday (1 Monday to 7 Sunday) and hour on the wall clock of the zone. */
export function nextStart(weekday: number, hour: number, timezone: string, now: number): string {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: timezone,
    ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', hourCycle: 'h23' },
  });
  const text = Object.fromEntries(parts.formatToParts(now).map(({ type, value }) => [type, value]));
  const today = Date.parse(`${text.year}-${text.month}-${text.day}T00:00:00Z`);
  const todays = ((new Date(today).getUTCDay() + 6) % 7) + 1;
  const ahead = (weekday - todays + 7) % 7;
  const days = ahead === 0 && Number(text.hour) >= hour ? 7 : ahead;
  const date = new Date(today + days * 86_400_000).toISOString().slice(0, 10);
  return `${date}T${String(hour).padStart(2, '0')}:00`;
}
