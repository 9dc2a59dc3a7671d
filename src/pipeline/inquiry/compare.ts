/** Compares every stored series of some targets with its own past: what moved, and when. */
import { medianOf } from '../../core/forecast/robust-slope.ts';
import { isComparable, kindOfMetric } from '../../core/inquiry/metric-kind.ts';
import type { MovedMetric } from '../../core/inquiry/moved.ts';
import { isSteady } from '../../core/inquiry/steady.ts';
import { findShift, hourlyOf, type Point } from '../../core/onset/shift.ts';
import { type Metric, metricNamed, type Unit } from '../../core/sample.ts';
import type { Clock } from '../../core/time.ts';
import type { SeriesView } from '../../core/view.ts';
import type { SampleStore } from '../../store/samples/index.ts';
import type { Estate, Watched } from '../bound.ts';

export interface ComparedSpan {
  /** Only what began from here on counts, epoch milliseconds. */
  readonly from: number;
  readonly to: number;
}

/** A series that stayed as it was. */
export interface SteadyMetric extends Pick<MovedMetric, 'target' | 'metric' | 'labels' | 'unit' | 'kind'> {
  /** Median. */
  readonly value: number;
}

export interface Compared {
  readonly moved: readonly MovedMetric[];
  readonly steady: readonly SteadyMetric[];
  /** How many series were looked at, and how exactly an onset is known. */
  readonly series: number;
  readonly stepMs: number;
  /** Of each target, when the oldest value was taken that was there to compare with; none where nothing was stored. */
  readonly oldest: ReadonlyMap<string, number>;
  /** True where the time was up before all was compared. */
  readonly isPartial: boolean;
}

interface Sources {
  readonly clock: Clock;
  readonly samples: Pick<SampleStore, 'aggregate' | 'latest' | 'range'>;
  readonly estate: Estate;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const steps = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 240].map((minutes) => minutes * minuteMs);
const wantedSteps = 300;
/** With what came before, as long as what was asked about and never less than this. */
const leastPastMs = 2 * hourMs;
const shapeSpanMs = 8 * 24 * hourMs;
const shapeStepMs = 30 * minuteMs;
const mostSeriesOfMetric = 20;
const atOnce = 16;
const withinMs = 10_000;

export async function compare(
  sources: Sources,
  targets: readonly string[],
  span: ComparedSpan,
): Promise<Compared> {
  const { clock, estate, samples } = sources;
  const window = windowOf(span);
  const stopAt = clock.monotonic() + withinMs;
  const work: Job[] = [];
  for (const target of targets) {
    const watched = estate.targets.get(target);
    // What is stored, not what is seen now: of a target that is down nothing is.
    const stored = watched ? await samples.latest({ target }) : [];
    for (const metric of new Set(stored.map((one) => one.metric))) {
      const job = watched && jobOf(watched, metric);
      if (job) work.push(job);
    }
  }
  const moved: MovedMetric[] = [];
  const steady: SteadyMetric[] = [];
  const oldest = new Map<string, OldestBucket>();
  let [series, done] = [0, 0];
  while (done < work.length && clock.monotonic() < stopAt) {
    const part = work.slice(done, done + atOnce);
    done += part.length;
    for (const found of await Promise.all(part.map((job) => movedIn(sources, job, window)))) {
      series += found.series;
      const known = oldest.get(found.target);
      if (found.oldest && (!known || found.oldest.at < known.at)) oldest.set(found.target, found.oldest);
      moved.push(...found.moved);
      steady.push(...found.steady);
    }
  }
  return {
    ...{ moved, steady, series, stepMs: window.stepMs, isPartial: done < work.length },
    oldest: await momentsOf(oldest, sources, window.stepMs),
  };
}

/** The first bucket with a value. */
interface OldestBucket {
  readonly at: number;
  readonly metric: string;
}

/** A bucket begins before its first value: in a long span by hours. */
async function momentsOf(
  oldest: ReadonlyMap<string, OldestBucket>,
  { samples }: Sources,
  stepMs: number,
): Promise<ReadonlyMap<string, number>> {
  const moments = [...oldest].map(async ([target, { at, metric }]): Promise<[string, number]> => {
    const found = await samples.range({ target, metric, from: at, to: at + stepMs });
    const [first] = found.flatMap((one) => one.at[0] ?? []).sort((a, b) => a - b);
    return [target, first ?? at];
  });
  return new Map(await Promise.all(moments));
}

interface Window extends ComparedSpan {
  readonly begin: number;
  readonly stepMs: number;
}

function windowOf({ from, to }: ComparedSpan): Window {
  const begin = from - Math.max(to - from, leastPastMs);
  const stepMs = steps.find((step) => (to - begin) / step <= wantedSteps) ?? 24 * hourMs;
  // People remember roughly: what began a little before counts too.
  return { from: from - Math.max(2 * stepMs, (to - from) / 4), to, begin, stepMs };
}

interface Job {
  readonly target: string;
  readonly name: string;
  readonly metric: Metric;
}

function jobOf({ settings, metrics }: Watched, name: string): Job | undefined {
  const metric = metricNamed(metrics, name) ?? livenessMetric(name);
  return metric && isComparable(name, metric) ? { target: settings.name, name, metric } : undefined;
}

/** Made by the pipeline for every target. */
function livenessMetric(name: string): Metric | undefined {
  return name.endsWith('.up') ? { summary: 'Whether it is up', unit: 'state', kind: 'gauge' } : undefined;
}

async function movedIn({ samples }: Sources, { target, name, metric }: Job, window: Window) {
  const counter = metric.kind === 'counter';
  const unit: Unit = counter && metric.unit === 'count' ? 'per-second' : metric.unit;
  const ask = (from: number, stepMs: number, labels?: SeriesView['labels']) =>
    samples.aggregate({
      target,
      metric: name,
      from,
      to: window.to,
      stepMs,
      counter,
      ...(labels ? { labels } : {}),
    });
  const found = (await ask(window.begin, window.stepMs)).slice(0, mostSeriesOfMetric);
  const kind = kindOfMetric(name, metric);
  const moved: MovedMetric[] = [];
  const steady: SteadyMetric[] = [];
  let oldest: OldestBucket | null = null;
  for (const one of found) {
    const points = pointsOf(one);
    const first = points.find(({ value }) => value !== null);
    if (first && (oldest === null || first.at < oldest.at)) oldest = { at: first.at, metric: name };
    const settings = { unit, notBefore: window.from };
    const about = { target, metric: name, labels: one.labels, unit, kind };
    // The shape of a day costs another question: it is asked where there is something to doubt.
    const isDoubtful = findShift(points, settings) !== null;
    const past = isDoubtful
      ? (await ask(window.to - shapeSpanMs, shapeStepMs, one.labels)).find((other) =>
          isSame(other.labels, one.labels),
        )
      : undefined;
    const hourly = past && hourlyOf(pointsOf(past));
    const shift = isDoubtful ? findShift(points, { ...settings, hourly }) : null;
    if (shift) moved.push({ ...shift, ...about, summary: metric.summary });
    else if (isSteady(points, unit)) steady.push({ ...about, value: middleOf(points) });
  }
  return { target, moved, steady, series: found.length, oldest };
}

const fineStepMs = 15_000;

/** When exactly a shift began: the first of its values, and how long before it the last of the others was taken. */
export async function exactOnset(
  { samples, estate }: Sources,
  shift: MovedMetric,
  stepMs: number,
): Promise<{ readonly onset: number; readonly exactToMs: number }> {
  const asKnown = { onset: shift.onset, exactToMs: stepMs };
  const watched = estate.targets.get(shift.target);
  const job = watched && jobOf(watched, shift.metric);
  if (!job || stepMs <= fineStepMs) return asKnown;
  const { target, metric, labels, onset, before, after } = shift;
  const found = await samples.aggregate({
    ...{ target, metric, labels, from: onset - stepMs, to: onset + 2 * stepMs },
    ...{ stepMs: fineStepMs, counter: job.metric.kind === 'counter' },
  });
  const view = found.find((one) => isSame(one.labels, labels));
  const points = (view ? pointsOf(view) : []).flatMap(({ at, value }) =>
    value === null ? [] : [{ at, value }],
  );
  const hasMoved = (value: number) => (value - (before + after) / 2) * Math.sign(after - before) > 0;
  const first = points.findIndex((_, index) => {
    const next = points.slice(index, index + 3);
    return (
      hasMoved(next[0]?.value ?? before) &&
      next.filter(({ value }) => hasMoved(value)).length * 2 > next.length
    );
  });
  const [last, moved] = [points[first - 1], points[first]];
  if (!last || !moved) return asKnown;
  return { onset: moved.at, exactToMs: Math.min(stepMs, moved.at - last.at) };
}

function pointsOf({ at, avg }: SeriesView): Point[] {
  return at.map((moment, index) => ({ at: moment, value: avg[index] ?? null }));
}

function middleOf(points: readonly Point[]): number {
  return medianOf(points.flatMap(({ value }) => value ?? []).sort((a, b) => a - b));
}

function isSame(a: SeriesView['labels'], b: SeriesView['labels']): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
