/** A head's samples as a chunk and its rollups. Pure. */
import { encodeChunk, type Points } from './chunk.ts';
import { decimalsOf } from './column.ts';
import { encodeRollups, fineMs, rollUp } from './rollup.ts';
import type { ChunkRow, RollupRow } from './tables.ts';

export interface Seal {
  readonly chunk: ChunkRow;
  /** Absent when no sample is a number. */
  readonly rollup: RollupRow | undefined;
}

/** Of the first `cut` points. */
export function prepareSeal(series: number, { at, values }: Points, cut: number): Seal {
  const points = { at: at.subarray(0, cut), values: values.subarray(0, cut) };
  const decimals = decimalsOf(points.values, cut);
  return {
    chunk: {
      series,
      first: at[0] ?? 0,
      last: at[cut - 1] ?? 0,
      count: cut,
      body: encodeChunk(points, decimals),
    },
    rollup: rollupRow(series, points, decimals),
  };
}

function rollupRow(series: number, points: Points, decimals: number): RollupRow | undefined {
  const rollups = rollUp(points, fineMs, decimals);
  const first = rollups.at(0);
  const last = rollups.at(-1);
  if (!first || !last) return undefined;
  return {
    series,
    widthMs: fineMs,
    first: first.start,
    last: last.start,
    body: encodeRollups(rollups, decimals),
  };
}
