/** `targets:` */
import type { TargetSettings } from '../core/configuration.ts';
import { whyNoDrill } from '../core/drill/allowed.ts';
import { hintFor, meantKey } from '../core/suggest.ts';
import type { SystemEntry } from '../core/system.ts';
import {
  type Field,
  getOrMisspelt,
  list,
  report,
  reportKey,
  type Section,
  section,
  shown,
  text,
} from './field.ts';
import { settings } from './settings.ts';
import { duration, references, words } from './values.ts';

const commonKeys = [
  'system',
  'every',
  'timeout',
  'dependsOn',
  'environment',
  'labels',
  'logs',
  'drills',
  'rules',
];
const defaultEveryMs = 15_000;
/** A host is read from /proc, which costs next to nothing. */
const hostEveryMs = 10_000;
const longestDefaultTimeoutMs = 5_000;
const shortestEveryMs = 100;

/** A target before its rules are put together. */
export interface TargetDraft extends Omit<TargetSettings, 'rules'> {
  readonly field: Field;
  readonly entry: SystemEntry;
  readonly rules: Field | undefined;
}

export interface TargetsReading {
  readonly drafts: readonly TargetDraft[];
  /** Also of targets that have problems, so that references to them are no further problems. */
  readonly names: readonly string[];
  readonly systemOf: ReadonlyMap<string, string>;
}

export function readTargets(
  field: Field | undefined,
  systems: readonly SystemEntry[],
  environment: string | null,
): TargetsReading {
  const part = field && section(field);
  const fields = part?.all ?? [];
  const names = fields.map((target) => target.name);
  const systemOf = new Map<string, string>();
  const drafts = fields.flatMap((targetField) => {
    checkName(targetField);
    const target = section(targetField);
    if (target === undefined) return [];
    const entry = readSystem(target, systems);
    if (entry === undefined) {
      dependencies(target, names);
      times(target, undefined);
      return [];
    }
    systemOf.set(targetField.name, entry.kind);
    return readTarget(target, entry, names, environment);
  });
  return { drafts, names, systemOf };
}

/** Names stand in URLs, labels and patterns of policies. */
export function checkName(field: Field): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(field.name)) {
    reportKey(field, 'is no name', 'use letters, digits, dots, dashes and underscores');
  }
}

function readSystem(target: Section, systems: readonly SystemEntry[]): SystemEntry | undefined {
  const kinds = systems.map((system) => system.kind);
  const field = getOrMisspelt(target, 'system', commonKeys) ?? otherwiseNamed(target, 'system', kinds);
  if (field === undefined) return reportKey(target.field, 'has no system', `one of ${kinds.join(', ')}`);
  const kind = text(field);
  if (kind === undefined) return undefined;
  const entry = systems.find((system) => system.kind === kind);
  // Of a system that there is, its settings name the key.
  if (!entry && field.name !== 'system')
    reportKey(field, 'is not a key that belongs here', 'did you mean system?');
  return entry ?? report(field, `there is no system ${shown(field)}`, hintFor(kind, kinds));
}

/** By another word for the key, where it has one of the values that there are. */
function otherwiseNamed(part: Section, name: string, values: readonly string[]): Field | undefined {
  return part.all.find(
    (field) => meantKey(field.name, [name]) === name && values.some((value) => shown(field) === `"${value}"`),
  );
}

function dependencies(target: Section, names: readonly string[]): string[] {
  const field = target.get('dependsOn');
  return field ? references(field, 'target', names) : [];
}

function times(target: Section, system: string | undefined): { everyMs: number; timeoutMs: number } {
  const [everyField, timeoutField] = [target.get('every'), target.get('timeout')];
  const usual = system === 'host' ? hostEveryMs : defaultEveryMs;
  const everyMs = (everyField ? duration(everyField, { min: shortestEveryMs }) : usual) ?? defaultEveryMs;
  const defaultTimeoutMs = Math.min(everyMs, longestDefaultTimeoutMs);
  const timeoutMs = timeoutField ? duration(timeoutField, { min: 1 }) : defaultTimeoutMs;
  return { everyMs, timeoutMs: timeoutMs ?? defaultTimeoutMs };
}

/** Files or globs; `none` for a target whose log is not to be looked for. */
function readLogs(field: Field | undefined): Pick<TargetSettings, 'logs'> {
  if (field === undefined) return {};
  const paths = list(field).map((item) => text(item));
  if (paths.length === 0) {
    report(field, 'names no file', 'write none where no log is to be followed');
    return {};
  }
  return { logs: paths.flatMap((path) => (path === undefined || path === 'none' ? [] : [path])) };
}

/** Only the word `allow`, and only outside production: a drill breaks things on purpose. */
function readDrills(
  field: Field | undefined,
  name: string,
  environment: string | null,
): Pick<TargetSettings, 'allowsDrills'> {
  const word = field && text(field);
  if (field === undefined || word === undefined) return {};
  if (word !== 'allow') {
    report(field, 'is not allow', 'leave it out where nothing may be broken on purpose');
    return {};
  }
  const why = whyNoDrill({ name, environment, allowsDrills: true });
  if (why !== null) report(field, why);
  return { allowsDrills: true };
}

/** Also of a target with problems, so that those of its rules are told with them; nothing is bound where there are any. */
export function readTarget(
  target: Section,
  entry: SystemEntry,
  names: readonly string[],
  environment: string | null,
): TargetDraft {
  const environmentField = target.get('environment');
  const labelsField = target.get('labels');
  const labels = labelsField && section(labelsField);
  const own = settings(target, entry.config, commonKeys);
  const place = environmentField ? (text(environmentField) ?? null) : environment;
  return {
    name: target.field.name,
    system: entry.kind,
    settings: own ?? {},
    ...times(target, entry.kind),
    dependsOn: dependencies(target, names),
    environment: place,
    ...readDrills(target.get('drills'), target.field.name, place),
    labels: labels ? words(labels.all) : {},
    ...readLogs(target.get('logs')),
    field: target.field,
    entry,
    rules: target.get('rules'),
  };
}
