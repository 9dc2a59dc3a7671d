/** Measured values and what became of a probe's run. */

import type { Snapshot } from './change.ts';

export type Labels = Readonly<Record<string, string>>;

/** Units follow OpenTelemetry/Prometheus: base units, ratios from 0 to 1. */
export type Unit = 'ratio' | 'seconds' | 'bytes' | 'count' | 'state' | 'per-second';

export interface Metric {
  readonly summary: string;
  readonly unit: Unit;
  /** It never passes this: 1 for a share of a whole. Left out where it may, or nobody knows. */
  readonly atMost?: number;
  /** A counter only grows and is judged by its increase; a gauge is judged as it is. */
  readonly kind: 'gauge' | 'counter';
  /**
   * How long the target took to answer, in seconds: `request` where that is what a user waits for (the latency of
   * services is made of it), `check` where only Upkeep does. One metric of a liveness probe has it.
   */
  readonly latencyOf?: 'request' | 'check';
  /** A counter of what users make the target do; quiet hours are found by it. */
  readonly isTraffic?: true;
}

/** One value as a probe reports it. The metric's name is namespaced: `postgres.connections.used`. */
export interface Reading {
  readonly metric: string;
  readonly value: number;
  readonly labels?: Labels;
  /** What its source says of it, where the words of the rule and the probe say too little. */
  readonly about?: About;
}

/** Text from outside: shown, kept with the alert and sent on, never acted upon. */
export interface About {
  /** The alert's own line: `High error rate on checkout`. */
  readonly summary?: string;
  readonly detail?: string;
  /** Annotations of a foreign alert, the output of a job: all that came, by name. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * The metric of this name. An entry whose name ends in `.*` stands for every metric that begins so: what an
 * application calls its metrics is known only when they come. Of those, names that end in `_total` are counters, as
 * Prometheus and OpenMetrics name them.
 */
export function metricNamed(metrics: Readonly<Record<string, Metric>>, name: string): Metric | undefined {
  if (Object.hasOwn(metrics, name)) return metrics[name];
  for (const pattern in metrics) {
    if (!pattern.endsWith('.*') || !name.startsWith(pattern.slice(0, -1))) continue;
    const metric = metrics[pattern];
    return metric && name.endsWith('_total') ? { ...metric, kind: 'counter' } : metric;
  }
  return undefined;
}

/** A reading with its target and time (epoch milliseconds). */
export interface Sample extends Reading {
  readonly target: string;
  readonly at: number;
}

/** What a probe could not see although the target answered, and how to let it see. */
export interface Missing {
  /** Metrics that are unknown for this reason; `['*']` for all of the probe. */
  readonly metrics: readonly string[];
  readonly reason: string;
  /** The grant, setting or command that would help, ready to copy. */
  readonly remedy: string;
  /** The configuration asks for it by name: without it the target is unknown, however well the rest is. */
  readonly isAskedFor?: true;
}

/**
 * - `unreachable`: no answer on the network (no route, name does not resolve, reset)
 * - `refused`: the machine answered, the port is closed or the server turned us away (connection limit)
 * - `timeout`: no answer in time
 * - `denied`: credentials or certificates were not accepted
 * - `broken-probe`: Upkeep could not run the check; says nothing of the target
 */
export type Failure = 'unreachable' | 'refused' | 'timeout' | 'denied' | 'broken-probe';

/**
 * `ok: true` means the probe ran; the target may still be ill, which its readings say.
 * The liveness probe of a system may report `<kind>.up` itself (an HTTP 503 is an answer, yet down);
 * where it does not, the pipeline adds 1 for an answer and 0 for a failure.
 */
export type Outcome =
  | {
      readonly ok: true;
      readonly readings: readonly Reading[];
      readonly missing?: readonly Missing[];
      /** How things stand that seldom change; what differs from last time becomes a change in the ledger. */
      readonly snapshots?: readonly Snapshot[];
      /** One line for people: `503 Service Unavailable`, `PostgreSQL 15.18, primary`. */
      readonly detail?: string;
    }
  | {
      readonly ok: false;
      readonly why: Failure;
      readonly detail: string;
      readonly readings?: readonly Reading[];
    };

/** One text for a label set, whatever its order; the key of a series within a target. */
export function labelKey(labels: Labels | undefined): string {
  if (labels === undefined) return '';
  const names = Object.keys(labels);
  if (names.length === 0) return '';
  return names
    .sort()
    .map((name) => `${name}=${JSON.stringify(labels[name])}`)
    .join(',');
}

/** The key of a series: target, metric and labels. */
export function seriesKey(target: string, metric: string, labels?: Labels): string {
  return `${target}\u0000${metric}\u0000${labelKey(labels)}`;
}
