/** `oncall.people` and `oncall.quietHours` */

import { isScalar } from 'yaml';
import type { Absence, Person, QuietHours } from '../core/oncall/model.ts';
import { type Level, levels } from '../core/severity.ts';
import { hintFor } from '../core/suggest.ts';
import { type Field, list, report, reportKey, resolved, section, text } from './field.ts';
import { daySpan, readAbsences } from './oncall-values.ts';
import { checkName } from './targets.ts';
import { oneOf, references, timezone } from './values.ts';

export interface Team {
  readonly people: readonly Person[];
  readonly absences: readonly Absence[];
  /** Every name that stands there, also of people with problems. */
  readonly names: readonly string[];
}

interface Defaults {
  readonly timezone: string;
  readonly quietHours: QuietHours | null;
  readonly notifiers: readonly string[];
}

const keys = ['name', 'timezone', 'reach', 'via', 'quietHours', 'away', 'calendar'];

export function readPeople(field: Field | undefined, defaults: Defaults): Team {
  const fields = (field && section(field)?.all) ?? [];
  const read = fields.map((one) => readPerson(one, defaults));
  return {
    people: read.flatMap((one) => one?.person ?? []),
    absences: read.flatMap((one) => one?.absences ?? []),
    names: fields.map((one) => one.name),
  };
}

function readPerson(
  field: Field,
  defaults: Defaults,
): { person: Person; absences: readonly Absence[] } | undefined {
  checkName(field);
  const part = section(field, keys);
  if (part === undefined) return undefined;
  const get = <T>(key: string, reader: (field: Field) => T | undefined): T | undefined => {
    const child = part.get(key);
    return child && reader(child);
  };
  const zone = get('timezone', timezone) ?? defaults.timezone;
  const reach = readReach(part.field, part.get('reach'), defaults.notifiers);
  const person: Person = {
    id: field.name,
    name: get('name', text) ?? field.name,
    timezone: zone,
    reach,
    via: get('via', (child) => readVia(child, Object.keys(reach))) ?? {},
    quietHours: part.get('quietHours') ? (get('quietHours', readQuietHours) ?? null) : defaults.quietHours,
    calendar: get('calendar', text) ?? null,
  };
  return { person, absences: get('away', (child) => readAbsences(child, field.name, zone)) ?? [] };
}

function readReach(
  person: Field,
  field: Field | undefined,
  notifiers: readonly string[],
): Record<string, string> {
  const all = (field && section(field)?.all) ?? [];
  if (all.length === 0)
    reportKey(
      person,
      'cannot be reached: no notifier in reach',
      `write reach: { ${notifiers[0] ?? 'mail'}: ADDRESS }`,
    );
  const found: Record<string, string> = {};
  for (const one of all) {
    if (!notifiers.includes(one.name)) {
      reportKey(one, `there is no notifier "${one.name}"`, hintFor(one.name, notifiers));
      continue;
    }
    const address = text(one);
    if (address !== undefined) found[one.name] = address;
  }
  return found;
}

function readVia(field: Field, names: readonly string[]): Partial<Record<Level, readonly string[]>> {
  const all = section(field, levels)?.all ?? [];
  return Object.fromEntries(
    all.map((one) => [one.name, references(one, 'notifier in reach', names)] as const),
  );
}

const waiting: readonly Level[] = ['medium', 'low'];

/** `"22:00-07:00"`, or a map that says which levels wait. */
export function readQuietHours(field: Field): QuietHours | undefined {
  if (isScalar(resolved(field))) {
    const hours = daySpan(field);
    return hours && { ...hours, levels: waiting };
  }
  const part = section(field, ['at', 'levels']);
  const [atField, levelsField] = [part?.get('at'), part?.get('levels')];
  if (!part) return undefined;
  if (!atField) return reportKey(field, 'says no time', 'write { at: "22:00-07:00", levels: [medium, low] }');
  const hours = daySpan(atField);
  const chosen = levelsField ? list(levelsField).flatMap((item) => readLevel(item) ?? []) : waiting;
  return hours && { ...hours, levels: chosen };
}

function readLevel(field: Field): Level | undefined {
  const level = oneOf(field, levels);
  return level === 'critical' ? report(field, 'critical never waits', 'leave it out') : level;
}
