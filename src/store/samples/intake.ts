/**
 * Samples on their way to the worker: objects become columns, and appends that wait at the same time become one
 * transaction.
 */
import type { Sample } from '../../core/sample.ts';
import type { Clock } from '../../core/time.ts';
import { exactLimit } from './bytes.ts';
import { Columns } from './columns.ts';
import { Handles } from './handles.ts';
import type { WorkerLink } from './worker-link.ts';

/** Waiting samples that are sent whatever the pause says. */
const fullBatch = 1_000;
/** Waiting samples that are sent while others are on their way; fewer go together with what comes meanwhile. */
const secondBatch = 2_000;
/** Some wait for the disk together while one is worked on. */
const mostInFlight = 4;
/** Nothing comes in for so long: time to seal. Shorter than the pause between two batches of many checks. */
const restMs = 20;
const fewestSlots = 4_096;
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
  private columns = new Columns(fewestSlots);
  /** Come back from the worker, to be filled again. */
  private readonly spare: ArrayBuffer[] = [];
  private length = 0;
  private promised: Promised[] = [];
  private inFlight = 0;
  private isPlanned = false;
  private lastSent = Number.NEGATIVE_INFINITY;
  private cancelPause: (() => void) | undefined;
  private cancelRest: (() => void) | undefined;
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
    if (this.length === this.columns.slots) this.columns = this.columns.widened();
    const { columns } = this;
    const index = this.length++;
    columns.handles[index] = this.known.of(sample);
    columns.at[index] = at;
    columns.values[index] = sample.value;
  }

  /** Series that the worker has let go of. */
  forget(handles: readonly number[]): void {
    this.known.forget(handles);
  }

  /**
   * Appends of one turn of the event loop go together, unless they are many: the worker then works on the first
   * while the rest is made ready. After a commit the next waits out the pause.
   */
  private plan(): void {
    if (this.promised.length === 0) return;
    if (this.length >= secondBatch && this.inFlight < mostInFlight) {
      this.send();
      return;
    }
    if (this.isPlanned || this.inFlight >= mostInFlight || (this.inFlight > 0 && this.length < secondBatch))
      return;
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
    this.cancelRest?.();
    this.cancelRest = undefined;
    const { promised } = this;
    const definitions = this.known.takeDefinitions();
    const batch = { definitions, count: this.length, columns: this.columns.buffer };
    this.columns = new Columns(fewestSlots, this.spare.pop());
    this.promised = [];
    this.length = 0;
    this.inFlight++;
    this.lastSent = this.clock.monotonic();
    this.link
      .call('append', { batch, now: this.clock.now() }, [batch.columns])
      .then(
        ({ refused, series, columns, isRipe }) => {
          if (isRipe) this.sealAtRest();
          if (this.spare.length < mostInFlight) this.spare.push(columns);
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
  /** Sealing takes the worker's time, so it waits until nobody waits for the worker. */
  private sealAtRest(): void {
    this.cancelRest ??= this.clock.after(restMs, () => {
      this.cancelRest = undefined;
      if (this.inFlight > 0) return;
      this.link.call('seal', { now: this.clock.now() }).then(
        ({ isRipe }) => {
          if (isRipe) this.sealAtRest();
        },
        // Closed meanwhile; its tables keep what is ripe for the next start.
        () => undefined,
      );
    });
  }
}
