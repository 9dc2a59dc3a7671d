/** Levels of rules in words: `> 80 % for 5 m`, `within 3 d`. Pure. */
import type { Rule, RuleLevel } from './rule.ts';
import type { Unit } from './sample.ts';
import { formatDuration } from './time.ts';

/** Null where the rule has no such level. */
export function levelInWords(rule: Rule, level: RuleLevel, unit: Unit | undefined): string | null {
  const words = conditionOf(rule, level, unit);
  if (words === null) return null;
  return rule.forMs > 0 && rule.kind !== 'absence' ? `${words} for ${formatDuration(rule.forMs)}` : words;
}

function conditionOf(rule: Rule, level: RuleLevel, unit: Unit | undefined): string | null {
  switch (rule.kind) {
    case 'threshold': {
      const value = rule[level];
      if (value === undefined) return null;
      const said = `${rule.direction === 'above' ? '>' : '<'} ${amount(value, rule.of === undefined ? unit : 'ratio')}`;
      const of = rule.of === undefined ? said : `${said} of ${rule.of}`;
      return rule.increaseMs === undefined ? of : `${of} in ${formatDuration(rule.increaseMs)}`;
    }
    case 'state':
      return rule[level] === undefined ? null : `is ${rule[level].join(' or ')}`;
    case 'absence':
      return rule.critical === (level === 'critical') ? `no sample for ${formatDuration(rule.forMs)}` : null;
    case 'forecast': {
      const within = rule[level];
      return within === undefined ? null : `runs out within ${formatDuration(within)}`;
    }
    case 'anomaly': {
      const side =
        rule.direction === 'either' ? 'unusual' : `unusually ${rule.direction === 'above' ? 'high' : 'low'}`;
      if (level === 'warning') return side;
      return rule.critical === undefined ? null : `${side}, score from ${rule.critical}`;
    }
    case 'trend':
      return rule.critical === (level === 'critical')
        ? `${rule.direction} over ${formatDuration(rule.overMs)}`
        : null;
    case 'new':
      if (rule.critical !== (level === 'critical')) return null;
      return rule.least === undefined
        ? `a ${rule.label} never seen before`
        : `a ${rule.label} never seen before, from ${amount(rule.least, unit)}`;
    case 'burn-rate': {
      const severity = level === 'critical' ? 'page' : 'ticket';
      const windows = rule.windows.filter((one) => one.severity === severity);
      const said = windows.map((one) => `${one.factor}x over ${formatDuration(one.longMs)}`);
      return said.length === 0 ? null : said.join(', or ');
    }
  }
}

/**
 * `113 % against 90 %`: what was judged and its threshold, in the unit of the rule; null where there are no two numbers
 * that differ.
 * @param unit of the rule's metric
 */
export function judgedInWords(
  rule: Rule,
  unit: Unit | undefined,
  { value, threshold }: { readonly value: number | null; readonly threshold: number | null },
): string | null {
  if (value === null || threshold === null || value === threshold) return null;
  const said = (number: number) => judgedAmount(rule, unit, number);
  if (rule.kind === 'anomaly') return `score ${said(value)}, told from ${said(threshold)}`;
  return `${said(value)} against ${said(threshold)}`;
}

function judgedAmount(rule: Rule, unit: Unit | undefined, value: number): string {
  const short = Math.abs(value) < 1_000 ? Number(value.toPrecision(3)) : Math.round(value);
  if (rule.kind === 'burn-rate') return `${short} ×`;
  if (rule.kind === 'anomaly') return String(short);
  // What a forecast judges is the time that is left; a trend judges a share of the middle.
  if (rule.kind === 'forecast') return amount(value, 'seconds');
  return amountInWords(value, rule.kind === 'threshold' && rule.of !== undefined ? 'ratio' : unit);
}

/** To three places, with its unit: `84 %`, `21.4 ms`, `1.5 GiB`, `12/s`. */
export function amountInWords(value: number, unit: Unit | undefined): string {
  const short = Math.abs(value) < 1_000 ? Number(value.toPrecision(3)) : Math.round(value);
  if (unit === 'ratio') return `${Number((value * 100).toPrecision(3))} %`;
  if (unit === 'seconds' && Math.abs(value) < 1) return `${Number((value * 1_000).toPrecision(3))} ms`;
  if (unit === 'seconds' || unit === 'bytes') return amount(value, unit);
  return unit === 'per-second' ? `${short}/s` : String(short);
}

export function amount(value: number, unit: Unit | undefined): string {
  if (unit === 'ratio') return `${Number((value * 100).toPrecision(6))} %`;
  if (unit === 'seconds') return formatDuration(value * 1_000);
  if (unit !== 'bytes') return String(value);
  const sizes = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const index = value <= 0 ? 0 : Math.min(sizes.length - 1, Math.floor(Math.log2(value) / 10));
  return `${Number((value / 1_024 ** index).toFixed(1))} ${sizes[index]}`;
}
