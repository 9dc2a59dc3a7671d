/** The arithmetic of the measurements, and how figures are written. Pure. */

/** Nearest rank: the smallest value that at least this share of all values does not exceed. NaN where there is none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** `3.2x` for a peer that needs 3.2 times of ours; `-` where either is unknown. */
export function times(peer: number, ours: number): string {
  const ratio = peer / ours;
  return Number.isFinite(ratio) ? `${significant(ratio)}x` : '-';
}

/** Three digits for what is below a hundred, whole numbers above: `0.513`, `2.10`, `14.0`, `230`. */
export function significant(value: number): string {
  if (!Number.isFinite(value)) return '-';
  if (Math.abs(value) >= 100) return String(Math.round(value));
  if (Math.abs(value) >= 10) return value.toFixed(1);
  return Math.abs(value) >= 1 ? value.toFixed(2) : value.toFixed(3);
}

export function milliseconds(ms: number): string {
  if (!Number.isFinite(ms)) return '-';
  return Math.abs(ms) >= 1_000 ? `${significant(ms / 1_000)} s` : `${significant(ms)} ms`;
}

export function mebibytes(bytes: number): string {
  return Number.isFinite(bytes) ? `${Math.round(bytes / 2 ** 20)} MiB` : '-';
}
