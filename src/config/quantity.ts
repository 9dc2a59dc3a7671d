/** Numbers as people write them: `80%`, `500ms`, `64MiB`. */
import { parseDuration } from '../core/time.ts';

/** `99.9%` as 0.999; undefined when it is no percentage. */
export function parsePercent(text: string): number | undefined {
  const found = /^(-?\d+(?:\.\d+)?)\s*%$/.exec(text.trim());
  // Dividing the decimal text keeps 99.9 % at 0.999 and not 0.9990000000000001.
  return found?.[1] === undefined ? undefined : Number(`${found[1]}e-2`);
}

const sizes: Record<string, number> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** `64MiB` as bytes (decimal units are powers of 1000); undefined when it is no size. */
function parseSize(text: string): number | undefined {
  const found = /^(\d+(?:\.\d+)?)\s*([kKMGT]?i?B)$/.exec(text.trim());
  const unit = sizes[found?.[2] ?? ''];
  return found?.[1] === undefined || unit === undefined ? undefined : Number(found[1]) * unit;
}

export type Quantity = { readonly value: number; readonly unit: 'number' | 'ratio' | 'seconds' | 'bytes' };

/** A plain number, a percentage, a duration (as seconds) or a size (as bytes). */
export function parseQuantity(source: string | number): Quantity | undefined {
  if (typeof source === 'number') {
    return Number.isFinite(source) ? { value: source, unit: 'number' } : undefined;
  }
  const text = source.trim();
  if (/^-?\d+(\.\d+)?$/.test(text)) return { value: Number(text), unit: 'number' };
  const ratio = parsePercent(text);
  if (ratio !== undefined) return { value: ratio, unit: 'ratio' };
  const duration = parseDuration(text);
  if (duration !== undefined) return { value: duration / 1_000, unit: 'seconds' };
  const bytes = parseSize(text);
  return bytes === undefined ? undefined : { value: bytes, unit: 'bytes' };
}
