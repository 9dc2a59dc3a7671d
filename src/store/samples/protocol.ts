/** What the intake and the store's worker thread say to each other. */
import type { Labels } from '../../core/sample.ts';
import type { SeriesView } from '../../core/view.ts';
import type { Pruned } from './pruning.ts';
import type { CoverAnswer, CoverQuestion, Span } from './reading.ts';
import type { Retention } from './sources.ts';
import type { Batch } from './writing.ts';

export type Location =
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres'; readonly url: string };

export interface WorkerOptions {
  readonly location: Location;
  readonly retention: Retention;
  readonly maxSeries: number;
  readonly mostPutOff?: number;
  /** What is stored is read beside the process that writes; what is appended goes with this one. */
  readonly shared: boolean;
}

export interface Calls {
  open: { ask: Record<never, never>; answer: { series: number } };
  append: {
    ask: { batch: Batch; now: number };
    /** `isRipe`: there is something to seal, once nothing comes in. */
    answer: { refused: number[]; series: number; columns: ArrayBuffer; isRipe: boolean };
  };
  /** Until the next append; says whether there is more. */
  seal: { ask: { now: number }; answer: { isRipe: boolean } };
  forget: { ask: { handles: readonly number[] }; answer: null };
  range: {
    ask: { span: Span };
    answer: { labels: Labels; points: { at: Float64Array; values: Float64Array } }[];
  };
  aggregate: {
    ask: { span: Span & { stepMs: number; counter?: boolean }; now: number };
    answer: SeriesView[];
  };
  quantiles: {
    ask: { span: Span & { quantiles: readonly number[] }; now: number };
    answer: { labels: Labels; count: number; mean: number; values: number[] }[];
  };
  covered: { ask: { span: CoverQuestion; now: number }; answer: CoverAnswer[] };
  latest: {
    ask: { target: string | undefined };
    answer: { target: string; metric: string; labels: Labels; at: number; value: number }[];
  };
  prune: { ask: { now: number }; answer: Pruned };
  stats: { ask: Record<never, never>; answer: SampleStats };
  close: { ask: Record<never, never>; answer: null };
}

export interface SampleStats {
  readonly series: number;
  /** Raw samples, sealed and not. */
  readonly samples: number;
  /** Of these, in chunks. */
  readonly sealed: number;
  /** On disk, write-ahead log included. */
  readonly bytes: number;
  /** Since the start: late, past the limit of series, or with a time that is none. */
  readonly rejected: number;
  readonly late: number;
  readonly overLimit: number;
  /** Chunks, rollups and journal rows that could not be read since the start. */
  readonly damaged: number;
}

export type Name = keyof Calls;
export type Request = {
  [N in Name]: { readonly id: number; readonly name: N; readonly ask: Calls[N]['ask'] };
}[Name];
export type Reply =
  | { readonly id: number; readonly answer: Calls[Name]['answer'] }
  /** `refusal` names the class of a StoreRefusal. */
  | { readonly id: number; readonly failed: string; readonly refusal: string };
