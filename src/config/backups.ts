/** `backups:` a map from a name to what is backed up, how, where to and when. */
import { resolve } from 'node:path';
import { type BackupSettings, type ProveWhen, usualBackup } from '../core/backup/settings.ts';
import type { SystemEntry } from '../core/system.ts';
import { type Field, list, report, reportKey, type Section, section, shown, text } from './field.ts';
import { checkName } from './targets.ts';
import { duration, oneOf, reference } from './values.ts';

const keys = ['of', 'engine', 'to', 'at', 'prove', 'keep', 'rpo', 'rto', 'smoke', 'scratch'];
const proveWhen = ['each', 'daily', 'weekly', 'monthly'] as const satisfies readonly ProveWhen[];

interface Around {
  readonly targets: readonly { readonly name: string; readonly system: string }[];
  readonly systems: readonly SystemEntry[];
  readonly folder: string;
}

export function readBackups(field: Field | undefined, around: Around): BackupSettings[] {
  const backups = (field && section(field)?.all) ?? [];
  return backups.flatMap((backup) => {
    checkName(backup);
    const part = section(backup, keys);
    return (part && readBackup(part, backup.name, around)) ?? [];
  });
}

function readBackup(part: Section, name: string, around: Around): BackupSettings | undefined {
  const read = <T>(key: string, reader: (field: Field) => T | undefined): T | undefined => {
    const field = part.get(key);
    return field && reader(field);
  };
  for (const [key, hint] of [
    ['of', 'of: the name of a target'],
    ['to', 'to: /var/backups/upkeep'],
  ] as const) {
    if (!part.get(key)) reportKey(part.field, `has no ${key}`, hint);
  }
  const target = read('of', (of) =>
    reference(
      of,
      'target',
      around.targets.map((one) => one.name),
    ),
  );
  const folder = read('to', text);
  const engine = target === undefined ? undefined : readEngine(part, target, around);
  const scratch = read('scratch', text);
  const settings = {
    at: read('at', readTime) ?? usualBackup.at,
    prove: read('prove', (field) => oneOf(field, proveWhen)) ?? usualBackup.prove,
    keepMs:
      read('keep', (field) => duration(field, { min: usualBackup.keepMs, usual: 'd' })) ?? usualBackup.keepMs,
    rpoMs: read('rpo', (field) => duration(field, { min: 60_000, usual: 'h' })) ?? usualBackup.rpoMs,
    rtoMs: read('rto', (field) => duration(field, { min: 60_000, usual: 'h' })) ?? usualBackup.rtoMs,
    smoke: read('smoke', (field) => list(field).flatMap((query) => text(query) ?? [])) ?? [],
  };
  if (target === undefined || folder === undefined || engine === undefined) return undefined;
  return {
    ...{ name, target, engine, folder: resolve(around.folder, folder), ...settings },
    ...(scratch === undefined ? {} : { scratch: resolve(around.folder, scratch) }),
  };
}

/** The first of the target's system where none is named. */
function readEngine(part: Section, target: string, { targets, systems }: Around): string | undefined {
  const kind = targets.find(({ name }) => name === target)?.system;
  const engines = systems.find((system) => system.kind === kind)?.engines.map(({ id }) => id) ?? [];
  const field = part.get('engine');
  if (field) return oneOf(field, engines);
  const [first] = engines;
  if (first !== undefined) return first;
  const of = part.get('of') ?? part.field;
  return report(of, `${shown(of)} is a target of ${kind}, which Upkeep cannot back up`, backedUp(systems));
}

function backedUp(systems: readonly SystemEntry[]): string {
  return `it can: ${systems.flatMap(({ kind, engines }) => (engines.length > 0 ? [kind] : [])).join(', ')}`;
}

function readTime(field: Field): string | undefined {
  const value = text(field);
  if (value === undefined || /^([01]\d|2[0-3]):[0-5]\d$/.test(value)) return value;
  return report(field, `${shown(field)} is no time of day`, 'use "03:00"');
}
