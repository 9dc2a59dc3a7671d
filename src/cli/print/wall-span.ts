import { wallText } from '../../core/oncall/wall-time.ts';

/** `Tue 2026-12-01 03:00 – 04:00` on the wall clock of the zone; with both days when it ends on another. */
export function wallSpan(from: number, to: number, timezone: string): string {
  const [start, end] = [wallText(from, timezone), wallText(to, timezone)];
  const day = start.slice(0, -'00:00'.length);
  return `${start} – ${end.startsWith(day) ? end.slice(day.length) : end}`;
}
