/** Readers of the forms that values have in upkeep.yaml. Each reports its problem and answers undefined. */

import { hintFor } from '../core/suggest.ts';
import { parseDuration, writeDuration } from '../core/time.ts';
import { zoneHint } from '../core/zone-name.ts';
import { type Field, list, report, scalar, shown, text } from './field.ts';
import { parsePercent } from './quantity.ts';

/**
 * Milliseconds.
 * @param bounds `usual` is the unit that people mean who leave it out
 */
export function duration(field: Field, bounds: { min?: number; usual?: string } = {}): number | undefined {
  const value = scalar(field);
  if (value === undefined) return undefined;
  const bare = typeof value === 'number' ? value : decimal(String(value));
  if (bare !== undefined && bare !== 0) {
    const meant = `${bare}${bounds.usual ?? usualUnit(bounds.min)}`;
    return report(field, `${shown(field)} has no unit`, `did you mean ${meant}?`);
  }
  const ms = bare === 0 ? 0 : parseDuration(String(value));
  if (ms === undefined) return report(field, `${shown(field)} is no duration`, meantDuration(String(value)));
  if (bounds.min !== undefined && ms < bounds.min) {
    return report(field, `${shown(field)} is too short`, `at least ${writeDuration(bounds.min)}`);
  }
  return ms;
}

/** What may be no shorter than an hour is told in days, and so on. */
function usualUnit(min = 0): string {
  return min >= 3_600_000 ? 'd' : min >= 60_000 ? 'm' : 's';
}

const spelledUnits: readonly (readonly [RegExp, string])[] = [
  [/^(ms|msecs?|millis|milliseconds?)$/, 'ms'],
  [/^(s|secs?|seconds?)$/, 's'],
  [/^(m|mins?|minutes?)$/, 'm'],
  [/^(h|hrs?|hours?)$/, 'h'],
  [/^(d|days?)$/, 'd'],
  [/^(w|weeks?)$/, 'w'],
];

function meantDuration(source: string): string {
  const [, amount, word = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(source.trim()) ?? [];
  const unit = spelledUnits.find(([spelling]) => spelling.test(word.toLowerCase()))?.[1];
  return amount === undefined || unit === undefined
    ? 'use 500ms, 10s, 5m, 1h or 7d'
    : `did you mean ${amount}${unit}?`;
}

/** A share from 0 to 1, written `99.9%` or `0.999`. */
export function share(field: Field): number | undefined {
  const value = scalar(field);
  if (value === undefined) return undefined;
  const ratio = typeof value === 'number' ? value : (parsePercent(String(value)) ?? decimal(String(value)));
  if (ratio === undefined) return report(field, `${shown(field)} is no percentage`, 'use 99.9% or 0.999');
  if (ratio > 1 && ratio <= 100 && !String(value).includes('%')) {
    return report(field, `${shown(field)} is more than 100 %`, `did you mean ${ratio}%?`);
  }
  if (ratio < 0 || ratio > 1) return report(field, `${shown(field)} is not between 0 % and 100 %`);
  return ratio;
}

function decimal(source: string): number | undefined {
  return /^\d+(\.\d+)?$/.test(source.trim()) ? Number(source) : undefined;
}

/** An IANA name. */
export function timezone(field: Field): string | undefined {
  const name = text(field);
  if (name === undefined) return undefined;
  const hint = zoneHint(name);
  return hint === null ? name : report(field, `there is no time zone ${shown(field)}`, hint);
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
