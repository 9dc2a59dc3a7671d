/** Which stored form answers a question: raw samples, 5-minute rollups or hourly ones. */
import { coarseMs, fineMs } from './rollup.ts';

const dayMs = 86_400_000;
/** A store with a year of rollups keeps the 5-minute ones for two months. */
const fineShare = 6;

export interface Retention {
  readonly rawMs: number;
  readonly rollupMs: number;
}

/** Coarse rollups answer before `coarseBefore`, fine ones before `fineBefore`, raw samples from there on. */
export interface Sources {
  readonly coarseBefore: number;
  readonly fineBefore: number;
}

export function fineKeptMs({ rawMs, rollupMs }: Retention): number {
  return Math.min(rollupMs, Math.max(rawMs, rollupMs / fineShare));
}

/**
 * Raw samples as far back as they are kept. Where the step is made of whole rollup buckets and the span is
 * longer than a day, rollups are used all the way: they are exact but for the quantiles (1 %).
 */
export function sourcesFor(
  span: { readonly from: number; readonly to: number; readonly stepMs?: number },
  retention: Retention,
  now: number,
): Sources {
  const { stepMs } = span;
  const isLong = span.to - span.from > dayMs;
  const takesCoarse = stepMs !== undefined && isLong && stepMs % coarseMs === 0;
  const takesFine = stepMs !== undefined && isLong && stepMs % fineMs === 0;
  const rawFrom = Math.ceil((now - retention.rawMs) / fineMs) * fineMs;
  const fineFrom = Math.ceil((now - fineKeptMs(retention)) / coarseMs) * coarseMs;
  return {
    coarseBefore: takesCoarse ? Infinity : fineFrom,
    fineBefore: takesFine ? Infinity : Math.max(rawFrom, fineFrom),
  };
}
