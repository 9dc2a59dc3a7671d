/** Facts and cells of evidence as people read them: a name in words, a value with its unit. Pure. */
import type { Scalar } from './evidence.ts';
import { formatDuration } from './time.ts';

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;
const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `noiseMs`, 671 -> `noise`, `671 ms`; null where nothing is known, which says nothing. */
export function factInWords(
  name: string,
  value: Scalar,
  when: (at: number) => string,
): { readonly name: string; readonly value: string } | null {
  if (value === null || value === '') return null;
  return { name: nameInWords(name), value: valueInWords(name, value, when) };
}

/** Where a text says what happened, these say it again: a class, an address, the alert it belongs to. */
const saidByText = new Set([
  ...['result', 'rule', 'since', 'host', 'port', 'address', 'asked', 'target', 'isThisMachine'],
]);

/**
 * What a look found, as a person would say it: its text first and without a name (`no answer within 2 s`), then the
 * rest by name. Nothing that is not known, and nothing that the text or the title says already.
 * @param when writes epoch milliseconds
 * @param joint between a name and its value
 */
export function factsInWords(
  title: string,
  facts: Readonly<Record<string, Scalar>>,
  when: (at: number) => string,
  joint = ' ',
): string[] {
  const { detail } = facts;
  const text = typeof detail === 'string' && detail !== '' ? detail : null;
  const rest = Object.entries(facts).flatMap(([name, value]) => {
    if (name === 'detail' || value === null || value === '') return [];
    if (text !== null && saidByText.has(name)) return [];
    if (typeof value === 'boolean') return [claimInWords(name, value)];
    const told = valueInWords(name, value, when);
    if (saidByText.has(name) && title.includes(told)) return [];
    return [name === 'result' ? told : `${nameInWords(name)}${joint}${told}`];
  });
  return text === null ? rest : [text, ...rest];
}

/** `isAlive`, false -> `not alive`. */
function claimInWords(name: string, value: boolean): string {
  const words = nameInWords(name);
  if (/^has (?:\w+ed|begun|run out|written)$/.test(words)) return value ? words : `has not ${words.slice(4)}`;
  if (words.startsWith('has ')) return value ? words : `has no ${words.slice(4)}`;
  return `${value ? '' : 'not '}${words.replace(/^is /, '')}`;
}

/** `killedAt` -> `killed at`, `fromAt` -> `from`, `downSeconds` -> `down`: the unit stands with the value. */
export function nameInWords(name: string): string {
  const bare = /[a-z]/.test(name) ? name.replace(/(?:Ms|Seconds|Bytes)$| bytes$/, '') : name;
  return bare
    .replace(
      /([a-z\d])([A-Z])(?=[a-z])/g,
      (_, before: string, letter: string) => `${before} ${letter.toLowerCase()}`,
    )
    .replace(/^(from|to|since|until) at$/, '$1')
    .trim();
}

/** @param when writes epoch milliseconds */
export function valueInWords(name: string, value: Scalar, when: (at: number) => string): string {
  if (value === null) return '-';
  if (typeof value === 'string') return instant.test(value) ? when(Date.parse(value)) : value;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (isMoment(name, value)) return when(value);
  if (/Ms$/.test(name)) return formatDuration(value);
  if (/Seconds$/.test(name)) return formatDuration(value * 1_000);
  if (/bytes$|^memory(?:Total|Available|Used)$/i.test(name)) return sizeInWords(value);
  if (/^(?:cpuUsed|iowait|steal)$|(?:Share|Ratio)$/.test(name))
    return `${Number((value * 100).toPrecision(3))} %`;
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(4)));
}

/** Epoch milliseconds of 2001 to 2128, under a name that says so. */
function isMoment(name: string, value: number): boolean {
  return value >= 1e12 && value < 5e12 && /(?:At|Since|Before|After|Until)$|^(?:at|since|until)$/.test(name);
}

function sizeInWords(value: number): string {
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.abs(value) || 1) / 10)));
  return `${Number((value / 1_024 ** power).toPrecision(3))} ${units[power]}`;
}
