/** Readers of the forms that values have in upkeep.yaml. Each reports its problem and answers undefined. */
import { parseDuration } from '../core/time.ts';
import { type Field, list, report, scalar, shown, text } from './field.ts';
import { parsePercent } from './quantity.ts';
import { hintFor } from './suggest.ts';

/** Milliseconds. */
export function duration(field: Field, bounds: { min?: number } = {}): number | undefined {
  const value = scalar(field);
  if (value === undefined) return undefined;
  if (typeof value === 'number' && value !== 0) {
    return report(field, `${shown(field)} has no unit`, `use ${value}s, ${value}m or ${value}h`);
  }
  const ms = value === 0 ? 0 : parseDuration(String(value));
  if (ms === undefined)
    return report(field, `${shown(field)} is no duration`, 'use 500ms, 10s, 5m, 1h or 7d');
  if (bounds.min !== undefined && ms < bounds.min) {
    return report(field, `${shown(field)} is too short`, `at least ${bounds.min}ms`);
  }
  return ms;
}

/** A share from 0 to 1, written `99.9%` or `0.999`. */
export function share(field: Field): number | undefined {
  const value = scalar(field);
  if (value === undefined) return undefined;
  const ratio = typeof value === 'number' ? value : (parsePercent(String(value)) ?? decimal(String(value)));
  if (ratio === undefined) return report(field, `${shown(field)} is no percentage`, 'use 99.9% or 0.999');
  if (ratio > 1 && ratio <= 100 && typeof value === 'number') {
    return report(field, `${shown(field)} is more than 100 %`, `did you mean ${value}%?`);
  }
  if (ratio < 0 || ratio > 1) return report(field, `${shown(field)} is not between 0 % and 100 %`);
  return ratio;
}

function decimal(source: string): number | undefined {
  return /^\d+(\.\d+)?$/.test(source.trim()) ? Number(source) : undefined;
}

export function wholeNumber(field: Field, bounds: { min: number; max: number }): number | undefined {
  const value = scalar(field);
  if (value === undefined) return undefined;
  const count = typeof value === 'string' ? decimal(value) : value;
  if (typeof count !== 'number' || !Number.isInteger(count)) {
    return report(field, `${shown(field)} is no whole number`);
  }
  if (count < bounds.min || count > bounds.max) {
    return report(field, `${shown(field)} is not between ${bounds.min} and ${bounds.max}`);
  }
  return count;
}

export function flag(field: Field): boolean | undefined {
  const value = scalar(field);
  if (value === undefined || typeof value === 'boolean') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  return report(field, `${shown(field)} is neither true nor false`);
}

export function oneOf<Choice extends string>(field: Field, choices: readonly Choice[]): Choice | undefined {
  const value = text(field);
  if (value === undefined) return undefined;
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  return report(field, `${shown(field)} is not one of ${choices.join(', ')}`, didYouMean(value, choices));
}

/** A name of something declared elsewhere in the file. */
export function reference(field: Field, what: string, names: readonly string[]): string | undefined {
  const value = text(field);
  if (value === undefined) return undefined;
  if (names.includes(value)) return value;
  return report(field, `there is no ${what} ${shown(field)}`, hintFor(value, names));
}

export function references(field: Field, what: string, names: readonly string[]): string[] {
  const found = list(field).map((item) => reference(item, what, names));
  return [...new Set(found.filter((name) => name !== undefined))];
}

/** Labels: every value is taken as text. */
export function words(all: readonly Field[]): Record<string, string> {
  const entries = all.map((entry): [string, string | undefined] => [entry.name, asText(entry)]);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function asText(field: Field): string | undefined {
  const value = scalar(field);
  return value === undefined ? undefined : String(value);
}

function didYouMean(name: string, choices: readonly string[]): string | undefined {
  const hint = hintFor(name, choices);
  return hint?.startsWith('did you mean') ? hint : undefined;
}
