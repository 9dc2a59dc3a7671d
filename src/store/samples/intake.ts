/**
 * Samples on their way to the worker: objects become columns, and appends that wait at the same time become one
 * transaction.
 */
import type { Sample } from '../../core/sample.ts';
import type { Clock } from '../../core/time.ts';
import { exactLimit } from './bytes.ts';
import { Handles } from './handles.ts';
import type { WorkerLink } from './worker-link.ts';

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

export class Intake {
  private readonly link: WorkerLink;
  private readonly clock: Clock;
  private readonly pauseMs: number;
  private readonly onRefused: (refused: number, series: number) => void;
  private readonly known = new Handles();
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
    this.handles[index] = this.known.of(sample);
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

  /** Series that the worker has let go of. */
  forget(handles: readonly number[]): void {
    this.known.forget(handles);
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
    const { promised } = this;
    const batch = { definitions: this.known.takeDefinitions(), count: this.length, columns: this.columns() };
    this.promised = [];
    this.length = 0;
    this.inFlight++;
    this.lastSent = this.clock.monotonic();
    this.link
      .call('append', { batch, now: this.clock.now() }, [batch.columns])
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

  private columns(): ArrayBuffer {
    const { length } = this;
    const columns = new ArrayBuffer(length * 20);
    new Float64Array(columns, 0, length).set(this.at.subarray(0, length));
    new Float64Array(columns, length * 8, length).set(this.values.subarray(0, length));
    new Uint32Array(columns, length * 16, length).set(this.handles.subarray(0, length));
    return columns;
  }
}
