/** What being called costs one person: the one definition that on-call and the figures of incidents share. Pure. */
import { isNight } from './quiet.ts';
import { wallTime } from './wall-time.ts';

export interface BurdenFacts {
  /** Calls that went out in the time asked about. */
  readonly pages: readonly { readonly person: string; readonly incidentId: string; readonly at: number }[];
  /** Those that opened in that time. */
  readonly incidents: readonly {
    /** The person who did; null where nobody did, and where only the command line or a token is known. */
    readonly acknowledgedBy: string | null;
    /** Milliseconds from when people could answer. */
    readonly acknowledgeMs: number | null;
  }[];
  /** IANA name of the zone that the person lives by. */
  readonly zoneOf: (person: string) => string;
}

export interface Burden {
  readonly person: string;
  readonly pages: number;
  readonly incidents: number;
  /** Pages between 22:00 and 07:00 on their wall clock. */
  readonly atNight: number;
  /** Nights with at least one of them. */
  readonly nightsInterrupted: number;
  /** Incidents that they themselves acknowledged. */
  readonly acknowledged: number;
  /** Median over those, milliseconds from when people could answer. */
  readonly acknowledgedInMs: number | null;
}

const halfDayMs = 12 * 3_600_000;

export function burdenOf(person: string, { pages, incidents, zoneOf }: BurdenFacts): Burden {
  const zone = zoneOf(person);
  const own = pages.filter((page) => page.person === person);
  const atNight = own.filter(({ at }) => isNight(zone, at));
  // A night belongs to the evening it begins on.
  const nights = new Set(atNight.map(({ at }) => wallTime(at - halfDayMs, zone).day));
  const answered = incidents.filter(({ acknowledgedBy }) => acknowledgedBy === person);
  return {
    person,
    pages: own.length,
    incidents: new Set(own.map(({ incidentId }) => incidentId)).size,
    atNight: atNight.length,
    nightsInterrupted: nights.size,
    acknowledged: answered.length,
    acknowledgedInMs: median(
      answered.flatMap(({ acknowledgeMs }) => (acknowledgeMs === null ? [] : [acknowledgeMs])),
    ),
  };
}

export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [upper, lower] = [sorted[middle], sorted[middle - 1]];
  if (upper === undefined) return null;
  return sorted.length % 2 === 1 || lower === undefined ? upper : (lower + upper) / 2;
}
