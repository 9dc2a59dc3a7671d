/** Availability and latency of targets and services over a day and the day before it. */
import { countedSpans, type MaintenanceWindow } from '../../core/maintenance.ts';
import { lengthOf } from '../../core/status-page-days.ts';
import type { ServiceView, TargetView } from '../../core/view.ts';
import type { Estate, Watched } from '../../pipeline/bound.ts';
import { availabilityOf, measuredTime, type Span } from '../../pipeline/measured-time.ts';
import type { SampleStore } from '../../store/samples/index.ts';
import type { Measured, ServiceDay, TargetDay } from './daily-facts.ts';

const hourMs = 3_600_000;
const quantiles = [0.5, 0.95, 0.99, 1] as const;
export interface Measurer {
  target(view: TargetView): Promise<TargetDay>;
  service(view: ServiceView, targets: readonly TargetDay[]): Promise<ServiceDay>;
}

export function createMeasurer(
  {
    samples,
    estate,
    windows,
  }: {
    readonly samples: Pick<SampleStore, 'quantiles' | 'aggregate' | 'covered'>;
    readonly estate: () => Estate;
    /** Maintenance is in neither availability nor what was to be watched. */
    readonly windows: readonly MaintenanceWindow[];
  },
  today: Span,
): Measurer {
  const length = today.to - today.from;
  const before: Span = { from: today.from - length, to: today.from };

  async function measure(name: string, watched: Watched, span: Span): Promise<Measured> {
    const counted = countedSpans(windows, name, span.from, span.to, estate().topology);
    const time = await measuredTime(samples, watched, counted);
    const latency = latencyMetric(watched);
    const found = latency
      ? await samples.quantiles({ target: name, metric: latency, ...span, to: span.to - 1, quantiles })
      : [];
    const slowest = (index: number) => greatest(found.map(({ values }) => values[index] ?? null));
    return {
      ...time,
      countedMs: lengthOf(counted),
      availability: availabilityOf([time]),
      seen: seenOf(time.measuredMs, lengthOf(counted)),
      ...{ p50: slowest(0), p95: slowest(1), p99: slowest(2), worst: slowest(3) },
    };
  }

  async function hourly(target: string, metric: string, figure: 'avg' | 'p95'): Promise<(number | null)[]> {
    const found = await samples.aggregate({ target, metric, ...today, stepMs: hourMs });
    const slots = [...new Set(found.flatMap((series) => series.at))].sort((a, b) => a - b);
    const values = slots.map((at) =>
      greatest(found.map((series) => series[figure][series.at.indexOf(at)] ?? null)),
    );
    return lastHours(slots, values, today);
  }

  /** Only requests of users make a service's latency, not the round trip to a database behind it. */
  function requestMetric(target: string): string | undefined {
    const watched = estate().targets.get(target);
    const metric = watched && latencyMetric(watched);
    return metric !== undefined && watched?.metrics[metric]?.latencyOf === 'request' ? metric : undefined;
  }

  return {
    async target(view) {
      const { name, system, health, why = null, detail } = view;
      const watched = estate().targets.get(name);
      if (!watched) return { name, system, health, why, detail, today: nothing, before: null, hours: [] };
      const earlier = await measure(name, watched, before);
      return {
        ...{ name, system, health, why, detail },
        today: await measure(name, watched, today),
        before: earlier.availability === null ? null : earlier,
        hours: await hourly(name, `${system}.up`, 'avg'),
      };
    },
    async service(view, targets) {
      const mine = targets.filter((target) => view.targets.includes(target.name));
      const web = mine.filter((target) => requestMetric(target.name) !== undefined);
      const curves = [];
      for (const { name } of web) curves.push(await hourly(name, requestMetric(name) ?? '', 'p95'));
      const earlier = mine.flatMap((target) => (target.before ? [target.before] : []));
      return {
        view,
        today: together(
          mine.map((target) => target.today),
          web.map((target) => target.today),
        ),
        before:
          earlier.length === 0
            ? null
            : together(
                earlier,
                web.flatMap((target) => target.before ?? []),
              ),
        hours: columns(mine.map((target) => target.hours)).map(mean),
        latencyHours: columns(curves).map(greatest),
      };
    },
  };
}

const nothing: Measured = {
  ...{ checks: 0, measuredMs: 0, badMs: 0, countedMs: 0 },
  availability: null,
  seen: 0,
  p50: null,
  p95: null,
  p99: null,
  worst: null,
};

/** A service is as available as its targets together by time, and as slow as the slowest of those that answer requests. */
function together(all: readonly Measured[], web: readonly Measured[]): Measured {
  const sum = (pick: (one: Measured) => number) => all.reduce((total, one) => total + pick(one), 0);
  const time = {
    checks: sum((one) => one.checks),
    measuredMs: sum((one) => one.measuredMs),
    badMs: sum((one) => one.badMs),
    countedMs: sum((one) => one.countedMs),
  };
  return {
    ...time,
    availability: availabilityOf(all),
    seen: seenOf(time.measuredMs, time.countedMs),
    p50: greatest(web.map((one) => one.p50)),
    p95: greatest(web.map((one) => one.p95)),
    p99: greatest(web.map((one) => one.p99)),
    worst: greatest(web.map((one) => one.worst)),
  };
}

function latencyMetric({ metrics }: Watched): string | undefined {
  return Object.keys(metrics).find((name) => metrics[name]?.latencyOf !== undefined);
}

function seenOf(measuredMs: number, countedMs: number): number {
  return countedMs <= 0 ? 0 : Math.min(1, measuredMs / countedMs);
}

/** One value for each hour that the span touches, `null` where nothing was measured. */
function lastHours(slots: readonly number[], values: readonly (number | null)[], span: Span) {
  const first = Math.floor(span.from / hourMs) * hourMs;
  const length = Math.ceil((span.to - first) / hourMs);
  return Array.from({ length }, (_, index) => values[slots.indexOf(first + index * hourMs)] ?? null);
}

function columns(rows: readonly (readonly (number | null)[])[]): (number | null)[][] {
  const length = Math.max(0, ...rows.map((row) => row.length));
  return Array.from({ length }, (_, index) => rows.map((row) => row[index] ?? null));
}

function known(values: readonly (number | null)[]): number[] {
  return values.filter((value) => value !== null && Number.isFinite(value)) as number[];
}

function greatest(values: readonly (number | null)[]): number | null {
  const all = known(values);
  return all.length === 0 ? null : Math.max(...all);
}

function mean(values: readonly (number | null)[]): number | null {
  const all = known(values);
  return all.length === 0 ? null : all.reduce((sum, value) => sum + value, 0) / all.length;
}
