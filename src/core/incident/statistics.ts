/**
 * MTTD, MTTA, MTTR, incidents answered in time, repeats, and who carried them. An incident that was opened again is one, as
 * long as it was open: the healthy time between counts in no mean. Pure.
 */
import { type Answers, answersOf } from '../oncall/answers.ts';
import { type Burden, burdenOf } from '../oncall/burden.ts';
import type { Level } from '../severity.ts';
import { askedAt, detectionMs, type IncidentTimes, spansOf } from './times.ts';

export interface CountedIncident extends IncidentTimes {
  readonly id: string;
  readonly title: string;
  readonly level: Level;
  readonly lead: string;
  readonly services: readonly string[];
  /** The person who did; null where nobody did, and where only the command line or a token is known. */
  readonly acknowledgedBy: string | null;
  readonly reopened: number;
  /** Merged ones are counted with the one that goes on. */
  readonly isMerged: boolean;
  /** It told how something is set up or what comes due: no time of it says how fast trouble is found or ended. */
  readonly isNoOutage?: boolean;
}

export interface CountedPage {
  readonly incidentId: string;
  readonly person: string;
  readonly at: number;
}

export interface Spread {
  readonly count: number;
  readonly meanMs: number | null;
  readonly medianMs: number | null;
  readonly worstMs: number | null;
}

export interface IncidentStatistics {
  readonly from: number;
  readonly to: number;
  readonly incidents: number;
  /** Of them, those that were no outage; the times below are of the others. */
  readonly noOutages: number;
  readonly byLevel: Readonly<Partial<Record<Level, number>>>;
  readonly detect: Spread;
  readonly acknowledge: Spread;
  readonly mitigate: Spread;
  readonly resolve: Spread;
  readonly response: Answers & { readonly withinMs: number; readonly share: number | null };
  /** Ended by themselves or by an action before anybody acknowledged. */
  readonly withoutPeople: number;
  /** Leads with more than one outage, the most first; opening again counts. */
  readonly repeats: readonly { readonly lead: string; readonly times: number; readonly lastId: string }[];
  /** As `upkeep oncall load` counts it. */
  readonly load: readonly Burden[];
  /** Acknowledged on the command line or with a token of which nobody knows whose hand it was. */
  readonly acknowledgedByNobodyKnown: number;
}

export function statisticsOf(
  all: readonly CountedIncident[],
  pages: readonly CountedPage[],
  options: {
    readonly from: number;
    readonly to: number;
    readonly withinMs: number;
    readonly zoneOf: (person: string) => string;
  },
): IncidentStatistics {
  const incidents = all.filter((one) => !one.isMerged);
  const outages = incidents.filter((one) => !one.isNoOutage);
  const spans = outages.map(spansOf);
  return {
    from: options.from,
    to: options.to,
    incidents: incidents.length,
    noOutages: incidents.length - outages.length,
    byLevel: counted(incidents.map(({ level }) => level)),
    detect: spread(outages.map(detectionMs)),
    acknowledge: spread(spans.map(({ acknowledgeMs }) => acknowledgeMs)),
    mitigate: spread(spans.map(({ mitigateMs }) => mitigateMs)),
    resolve: spread(spans.map(({ resolveMs }) => resolveMs)),
    response: responseOf(outages, options),
    withoutPeople: incidents.filter((one) => one.resolvedAt !== null && one.acknowledgedAt === null).length,
    repeats: repeatsOf(outages),
    load: loadOf(incidents, pages, options.zoneOf),
    acknowledgedByNobodyKnown: incidents.filter(
      (one) => one.acknowledgedAt !== null && one.acknowledgedBy === null,
    ).length,
  };
}

function counted<Key extends string>(keys: readonly Key[]): Partial<Record<Key, number>> {
  const counts: Partial<Record<Key, number>> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}

function spread(values: readonly (number | null)[]): Spread {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  const count = sorted.length;
  if (count === 0) return { count: 0, meanMs: null, medianMs: null, worstMs: null };
  const middle = sorted[Math.floor((count - 1) / 2)] ?? 0;
  const next = sorted[Math.floor(count / 2)] ?? middle;
  return {
    count,
    meanMs: Math.round(sorted.reduce((sum, value) => sum + value, 0) / count),
    medianMs: Math.round((middle + next) / 2),
    worstMs: sorted.at(-1) ?? null,
  };
}

function responseOf(
  incidents: readonly CountedIncident[],
  { withinMs, to }: { withinMs: number; to: number },
): IncidentStatistics['response'] {
  const answers = answersOf(incidents, (one) => askedAt(one) + withinMs, to);
  return { withinMs, ...answers, share: answers.of === 0 ? null : answers.inTime / answers.of };
}

function repeatsOf(incidents: readonly CountedIncident[]): IncidentStatistics['repeats'] {
  const byLead = Map.groupBy(incidents, ({ lead }) => lead);
  return [...byLead]
    .map(([lead, of]) => {
      const times = of.reduce((sum, { reopened }) => sum + 1 + reopened, 0);
      const last = of.reduce((newest, one) => (one.detectedAt > newest.detectedAt ? one : newest));
      return { lead, times, lastId: last.id };
    })
    .filter(({ times }) => times > 1)
    .sort((a, b) => b.times - a.times || a.lead.localeCompare(b.lead));
}

function loadOf(
  incidents: readonly CountedIncident[],
  pages: readonly CountedPage[],
  zoneOf: (person: string) => string,
): IncidentStatistics['load'] {
  const answered = incidents.map((one) => ({
    acknowledgedBy: one.acknowledgedBy,
    acknowledgeMs: spansOf(one).acknowledgeMs,
  }));
  const answerers = answered.flatMap(({ acknowledgedBy }) => acknowledgedBy ?? []);
  const people = new Set([...pages.map(({ person }) => person), ...answerers]);
  return [...people]
    .map((person) => burdenOf(person, { pages, incidents: answered, zoneOf }))
    .sort((a, b) => b.pages - a.pages || b.acknowledged - a.acknowledged || a.person.localeCompare(b.person));
}
