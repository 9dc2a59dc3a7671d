import { sayAvailability, sayObjective } from '../../../src/core/availability.ts';
import type { Unit } from '../../../src/core/sample.ts';
import { formatSpan } from './time.ts';

const plain = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** Shown wherever a value is not known; never a zero. */
export const unknownText = '–';

export function formatSeconds(seconds: number): string {
  const size = Math.abs(seconds);
  if (size === 0) return '0 ms';
  if (size < 0.001) return `${significant(seconds * 1e6)} µs`;
  if (size < 1) return `${significant(seconds * 1_000)} ms`;
  if (size < 120) return `${significant(seconds)} s`;
  return `${seconds < 0 ? '-' : ''}${formatSpan(size * 1_000)}`;
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = bytes;
  let index = 0;
  while (Math.abs(value) >= 1_024 && index < units.length - 1) {
    value /= 1_024;
    index += 1;
  }
  return `${significant(value)} ${units[index]}`;
}

/** Three significant digits, thousands kept whole. */
function significant(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return plain.format(Math.round(value));
  return String(Number(value.toPrecision(3)));
}

export function formatRatio(ratio: number, digits = 1): string {
  const percent = ratio * 100;
  const isSmall = Math.abs(percent) < 1;
  return `${Number(isSmall ? percent.toPrecision(2) : percent.toFixed(digits))} %`;
}

/** As the reports and the command line write them. */
export const formatAvailability = sayAvailability;
export const formatObjective = sayObjective;

export function formatCount(value: number): string {
  if (Math.abs(value) >= 100_000) return compact.format(value);
  return Number.isInteger(value) ? plain.format(value) : significant(value);
}

export function formatValue(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined || Number.isNaN(value)) return unknownText;
  if (unit === 'seconds') return formatSeconds(value);
  if (unit === 'bytes') return formatBytes(value);
  if (unit === 'ratio') return formatRatio(value);
  if (unit === 'per-second') return `${formatCount(value)}/s`;
  return formatCount(value);
}

/** The unit of what a chart draws: a counter is drawn as its rate. */
export function formatDrawn(value: number | null | undefined, unit: Unit, kind: 'gauge' | 'counter'): string {
  if (value === null || value === undefined) return unknownText;
  return kind === 'counter' && unit !== 'per-second'
    ? `${formatValue(value, unit)}/s`
    : formatValue(value, unit);
}
