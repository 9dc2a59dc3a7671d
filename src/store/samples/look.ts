/**
 * The sample tables of a command that looks while nothing runs: what is stored is read, what the look itself measures
 * is kept in memory and goes with it. So it never stands in the way of the Upkeep that writes.
 */
import type { ChunkRow, RollupRow, SeriesRow, StoredRows, Tables } from './tables.ts';

export function lookTables(stored: StoredRows & { close(): Promise<void> }): Tables {
  const measured: { series: SeriesRow[]; chunks: ChunkRow[]; rollups: RollupRow[] } = {
    series: [],
    chunks: [],
    rollups: [],
  };
  return {
    ...stored,
    series: async () => [...(await stored.series()), ...measured.series],
    chunks: async (ids, from, to) => {
      const rows = await stored.chunks(ids, from, to);
      const wanted = new Set(ids);
      const fresh = measured.chunks.filter(
        ({ series, first, last }) => wanted.has(series) && last >= from && first <= to,
      );
      return fresh.length === 0 ? rows : inOrder(ids, [...rows, ...fresh]);
    },
    lastChunk: async (id) =>
      measured.chunks.findLast(({ series }) => series === id) ?? (await stored.lastChunk(id)),
    rollups: async (ids, width, from, to) => {
      const rows = await stored.rollups(ids, width, from, to);
      const wanted = new Set(ids);
      const fresh = measured.rollups.filter(
        ({ series, widthMs, first, last }) =>
          wanted.has(series) && widthMs === width && last >= from && first <= to,
      );
      return fresh.length === 0 ? rows : inOrder(ids, [...rows, ...fresh]);
    },
    async commit({ series, chunks, rollups }) {
      measured.series.push(...series);
      measured.chunks.push(...chunks);
      measured.rollups.push(...rollups);
    },
    durable: async () => undefined,
    // Nothing is past its retention for as long as a command lives.
    dropChunks: async () => ({ rows: 0, samples: 0 }),
    dropRollups: async () => 0,
    emptyOf: async () => [],
    dropSeries: async () => undefined,
    shrink: async () => undefined,
  };
}

/** By series as asked; of each, what is stored comes before what was measured since. */
function inOrder<Row extends { readonly series: number; readonly last: number }>(
  ids: readonly number[],
  rows: readonly Row[],
): Row[] {
  const place = new Map(ids.map((id, index) => [id, index]));
  return rows.toSorted(
    (one, other) => (place.get(one.series) ?? 0) - (place.get(other.series) ?? 0) || one.last - other.last,
  );
}
