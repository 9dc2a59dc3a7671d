/**
 * Small numbers for series, found from the samples themselves.
 * Probes report in the same order every time, so the series that followed the last one before is tried first;
 * that spares building and hashing a key for every sample.
 */
import type { Labels, Sample } from '../../core/sample.ts';
import type { Definition } from './bindings.ts';

interface Known extends Definition {
  readonly names: readonly string[];
  readonly values: readonly string[];
  readonly forget: () => void;
}

type Metric = Map<string, number>;

export class Handles {
  private readonly targets = new Map<string, Map<string, Metric>>();
  private readonly known: (Known | undefined)[] = [undefined];
  private followers = new Uint32Array(1024);
  private previous = 0;
  private readonly free: number[] = [];
  private freed: number[] = [];
  /** Series named since the last `takeDefinitions`. */
  private definitions: Definition[] = [];

  of(sample: Sample): number {
    const guess = this.followers[this.previous] ?? 0;
    const known = this.known[guess];
    if (known && isOf(known, sample)) {
      this.previous = guess;
      return guess;
    }
    const handle = this.find(sample);
    this.followers[this.previous] = handle;
    this.previous = handle;
    return handle;
  }

  private find({ target, metric, labels }: Sample): number {
    let metrics = this.targets.get(target);
    if (!metrics) {
      metrics = new Map();
      this.targets.set(target, metrics);
    }
    let series = metrics.get(metric);
    if (!series) {
      series = new Map();
      metrics.set(metric, series);
    }
    const key = quickKey(labels);
    return series.get(key) ?? this.define(target, metric, labels, series, key);
  }

  private define(
    target: string,
    metric: string,
    labels: Labels | undefined,
    series: Metric,
    key: string,
  ): number {
    const handle = this.free.pop() ?? this.known.length;
    if (handle >= this.followers.length) {
      const wider = new Uint32Array(this.followers.length * 2);
      wider.set(this.followers);
      this.followers = wider;
    }
    const names = Object.keys(labels ?? {});
    const values = names.map((name) => labels?.[name] ?? '');
    this.known[handle] = { handle, target, metric, labels, names, values, forget: () => series.delete(key) };
    this.definitions.push({ handle, target, metric, labels: labels && { ...labels } });
    series.set(key, handle);
    return handle;
  }

  /** Definitions of what is sent now. Handles that were dropped before may name other series from here on. */
  takeDefinitions(): Definition[] {
    const { definitions } = this;
    this.definitions = [];
    this.free.push(...this.freed);
    this.freed = [];
    return definitions;
  }

  /** The worker no longer knows these; the next sample of such a series defines it anew. */
  forget(handles: readonly number[]): void {
    for (const handle of handles) {
      const known = this.known[handle];
      if (!known) continue;
      known.forget();
      this.known[handle] = undefined;
      this.freed.push(handle);
    }
  }
}

function isOf({ target, metric, names, values }: Known, sample: Sample): boolean {
  if (sample.metric !== metric || sample.target !== target) return false;
  const { labels } = sample;
  if (labels === undefined) return names.length === 0;
  let seen = 0;
  for (const name in labels) {
    if (names[seen] !== name || values[seen] !== labels[name]) return false;
    seen++;
  }
  return seen === names.length;
}

/** Tells label sets apart without sorting; the same set in another order is joined again by the worker. */
function quickKey(labels: Labels | undefined): string {
  let key = '';
  for (const name in labels) key += `${name}\u0001${labels[name]}\u0002`;
  return key;
}
