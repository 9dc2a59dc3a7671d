/**
 * The sample store: every measured value, compressed, in one SQLite file or in PostgreSQL.
 *
 * - Times are whole epoch milliseconds (others are rounded), spans are inclusive at both ends unless said.
 * - A sample is accepted while it is newer than the sealed end of its series; about the newest 16 samples of a
 *   steady series are unsealed at any time. Of equal times the one that came last stays. Older ones are rejected
 *   and counted, as are samples of new series past `maxSeries`.
 * - A stored blob that cannot be read fails no question: it is left out and counted in `stats().damaged`.
 * - Questions see every append that was called before them, also those not yet durable.
 */
import { dirname } from 'node:path';
import type { Labels, Sample } from '../../core/sample.ts';
import { type Clock, formatDuration } from '../../core/time.ts';
import type { SeriesView } from '../../core/view.ts';
import { makePrivateFile, makePrivateFolder } from '../private-files.ts';
import type { CoveredStep } from './coverage.ts';
import { Intake } from './intake.ts';
import type { Location, SampleStats } from './protocol.ts';
import { WorkerLink } from './worker-link.ts';

export type { CoveredStep } from './coverage.ts';
export type { Location, SampleStats } from './protocol.ts';

export interface SampleStore {
  /**
   * Durable when resolved; one call is never split over two transactions. Small calls at the same time share
   * one, so it may take `pauseMs`: nothing that must be quick should wait for it. Rejects when the engine fails
   * (disk full, connection lost); then none of the call's samples are kept.
   */
  append(samples: readonly Sample[]): Promise<void>;
  /** Raw samples, oldest first; series that have all of `labels`. */
  range(q: SampleSpan): Promise<{ labels: Labels; at: number[]; values: number[] }[]>;
  /**
   * Buckets that touch [from, to), aligned to multiples of the step; the first is whole. Raw samples or rollups
   * by step and age; quantiles from rollups are within 1 %. `counter` gives rates per second, resets handled.
   * Throws for more than 11,000 buckets.
   */
  aggregate(q: SampleSpan & { stepMs: number; counter?: boolean }): Promise<SeriesView[]>;
  /** Exact while raw samples are kept, within 1 % beyond; the first rollup may begin up to an hour before `from`. */
  quantiles(
    q: SampleSpan & { quantiles: readonly number[] },
  ): Promise<{ labels: Labels; count: number; mean: number; values: number[] }[]>;
  /**
   * The time in [from, to) that samples stand for: gaps are gaps, and each sample counts with the interval it had then
   * (`coverage.ts`). `usualMs` is taken where too few samples stand together to tell theirs. With `stepMs` also step by step.
   */
  covered(
    q: SampleSpan & { usualMs: number; stepMs?: number },
  ): Promise<
    { labels: Labels; count: number; measuredMs: number; heldMs: number; steps: readonly CoveredStep[] }[]
  >;
  /** The newest sample of each series, however old. */
  latest(q?: {
    target?: string;
  }): Promise<{ target: string; metric: string; labels: Labels; at: number; value: number }[]>;
  /** Makes the hourly rollups of days that are over and deletes what is past its retention. Call it hourly. */
  prune(now: number): Promise<{ chunks: number; rollups: number }>;
  stats(): Promise<SampleStats>;
  /** What was appended is durable before it resolves. */
  close(): Promise<void>;
}

export interface SampleSpan {
  target: string;
  metric: string;
  labels?: Labels;
  from: number;
  to: number;
}

export interface SampleStoreOptions {
  readonly rawMs: number;
  readonly rollupMs: number;
  readonly maxSeries?: number;
  readonly clock: Clock;
  /**
   * Least time between two transactions while few samples come in, 100 by default. Every transaction writes at
   * least 8 KB and waits for the disk, so at hundreds of checks a second this is what keeps the disk quiet. 0 for none.
   */
  readonly pauseMs?: number;
  /**
   * Samples that may come in while something waits for a rest to be sealed, a million (16 MB) by default; after that
   * appends do the sealing.
   */
  readonly mostPutOff?: number;
  /**
   * For commands that look: reads beside the Upkeep that writes, makes and changes nothing, and keeps what is appended
   * in memory until it is closed.
   */
  readonly shared?: boolean;
  /** Told when series are refused, at first and then at most once an hour. */
  readonly warn?: (message: string) => void;
}

const defaultMaxSeries = 20_000;
const defaultPauseMs = 100;
const warnEveryMs = 3_600_000;

/** @throws StoreRefusal when the place is in use, cannot be opened, or was written by a newer Upkeep */
export async function openSampleStore(location: Location, options: SampleStoreOptions): Promise<SampleStore> {
  const { rawMs, rollupMs, clock, maxSeries = defaultMaxSeries, pauseMs = defaultPauseMs } = options;
  const { shared = false } = options;
  if (location.kind === 'sqlite' && !shared) prepare(location.file);
  const link = new WorkerLink({
    location,
    retention: { rawMs, rollupMs: Math.max(rawMs, rollupMs) },
    maxSeries,
    shared,
    ...(options.mostPutOff === undefined ? {} : { mostPutOff: options.mostPutOff }),
  });
  const intake = new Intake(link, clock, pauseMs, warnOfLimit(options, maxSeries));
  try {
    await link.call('open', {});
  } catch (error) {
    await link.terminate();
    throw error;
  }
  /** Whatever waits is sent first; the worker takes messages in order. */
  const ask: WorkerLink['call'] = (name, question) => {
    intake.send();
    return link.call(name, question);
  };
  let closing: Promise<void> | undefined;
  return {
    append: (samples) =>
      closing ? Promise.reject(new Error('the sample store is closed')) : intake.append(samples),
    async range(span) {
      const found = await ask('range', { span });
      return found.map(({ labels, points }) => ({
        labels,
        at: Array.from(points.at),
        values: Array.from(points.values),
      }));
    },
    aggregate: (span) => ask('aggregate', { span, now: clock.now() }),
    quantiles: (span) => ask('quantiles', { span, now: clock.now() }),
    covered: (span) => ask('covered', { span, now: clock.now() }),
    latest: (question) => ask('latest', { target: question?.target }),
    async prune(now) {
      const { chunks, rollups, unlisted } = await ask('prune', { now });
      if (unlisted.length > 0) {
        intake.send();
        intake.forget(unlisted);
        await link.call('forget', { handles: unlisted });
      }
      return { chunks, rollups };
    },
    async stats() {
      const stats = await ask('stats', {});
      return { ...stats, rejected: stats.rejected + intake.untimed };
    },
    close() {
      closing ??= ask('close', {}).then(
        () => link.terminate(),
        async (error: unknown) => {
          await link.terminate();
          throw error;
        },
      );
      return closing;
    },
  };
}

/** Made here for the owner alone; what cannot be made is told by the opening, in its words. */
function prepare(file: string): void {
  try {
    makePrivateFolder(dirname(file));
    makePrivateFile(file);
  } catch {}
}

function warnOfLimit({ clock, warn }: SampleStoreOptions, maxSeries: number) {
  let quietUntil = Number.NEGATIVE_INFINITY;
  let refusedSince = 0;
  return (refused: number) => {
    refusedSince += refused;
    const now = clock.now();
    if (!warn || now < quietUntil) return;
    quietUntil = now + warnEveryMs;
    warn(
      `the sample store holds its limit of ${maxSeries} series; samples of ${refusedSince} more were rejected: look for a label with ever new values, or raise the limit (told again in ${formatDuration(warnEveryMs)})`,
    );
    refusedSince = 0;
  };
}
