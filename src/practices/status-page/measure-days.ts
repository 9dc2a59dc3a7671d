/** What was measured of a target on each of the page's days; days that are over are asked for once. */
import {
  type Day,
  type DayMeasure,
  lengthOf,
  type Span,
  within,
  without,
} from '../../core/status-page-days.ts';
import type { Watched } from '../../pipeline/bound.ts';
import { measuredTime } from '../../pipeline/measured-time.ts';
import type { SampleStore } from '../../store/samples/index.ts';

/** Late samples of a day may come within this time of its end. */
const settledAfterMs = 2 * 3_600_000;
const utcDayMs = 86_400_000;

export interface DayMeasurer {
  /** In the order of the days; `excluded` in order and without overlap. */
  target(
    watched: Watched,
    days: readonly Day[],
    now: number,
    excluded: readonly Span[],
  ): Promise<DayMeasure[]>;
}

export function createDayMeasurer(samples: Pick<SampleStore, 'covered' | 'aggregate'>): DayMeasurer {
  const kept = new Map<string, DayMeasure>();

  async function measure(watched: Watched, spans: readonly Span[]): Promise<DayMeasure> {
    const { measuredMs, badMs } = await measuredTime(samples, watched, spans);
    return { countedMs: lengthOf(spans), measuredMs, upMs: measuredMs - badMs };
  }

  return {
    async target(watched, days, now, excluded) {
      const { name } = watched.settings;
      const measured: DayMeasure[] = [];
      const unknown = days.filter((day) => !kept.has(`${name} ${day.from} ${day.to}`));
      const hasData = await daysWithData(samples, watched, unknown, now);
      for (const day of days) {
        const past = { from: day.from, to: Math.min(day.to, now) };
        const spans = without(past, within(past, excluded));
        // A window planned or cancelled later changes what counts.
        const key = `${name} ${day.from} ${day.to}`;
        const counted = lengthOf(spans);
        const known = kept.get(key);
        if (known && known.countedMs === counted) {
          measured.push(known);
          continue;
        }
        const fresh = hasData(day)
          ? await measure(watched, spans)
          : { countedMs: counted, measuredMs: 0, upMs: 0 };
        if (day.to + settledAfterMs < now) kept.set(key, fresh);
        measured.push(fresh);
      }
      forgetBefore(days[0]?.from ?? 0);
      return measured;
    },
  };

  function forgetBefore(from: number) {
    for (const key of kept.keys()) if (Number(key.split(' ')[1]) < from) kept.delete(key);
  }
}

/** One question for all days, so that a page of a new Upkeep does not ask about three months of nothing. */
async function daysWithData(
  samples: Pick<SampleStore, 'aggregate'>,
  watched: Watched,
  days: readonly Day[],
  now: number,
): Promise<(day: Day) => boolean> {
  const [first] = days;
  if (!first || days.length < 3) return () => true;
  const found = await samples.aggregate({ ...upOf(watched), from: first.from, to: now, stepMs: utcDayMs });
  const slots = new Set(
    found.flatMap(({ at, avg }) => at.filter((_, index) => (avg[index] ?? null) !== null)),
  );
  return (day) => {
    for (let slot = Math.floor(day.from / utcDayMs) * utcDayMs; slot < day.to; slot += utcDayMs)
      if (slots.has(slot)) return true;
    return false;
  };
}

function upOf({ settings }: Watched) {
  return { target: settings.name, metric: `${settings.system}.up` };
}
