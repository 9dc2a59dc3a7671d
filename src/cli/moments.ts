/** Moments as people read them: on the wall clock of the team, whose zone is named once below what was printed. */
import { wallText } from '../core/oncall/wall-time.ts';
import type { Terminal } from './terminal.ts';

export interface Zone {
  /** `Australia/Sydney` */
  readonly name: string;
  /** Whether a moment was written in it. */
  wasUsed: boolean;
}

type Where = Pick<Terminal, 'zone'>;

/** Where nobody knows the team's, that of this machine. */
export function machineZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function zoneOf({ zone }: Where): string {
  if (zone) zone.wasUsed = true;
  return zone?.name ?? machineZone();
}

const writers = new Map<string, Intl.DateTimeFormat>();

/** `2026-12-01 03:00:07` */
export function moment(where: Where, at: number): string {
  const zone = zoneOf(where);
  const writer =
    writers.get(zone) ??
    // Sweden writes the year first, then month and day.
    new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' });
  writers.set(zone, writer);
  return writer.format(at);
}

/** `03:00:07` */
export function clockTime(where: Where, at: number): string {
  return moment(where, at).slice(-'03:00:07'.length);
}

/** `03:00:07` of the last half day, with the day before that. */
export function shortMoment(where: Where, at: number, now: number): string {
  return now - at < 43_200_000 ? clockTime(where, at) : moment(where, at);
}

/** `2026-12-01` */
export function day(where: Where, at: number): string {
  return moment(where, at).slice(0, '2026-12-01'.length);
}

/** `Tue 2026-12-01 03:00` */
export function minute(where: Where, at: number): string {
  return wallText(at, zoneOf(where));
}

/** `Tue 2026-12-01 03:00 – 04:00`; with both days when it ends on another. */
export function wallSpan(where: Where, from: number, to: number): string {
  const [start, end] = [minute(where, from), minute(where, to)];
  const weekday = start.slice(0, -'00:00'.length);
  return `${start} – ${end.startsWith(weekday) ? end.slice(weekday.length) : end}`;
}

/** What `write` prints, and the zone below it where it printed a moment. */
export function inZone(terminal: Terminal, name: string, write: (terminal: Terminal) => string): string {
  const zone: Zone = { name, wasUsed: false };
  const text = write({ ...terminal, zone });
  return zone.wasUsed ? `${text}\nTimes are those of ${name}.` : text;
}
