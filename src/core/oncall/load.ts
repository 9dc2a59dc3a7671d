/** What on-call costs people, and how fast incidents are answered. */
import { type Level, levels } from '../severity.ts';
import { dueAt } from './clocks.ts';
import type { OnCall } from './model.ts';
import { isNight } from './quiet.ts';
import type { LoadView, PersonLoad, ResponseView } from './view.ts';
import { wallTime } from './wall-time.ts';

export interface LoadFacts {
  readonly from: number;
  readonly to: number;
  readonly timezone: string;
  readonly oncall: OnCall;
  readonly pages: readonly { readonly person: string; readonly incidentId: string; readonly at: number }[];
  readonly incidents: readonly {
    readonly id: string;
    readonly level: Level;
    readonly openedAt: number;
    readonly acknowledgedAt: number | null;
  }[];
  readonly hoursOnCall: ReadonlyMap<string, number>;
}

const quarterMs = 15 * 60_000;

export function loadOf(facts: LoadFacts): LoadView {
  const ids = new Set([
    ...facts.oncall.people.map(({ id }) => id),
    ...facts.pages.map((page) => page.person),
  ]);
  return {
    from: facts.from,
    to: facts.to,
    people: [...ids].map((id) => personLoad(id, facts)),
    response: levels.map((level) => responseOf(level, facts)),
  };
}

function personLoad(person: string, facts: LoadFacts): PersonLoad {
  const zone = facts.oncall.people.find(({ id }) => id === person)?.timezone ?? facts.timezone;
  const own = facts.pages.filter((page) => page.person === person);
  const byHour = Array.from({ length: 24 }, () => 0);
  for (const { at } of own) {
    const hour = Math.floor(wallTime(at, zone).minute / 60);
    byHour[hour] = (byHour[hour] ?? 0) + 1;
  }
  // A night belongs to the evening it begins on.
  const nights = own
    .filter(({ at }) => isNight(zone, at))
    .map(({ at }) => wallTime(at - 12 * 3_600_000, zone).day);
  const called = new Set(own.map((page) => page.incidentId));
  const answered = facts.incidents.flatMap(({ id, openedAt, acknowledgedAt }) =>
    called.has(id) && acknowledgedAt !== null ? [acknowledgedAt - openedAt] : [],
  );
  return {
    person,
    pages: own.length,
    incidents: called.size,
    byHour,
    nightsInterrupted: new Set(nights).size,
    acknowledgedInMs: median(answered),
    hoursOnCall: Math.round((facts.hoursOnCall.get(person) ?? 0) * 10) / 10,
  };
}

function responseOf(level: Level, { incidents, oncall, timezone, to }: LoadFacts): ResponseView {
  const own = incidents.filter((one) => one.level === level);
  const answered = own.flatMap(({ openedAt, acknowledgedAt }) =>
    acknowledgedAt === null ? [] : [acknowledgedAt - openedAt],
  );
  const limit = oncall.clocks[level]?.respond ?? null;
  const kept = own.filter(
    ({ openedAt, acknowledgedAt }) =>
      limit !== null && (acknowledgedAt ?? to) <= dueAt(limit, openedAt, timezone),
  );
  return {
    level,
    incidents: own.length,
    acknowledged: answered.length,
    medianMs: median(answered),
    limitMs: typeof limit === 'number' ? limit : null,
    withinLimit: limit === null ? null : kept.length,
    within15Minutes: answered.filter((ms) => ms < quarterMs).length,
  };
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [upper, lower] = [sorted[middle], sorted[middle - 1]];
  if (upper === undefined) return null;
  return sorted.length % 2 === 1 || lower === undefined ? upper : (lower + upper) / 2;
}
