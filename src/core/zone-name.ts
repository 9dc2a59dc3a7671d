/** What people call the zone of a wall clock. Pure. */
import { hintFor } from './suggest.ts';

/** Each knows the short names of its own part of the world; of the others it says `GMT+11`, which nobody calls theirs. */
const locales = ['en-GB', 'en-US', 'en-CA', 'en-AU', 'en-NZ', 'en-IN', 'en-ZA'];
const writers = new Map<string, readonly Intl.DateTimeFormat[]>();

function writersOf(timeZone: string): readonly Intl.DateTimeFormat[] {
  const known = writers.get(timeZone);
  if (known) return known;
  // Making one costs a hundred times what using it does.
  const made = locales.map((locale) => new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: 'short' }));
  writers.set(timeZone, made);
  return made;
}

/** `AEDT`, `CET`, `UTC`; where the zone has no short name `Pacific/Noumea (UTC+11)`. */
export function zoneName(at: number, timezone: string): string {
  let offset = '';
  for (const writer of writersOf(timezone)) {
    const name = writer.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    if (!/^(GMT|UTC)[+-]/.test(name)) return name === '' ? timezone : name;
    offset = name.replace(/^GMT/, 'UTC').replace('−', '-');
  }
  return /^(Etc\/|[+-])/.test(timezone) ? offset : `${timezone} (${offset})`;
}

/** What was meant by a name that is no time zone; null where it is one. */
export function zoneHint(name: string): string | null {
  if (isZone(name)) return null;
  return hintFor(name, Intl.supportedValuesOf('timeZone')) ?? 'use a name like Europe/Berlin or UTC';
}

export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
