/**
 * Samples on their way to the worker: objects become columns, and appends that wait at the same time become one
 * transaction.
 */
import type { Labels, Sample } from '../../core/sample.ts';
import type { Clock } from '../../core/time.ts';
import { exactLimit } from './bytes.ts';
import type { WorkerLink } from './worker-link.ts';
import type { Definition } from './writing.ts';

/** Waiting samples that are sent whatever the pause says. */
const fullBatch = 2_000;
/** One batch is worked on while the next is on its way. */
const mostInFlight = 2;
/** About 100 MB; more can only wait when the disk or the database has stopped. */
const mostWaiting = 4_000_000;

interface Promised {
  resolve(): void;
  reject(error: Error): void;
}

interface MetricHandles {
  bare: number | undefined;
  readonly labelled: Map<string, number>;
}

export class Intake {
  private readonly link: WorkerLink;
  private readonly clock: Clock;
  private readonly pauseMs: number;
  private readonly onRefused: (refused: number, series: number) => void;
  private readonly targets = new Map<string, Map<string, MetricHandles>>();
  private readonly places = new Map<number, { metric: MetricHandles; key: string | undefined }>();
  private nextHandle = 1;
  private definitions: Definition[] = [];
  private handles = new Uint32Array(4_096);
  private at = new Float64Array(4_096);
  private values = new Float64Array(4_096);
  private length = 0;
  private promised: Promised[] = [];
  private inFlight = 0;
  private isPlanned = false;
  private lastSent = Number.NEGATIVE_INFINITY;
  private cancelPause: (() => void) | undefined;
  /** Samples whose time is no whole number of milliseconds within 2^51 of the epoch. */
  untimed = 0;

  constructor(
    link: WorkerLink,
    clock: Clock,
    pauseMs: number,
    onRefused: (refused: number, series: number) => void,
  ) {
    this.link = link;
    this.clock = clock;
    this.pauseMs = pauseMs;
    this.onRefused = onRefused;
  }

  append(samples: readonly Sample[]): Promise<void> {
    if (this.length + samples.length > mostWaiting) {
      return Promise.reject(
        new Error(
          `${this.length} samples already wait for the sample store: its disk or database does not keep up`,
        ),
      );
    }
    for (const sample of samples) this.put(sample);
    return new Promise((resolve, reject) => {
      this.promised.push({ resolve, reject });
      this.plan();
    });
  }

  private put(sample: Sample): void {
    const at = Math.round(sample.at);
    if (!(Math.abs(at) <= exactLimit)) {
      this.untimed++;
      return;
    }
    if (this.length === this.handles.length) this.grow();
    const index = this.length++;
    this.handles[index] = this.handleOf(sample);
    this.at[index] = at;
    this.values[index] = sample.value;
  }

  private grow(): void {
    const slots = this.handles.length * 2;
    const { handles, at, values } = this;
    this.handles = new Uint32Array(slots);
    this.at = new Float64Array(slots);
    this.values = new Float64Array(slots);
    this.handles.set(handles);
    this.at.set(at);
    this.values.set(values);
  }

  private handleOf({ target, metric, labels }: Sample): number {
    let metrics = this.targets.get(target);
    if (!metrics) {
      metrics = new Map();
      this.targets.set(target, metrics);
    }
    let place = metrics.get(metric);
    if (!place) {
      place = { bare: undefined, labelled: new Map() };
      metrics.set(metric, place);
    }
    if (labels === undefined) {
      place.bare ??= this.define(target, metric, labels, place, undefined);
      return place.bare;
    }
    const key = quickKey(labels);
    let handle = place.labelled.get(key);
    if (handle === undefined) {
      handle = this.define(target, metric, labels, place, key);
      place.labelled.set(key, handle);
    }
    return handle;
  }

  private define(
    target: string,
    metric: string,
    labels: Labels | undefined,
    place: MetricHandles,
    key: string | undefined,
  ): number {
    const handle = this.nextHandle++;
    this.definitions.push({ handle, target, metric, labels });
    this.places.set(handle, { metric: place, key });
    return handle;
  }

  /** The worker no longer knows these; the next sample of such a series defines it anew. */
  forget(handles: readonly number[]): void {
    for (const handle of handles) {
      const place = this.places.get(handle);
      if (!place) continue;
      this.places.delete(handle);
      if (place.key === undefined) place.metric.bare = undefined;
      else place.metric.labelled.delete(place.key);
    }
  }

  /** Appends of one turn of the event loop go together; after a commit the next waits out the pause. */
  private plan(): void {
    if (this.isPlanned || this.promised.length === 0) return;
    if (this.inFlight >= mostInFlight || (this.inFlight > 0 && this.length < fullBatch)) return;
    this.isPlanned = true;
    queueMicrotask(() => {
      this.isPlanned = false;
      const pause = this.lastSent + this.pauseMs - this.clock.monotonic();
      if (pause <= 0 || this.length >= fullBatch) this.send();
      else this.cancelPause ??= this.clock.after(pause, () => this.send());
    });
  }

  /** Sends what waits, so that a question asked next sees it. */
  send(): void {
    this.cancelPause?.();
    this.cancelPause = undefined;
    if (this.promised.length === 0) return;
    const { promised, definitions, length } = this;
    const handles = this.handles.slice(0, length);
    const at = this.at.slice(0, length);
    const values = this.values.slice(0, length);
    this.promised = [];
    this.definitions = [];
    this.length = 0;
    this.inFlight++;
    this.lastSent = this.clock.monotonic();
    const batch = { definitions, handles, at, values };
    this.link
      .call('append', { batch, now: this.clock.now() }, [handles.buffer, at.buffer, values.buffer])
      .then(
        ({ refused, series }) => {
          if (refused.length > 0) {
            this.forget(refused);
            this.onRefused(refused.length, series);
          }
          for (const { resolve } of promised) resolve();
        },
        (error: Error) => {
          for (const { reject } of promised) reject(error);
        },
      )
      .finally(() => {
        this.inFlight--;
        this.plan();
      });
  }
}

/** Tells label sets apart without sorting; the same set in another order is joined again by the worker. */
function quickKey(labels: Labels): string {
  let key = '';
  for (const name in labels) key += `${name}\u0001${labels[name]}\u0002`;
  return key;
}
