/** What a check found, in one line for people. */
import type { Reading } from '../../core/sample.ts';

const mostNamed = 5;

/** `a, b and 3 more`; empty for none. */
export function listed(names: readonly string[], total = names.length): string {
  const told = names.slice(0, mostNamed);
  const left = total - told.length;
  return left > 0 ? `${told.join(', ')} and ${left} more` : told.join(', ');
}

/** `1.4 GiB` */
export function bytesInWords(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const step = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  const value = bytes / 1024 ** step;
  return `${step === 0 ? value : value.toFixed(1)} ${units[step]}`;
}

/** A reading whose alert says what was found; the line is left out where it is empty. */
export function told(metric: string, value: number, detail: string, labels?: Reading['labels']): Reading {
  return {
    metric,
    value,
    ...(labels ? { labels } : {}),
    ...(detail === '' ? {} : { about: { detail } }),
  };
}
