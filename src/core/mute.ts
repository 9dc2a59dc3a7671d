/**
 * Whether an alert is held back: by a silence (an operator's, with a reason and an end) or by a maintenance window
 * (planned). What is held is stored and judged when the hold ends; nothing is forgotten. Pure.
 */
import type { Labels } from './sample.ts';
import type { Level } from './severity.ts';

/** One condition of a silence; all of them must hold. `*` stands for any text. */
export interface Matcher {
  /** `rule`, `target`, `service`, `system`, `level`, `environment`, or the name of a label. */
  readonly label: string;
  readonly isNegated: boolean;
  readonly pattern: string;
}

export interface Silence {
  readonly id: string;
  readonly matchers: readonly Matcher[];
  readonly reason: string;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly startsAt: number;
  readonly endsAt: number;
}

/** One stretch of a maintenance window. */
export interface Occurrence {
  readonly window: string;
  readonly what: string;
  readonly startsAt: number;
  readonly endsAt: number;
  /** Targets whose alerts are held; everything where null. */
  readonly covers: ReadonlySet<string> | null;
}

/** What is known of an alert when it is asked whether it is held. */
export interface Subject {
  readonly rule: string;
  readonly target: string;
  readonly system: string;
  readonly level: Level;
  readonly environment: string | null;
  /** Services that its target belongs to. */
  readonly services: readonly string[];
  readonly labels: Labels;
}

export interface Hold {
  /** `upkeep` where it cannot see out itself. */
  readonly kind: 'silence' | 'maintenance' | 'upkeep';
  /** Id of the silence, name of the window. */
  readonly by: string;
  readonly until: number;
  readonly reason: string;
}

/** The hold that ends last, so that nobody is told between two of them; null where nothing holds. */
export function holdOf(
  subject: Subject,
  now: number,
  silences: readonly Silence[],
  occurrences: readonly Occurrence[],
): Hold | null {
  const covers = ({ startsAt, endsAt }: { startsAt: number; endsAt: number }) =>
    startsAt <= now && now < endsAt;
  const holds: Hold[] = [
    ...silences
      .filter((silence) => covers(silence) && silence.matchers.length > 0)
      .filter(({ matchers }) => matchers.every((matcher) => matches(matcher, subject)))
      .map(({ id, endsAt, reason }): Hold => ({ kind: 'silence', by: id, until: endsAt, reason })),
    ...occurrences
      .filter((one) => covers(one) && (one.covers === null || one.covers.has(subject.target)))
      .map(
        ({ window, endsAt, what }): Hold => ({
          kind: 'maintenance',
          by: window,
          until: endsAt,
          reason: what,
        }),
      ),
  ];
  return holds.reduce<Hold | null>((last, hold) => (last && last.until >= hold.until ? last : hold), null);
}

export function matches({ label, isNegated, pattern }: Matcher, subject: Subject): boolean {
  return valuesOf(label, subject).some((value) => isLike(value, pattern)) !== isNegated;
}

function valuesOf(label: string, subject: Subject): readonly string[] {
  switch (label) {
    case 'rule':
    case 'target':
    case 'system':
    case 'level':
      return [subject[label]];
    case 'environment':
      return subject.environment === null ? [] : [subject.environment];
    case 'service':
      return subject.services;
    default: {
      const value = Object.hasOwn(subject.labels, label) ? subject.labels[label] : undefined;
      return value === undefined ? [] : [value];
    }
  }
}

/** Runs in the length of both texts, whatever stands in them: patterns come from people. */
export function isLike(text: string, pattern: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return text === pattern;
  if (!text.startsWith(first)) return false;
  const last = rest.pop() ?? '';
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

/** Reads `target=web-*`, `level!=critical`; undefined for anything else. */
export function parseMatcher(text: string): Matcher | undefined {
  const found = /^\s*([A-Za-z_][\w.-]*)\s*(!?=)\s*(.+?)\s*$/.exec(text);
  const [, label, operator, quoted] = found ?? [];
  if (label === undefined || quoted === undefined) return undefined;
  const pattern = /^"(.*)"$/.exec(quoted)?.[1] ?? quoted;
  return { label, isNegated: operator === '!=', pattern };
}

export function formatMatcher({ label, isNegated, pattern }: Matcher): string {
  return `${label}${isNegated ? '!=' : '='}${pattern}`;
}
