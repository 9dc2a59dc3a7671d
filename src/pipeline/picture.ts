/** What is known at this moment, in memory: newest values, last outcome of each check, the recent strip. */
import { hintOf, hintOfPassing } from '../core/guess.ts';
import type { Labels, Missing, Reading } from '../core/sample.ts';
import { labelKey, metricNamed } from '../core/sample.ts';
import { type Answer, stretch } from '../core/symptom.ts';
import type { CheckView } from '../core/view.ts';
import type { Observation } from './observe.ts';

export interface LatestValue {
  readonly labels: Labels;
  readonly value: number;
  readonly at: number;
}

/** Changed in place: with thousands of checks, a new object for each value is what fills the heap. */
type Kept = { -readonly [Key in keyof LatestValue]: LatestValue[Key] };

const recentLength = 40;
const latencySamples = 120;

interface TargetPicture {
  /** metric -> label key -> newest value */
  readonly latest: Map<string, Map<string, Kept>>;
  readonly checks: Map<string, CheckView>;
  readonly recent: (1 | 0 | null)[];
  /** Seconds that good checks of liveness took, oldest first; the last few of them with their times. */
  readonly latencies: number[];
  /** When each of them came; numbers beside numbers, as objects of both would take more. */
  readonly latencyTimes: number[];
  readonly answers: Answer[];
  detail: string;
  lastAt: number | null;
  latency: number | null;
  up: 1 | 0 | null;
  /** What is said of a target that is still a guess (`core/guess.ts`); null of one that is none. */
  hint: string | null;
  hasAnswered: boolean;
}

export interface Picture {
  record(observation: Observation, readings: readonly Reading[], up: 1 | 0 | null): void;
  target(name: string): TargetPicture;
  latest(target: string, metric: string): LatestValue[];
  /** Names of the metrics that a target has shown. */
  metrics(target: string): readonly string[];
  /** Value of one series, or the only one of its metric; null when unknown. */
  value(target: string, metric: string, labels?: Labels): number | null;
  forget(keep: ReadonlySet<string>): void;
}

export function createPicture(): Picture {
  const targets = new Map<string, TargetPicture>();

  function target(name: string): TargetPicture {
    const known = targets.get(name);
    if (known) return known;
    const fresh: TargetPicture = {
      latest: new Map(),
      checks: new Map(),
      recent: [],
      latencies: [],
      latencyTimes: [],
      answers: [],
      detail: 'not checked yet',
      lastAt: null,
      latency: null,
      up: null,
      hint: null,
      hasAnswered: false,
    };
    targets.set(name, fresh);
    return fresh;
  }

  return {
    target,
    record(observation, readings, up) {
      const { check, outcome, at, tookMs } = observation;
      const picture = target(check.target.name);
      picture.checks.set(check.probe.id, checkView(observation));
      for (const reading of readings) keep(picture, reading, at);
      forgetEndedSeries(picture, observation);
      if (!check.probe.liveness) return;
      picture.lastAt = at;
      picture.up = up;
      const hint = check.target.isGuess && !picture.hasAnswered ? hintOf(outcome) : null;
      picture.hasAnswered ||= hint === null;
      picture.hint = hint ?? (check.target.isPassing ? hintOfPassing(outcome) : null);
      picture.detail = outcome.ok ? (outcome.detail ?? 'up') : outcome.detail;
      picture.latency = outcome.ok ? tookMs / 1_000 : null;
      picture.recent.push(up);
      if (picture.recent.length > recentLength) picture.recent.shift();
      if (!outcome.ok) return;
      picture.latencies.push(tookMs / 1_000);
      picture.latencyTimes.push(at);
      if (picture.latencies.length > latencySamples) {
        picture.latencies.shift();
        picture.latencyTimes.shift();
      }
      picture.answers.push({ at, ms: tookMs });
      if (picture.answers.length > stretch) picture.answers.shift();
    },
    latest: (name, metric) =>
      [...(targets.get(name)?.latest.get(metric)?.values() ?? [])].map((kept) => ({ ...kept })),
    metrics: (name) => [...(targets.get(name)?.latest.keys() ?? [])],
    value(name, metric, labels) {
      const series = targets.get(name)?.latest.get(metric);
      if (!series) return null;
      const exact = series.get(labelKey(labels));
      if (exact) return exact.value;
      const unlabelled = series.get('');
      return unlabelled ? unlabelled.value : null;
    },
    forget(keep) {
      for (const name of targets.keys()) if (!keep.has(name)) targets.delete(name);
    },
  };
}

const noLabels: Labels = {};

function keep(picture: TargetPicture, { metric, labels, value }: Reading, at: number): void {
  let series = picture.latest.get(metric);
  if (!series) {
    series = new Map();
    picture.latest.set(metric, series);
  }
  const key = labelKey(labels);
  const known = series.get(key);
  if (known) {
    known.value = value;
    known.at = at;
  } else series.set(key, { labels: labels ?? noLabels, value, at });
}

/** A series that a probe no longer reports although it saw everything is over: a disk unmounted, a role gone. */
function forgetEndedSeries(picture: TargetPicture, { check, outcome, at }: Observation): void {
  if (!outcome.ok) return;
  for (const [metric, series] of picture.latest) {
    if (!metricNamed(check.probe.metrics, metric) || isMissing(metric, outcome.missing)) continue;
    for (const [key, kept] of series) if (kept.at !== at) series.delete(key);
  }
}

export function isMissing(metric: string, missing: readonly Missing[] | undefined): boolean {
  return missing?.some((entry) => entry.metrics.includes(metric) || entry.metrics.includes('*')) ?? false;
}

function checkView({ check, outcome, at, tookMs }: Observation): CheckView {
  const missing = outcome.ok ? (outcome.missing ?? []) : [];
  const isBlind = missing.some(({ metrics }) => metrics.includes('*'));
  return {
    probe: check.probe.id,
    everyMs: check.everyMs,
    lastAt: at,
    lastMs: Math.round(tookMs * 10) / 10,
    ok: outcome.ok,
    why: outcome.ok ? null : outcome.why,
    detail: outcome.detail ?? (isBlind ? 'unknown' : missing.length > 0 ? 'unknown in part' : 'ok'),
    missing,
  };
}
