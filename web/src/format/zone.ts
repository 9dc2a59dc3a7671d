/** The one time zone of every page: the team's, or this browser's for whoever chose so. */
import { useSyncExternalStore } from 'react';

export type ZoneChoice = 'team' | 'browser';

const choiceKey = 'upkeep-zone';
/** Known before the first answer, so that a page is not drawn twice. */
const teamKey = 'upkeep-team-zone';
const kept = typeof window === 'undefined' ? null : window.localStorage;

export const browserZone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
let choice: ZoneChoice = kept?.getItem(choiceKey) === 'browser' ? 'browser' : 'team';
let teamZone = kept?.getItem(teamKey) ?? null;
const listeners = new Set<() => void>();

/** `Europe/London` */
export function shownZone(): string {
  return choice === 'browser' || teamZone === null ? browserZone : teamZone;
}

export function chooseZone(next: ZoneChoice): void {
  choice = next;
  kept?.setItem(choiceKey, next);
  for (const listener of listeners) listener();
}

export function setTeamZone(zone: string): void {
  if (zone === teamZone) return;
  teamZone = zone;
  kept?.setItem(teamKey, zone);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useShownZone(): string {
  return useSyncExternalStore(subscribe, shownZone);
}

export function useZoneChoice(): ZoneChoice {
  return useSyncExternalStore(subscribe, () => choice);
}

/** Says a moment in the zone that is shown when it is called. */
export function zoned(options: Intl.DateTimeFormatOptions, locale?: string) {
  const byZone = new Map<string, Intl.DateTimeFormat>();
  return (): Intl.DateTimeFormat => {
    const timeZone = shownZone();
    const known = byZone.get(timeZone) ?? new Intl.DateTimeFormat(locale, { ...options, timeZone });
    byZone.set(timeZone, known);
    return known;
  };
}

const wall = zoned(
  {
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    hourCycle: 'h23',
  },
  'en-US',
);

/** What the wall clock of the zone shows, as if it were UTC. Epoch milliseconds. */
export function wallClock(at: number): number {
  const parts = new Map(
    wall()
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const of = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'));
}

/** The moment at which that wall clock is reached; an hour that the clocks skip is the one after. */
export function momentOfWall(wanted: number): number {
  const guess = wanted - (wallClock(wanted) - wanted);
  return wanted - (wallClock(guess) - guess);
}
