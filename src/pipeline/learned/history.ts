/** What the sample store kept of a metric, in the order of time, as memories learn it. */
import type { Labels } from '../../core/sample.ts';
import type { SampleStore } from '../../store/samples/index.ts';

export interface Kept {
  readonly labels: Labels;
  readonly points: readonly { readonly at: number; readonly value: number }[];
}

export interface HistorySpan {
  readonly target: string;
  readonly metric: string;
  readonly labels?: Labels;
  readonly from: number;
  readonly to: number;
  readonly stepMs: number;
  /** As rates per second. */
  readonly counter: boolean;
  /** Which value stands for a step; the mean where left out. */
  readonly pick?: 'max' | 'min';
}

export type History = (span: HistorySpan) => Promise<readonly Kept[]>;

/** The sample store answers at most 11,000 steps. */
const mostSteps = 10_000;

export function historyOf(samples: Pick<SampleStore, 'aggregate'>): History {
  return async ({ pick, ...span }) => {
    const stepMs = Math.max(span.stepMs, Math.ceil((span.to - span.from) / mostSteps));
    const found = await samples.aggregate({ ...span, stepMs });
    return found.map(({ labels, at, min, max, avg }) => {
      const picked = pick === 'max' ? max : pick === 'min' ? min : avg;
      const points = at.flatMap((time, i) => {
        const value = picked[i];
        return value === null || value === undefined ? [] : [{ at: time, value }];
      });
      return { labels, points };
    });
  };
}

export const noHistory: History = async () => [];
