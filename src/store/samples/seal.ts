/** A head's samples as a chunk and its rollups. Pure. */
import { encodeChunk, type Points } from './chunk.ts';
import { decimalsOf } from './column.ts';
import { encodeRollups, fineMs, rollUp } from './rollup.ts';
import type { Series } from './series.ts';
import type { ChunkRow, RollupRow } from './tables.ts';

export interface Seal {
  readonly series: Series;
  /** All samples of the head; the first `cut` of them are sealed. */
  readonly points: Points;
  readonly cut: number;
  readonly chunk: ChunkRow;
  /** Absent when no sample is a number. */
  readonly rollup: RollupRow | undefined;
}

export function prepareSeal(series: Series, points: Points, cut: number): Seal {
  const sealed = { at: points.at.subarray(0, cut), values: points.values.subarray(0, cut) };
  const decimals = decimalsOf(sealed.values, cut);
  return {
    series,
    points,
    cut,
    chunk: {
      series: series.id,
      first: sealed.at[0] ?? 0,
      last: sealed.at[cut - 1] ?? 0,
      count: cut,
      body: encodeChunk(sealed, decimals),
    },
    rollup: rollupRow(series.id, sealed, decimals),
  };
}

function rollupRow(series: number, points: Points, decimals: number): RollupRow | undefined {
  const rollups = rollUp(points, fineMs, decimals);
  const first = rollups.at(0);
  const last = rollups.at(-1);
  if (!first || !last) return undefined;
  return { series, widthMs: fineMs, first: first.start, last: last.start, body: encodeRollups(rollups) };
}
