/** Moments of messages on the clock of who reads them: the team's, whose zone stands with each. */
import { zoneName } from '../core/zone-name.ts';

const writers = new Map<string, Intl.DateTimeFormat>();

function writerOf(timeZone: string): Intl.DateTimeFormat {
  const known = writers.get(timeZone);
  if (known) return known;
  const numbers = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit' } as const;
  const made = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone, ...numbers, minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
  });
  writers.set(timeZone, made);
  return made;
}

function wallOf(at: string, timezone: string): { readonly day: string; readonly clock: string } | null {
  const ms = Date.parse(at);
  if (Number.isNaN(ms)) return null;
  const parts = writerOf(timezone).formatToParts(ms);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((one) => one.type === type)?.value ?? '';
  return {
    day: `${part('year')}-${part('month')}-${part('day')}`,
    clock: `${part('hour')}:${part('minute')}:${part('second')} ${zoneName(ms, timezone)}`,
  };
}

/** `10:32:05 CET`, with its day where it is another than that of `now`; both RFC 3339. As it is where it is no moment. */
export function clockTime(at: string, now: string, timezone = 'UTC'): string {
  const wall = wallOf(at, timezone);
  if (wall === null) return at;
  return wall.day === wallOf(now, timezone)?.day ? wall.clock : `${wall.day} ${wall.clock}`;
}

/** A text with every moment in it, RFC 3339 in UTC, as `clockTime` writes it. */
export function onTheirClock(text: string, now: string, timezone = 'UTC'): string {
  return text.replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z\b/g, (at) =>
    clockTime(at, now, timezone),
  );
}
