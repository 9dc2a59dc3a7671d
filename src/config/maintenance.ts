/** `maintenance:` a map from a window's name to when it is and whom it concerns. */
import type { Configuration } from '../core/configuration.ts';
import type { MaintenanceWindow } from '../core/maintenance.ts';
import { problemOf } from '../core/maintenance.ts';
import { usualAudience } from '../core/maintenance-audience.ts';
import { parseWall } from '../core/oncall/wall-time.ts';
import { type Field, report, reportKey, type Section, section, shown, text } from './field.ts';
import { checkName } from './targets.ts';
import { duration, flag, references, timezone } from './values.ts';

const keys = [
  'what',
  'starts',
  'for',
  'repeat',
  'timezone',
  'targets',
  'services',
  'impact',
  'actionRequired',
  'notify',
  'noticeBefore',
  'excludeFromSlo',
];
/** Notice of 48 hours, as teams announce planned work. */
const noticeBeforeMs = 48 * 3_600_000;

export interface MaintenanceAbout
  extends Pick<Configuration, 'services' | 'notifiers' | 'escalation' | 'oncall'> {
  /** Of all notifiers that are declared, whether or not they can be read. */
  readonly names: readonly string[];
  readonly targets: readonly string[];
}

export function readMaintenance(
  field: Field | undefined,
  about: MaintenanceAbout,
  teamTimezone: string,
): MaintenanceWindow[] {
  const windows = (field && section(field)?.all) ?? [];
  return windows.flatMap((window) => {
    checkName(window);
    const part = section(window, keys);
    return (part && readWindow(part, about, teamTimezone)) ?? [];
  });
}

function readWindow(
  part: Section,
  about: MaintenanceAbout,
  teamTimezone: string,
): MaintenanceWindow | undefined {
  const read = <T>(key: string, reader: (field: Field) => T | undefined): T | undefined => {
    const field = part.get(key);
    return field && reader(field);
  };
  for (const [key, hint] of [
    ['starts', 'starts: 2026-12-01T03:00'],
    ['for', 'for: 1h'],
  ] as const) {
    if (!part.get(key)) reportKey(part.field, `has no ${key}`, hint);
  }
  const zone = read('timezone', timezone) ?? teamTimezone;
  const starts = read('starts', (field) => wallTime(field, zone));
  const durationMs = read('for', (field) => duration(field, { min: 60_000 }));
  const nameOf = ({ name }: { readonly name: string }) => name;
  const concerned = {
    targets: read('targets', (field) => references(field, 'target', about.targets)) ?? [],
    services: read('services', (field) => references(field, 'service', about.services.map(nameOf))) ?? [],
  };
  const notify = read('notify', (field) => audience(field, about.names));
  // Every key is read before any is missed, so that all problems are told at once.
  const rest = {
    name: part.field.name,
    what: read('what', text) ?? part.field.name,
    timezone: zone,
    rrule: read('repeat', (field) => rule(field, zone)) ?? null,
    ...concerned,
    impact: read('impact', text) ?? null,
    actionRequired: read('actionRequired', text) ?? null,
    notify: notify ?? usualAudience(about, concerned),
    ...(notify === undefined ? { isNotifyDefault: true as const } : {}),
    noticeBeforeMs: read('noticeBefore', duration) ?? noticeBeforeMs,
    isExcludedFromSlo: read('excludeFromSlo', flag) ?? true,
    createdBy: null,
  };
  return starts === undefined || durationMs === undefined ? undefined : { ...rest, starts, durationMs };
}

/** `none` and an empty list are nobody. */
function audience(field: Field, names: readonly string[]): string[] {
  return references(field, 'notifier', [...names, 'none']).filter((name) => name !== 'none');
}

function wallTime(field: Field, zone: string): string | undefined {
  const value = text(field);
  if (value === undefined) return undefined;
  return (
    parseWall(value, zone) ?? report(field, `${shown(field)} is no date and time`, 'use 2026-12-01T03:00')
  );
}

/** Words that people use for the usual rules. */
const usual: Readonly<Record<string, string>> = {
  daily: 'FREQ=DAILY',
  weekly: 'FREQ=WEEKLY',
  monthly: 'FREQ=MONTHLY',
};

function rule(field: Field, zone: string): string | undefined {
  const value = text(field);
  if (value === undefined) return undefined;
  const rrule = usual[value] ?? value.replace(/^RRULE:/i, '');
  const problem = problemOf(rrule, zone);
  if (problem === null) return rrule;
  return report(
    field,
    `${shown(field)} is no rule for repeating: ${problem}`,
    'use weekly or FREQ=MONTHLY;BYDAY=1SU',
  );
}
