/** What on-call costs people, and how fast incidents are answered. */
import { type Level, levels } from '../severity.ts';
import { answersOf } from './answers.ts';
import { type BurdenFacts, burdenOf, median } from './burden.ts';
import { dueAt } from './clocks.ts';
import type { OnCall } from './model.ts';
import type { LoadView, PersonLoad, ResponseView } from './view.ts';
import { wallTime } from './wall-time.ts';

export interface LoadFacts {
  readonly from: number;
  readonly to: number;
  readonly timezone: string;
  readonly oncall: OnCall;
  readonly pages: readonly { readonly person: string; readonly incidentId: string; readonly at: number }[];
  /** Opened in that time. Merged ones are counted with the one that goes on. */
  readonly incidents: readonly (BurdenFacts['incidents'][number] & {
    readonly level: Level;
    /** From when people could answer it. */
    readonly askedAt: number;
    readonly acknowledgedAt: number | null;
    readonly resolvedAt: number | null;
    readonly isMerged: boolean;
    readonly isNoOutage?: boolean;
  })[];
  readonly hoursOnCall: ReadonlyMap<string, number>;
}

const quarterMs = 15 * 60_000;

export function loadOf(facts: LoadFacts): LoadView {
  const incidents = facts.incidents.filter((one) => !one.isMerged);
  const outages = incidents.filter((one) => !one.isNoOutage);
  const ids = new Set([
    ...facts.oncall.people.map(({ id }) => id),
    ...facts.pages.map((page) => page.person),
  ]);
  return {
    from: facts.from,
    to: facts.to,
    people: [...ids].map((id) => personLoad(id, { ...facts, incidents })),
    response: levels.map((level) => responseOf(level, { ...facts, incidents: outages })),
    noOutages: incidents.length - outages.length,
  };
}

function personLoad(person: string, facts: LoadFacts): PersonLoad {
  const zoneOf = zonesOf(facts.oncall, facts.timezone);
  const byHour = Array.from({ length: 24 }, () => 0);
  for (const { at } of facts.pages.filter((page) => page.person === person)) {
    const hour = Math.floor(wallTime(at, zoneOf(person)).minute / 60);
    byHour[hour] = (byHour[hour] ?? 0) + 1;
  }
  return {
    ...burdenOf(person, { ...facts, zoneOf }),
    name: facts.oncall.people.find(({ id }) => id === person)?.name ?? person,
    byHour,
    hoursOnCall: Math.round((facts.hoursOnCall.get(person) ?? 0) * 10) / 10,
  };
}

/** A person's own zone; the team's where they are not configured. */
export function zonesOf(oncall: OnCall, timezone: string): (person: string) => string {
  return (person) => oncall.people.find(({ id }) => id === person)?.timezone ?? timezone;
}

function responseOf(level: Level, { incidents, oncall, timezone, to }: LoadFacts): ResponseView {
  const own = incidents.filter((one) => one.level === level);
  const taken = own.flatMap(({ acknowledgeMs }) => acknowledgeMs ?? []);
  const limit = oncall.clocks[level]?.respond ?? null;
  return {
    level,
    incidents: own.length,
    acknowledged: taken.length,
    medianMs: median(taken),
    limitMs: typeof limit === 'number' ? limit : null,
    withinLimit: limit === null ? null : answersOf(own, (one) => dueAt(limit, one.askedAt, timezone), to),
    within15Minutes: answersOf(own, (one) => one.askedAt + quarterMs, to),
  };
}
