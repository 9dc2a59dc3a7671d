/** `backups:` a map from a name to what is backed up, how, where to and when. */
import { isAbsolute, resolve } from 'node:path';
import { type BackupSettings, type ProveWhen, usualBackup, usualLogRpoMs } from '../core/backup/settings.ts';
import type { SystemEntry } from '../core/system.ts';
import { type Field, list, report, reportKey, type Section, section, shown, text } from './field.ts';
import { readOffsite } from './offsite.ts';
import { checkName } from './targets.ts';
import { duration, oneOf, reference } from './values.ts';

const keys = [
  'of',
  'engine',
  'to',
  'at',
  'prove',
  'keep',
  'rpo',
  'rto',
  'smoke',
  'scratch',
  'log',
  'paths',
  'offsite',
];
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
  const engine = target === undefined ? anyEngine(part, around) : readEngine(part, target, around);
  const scratch = read('scratch', text);
  const offsite = read('offsite', readOffsite);
  if (engine !== undefined) refuseRepository(part, engine, around);
  const paths = engine === undefined ? undefined : readPaths(part, engine, around);
  const keepsLog = around.systems.some(({ engines }) =>
    engines.some((one) => one.id === engine && one.keepsLog),
  );
  const log = read('log', (field) => oneOf(field, ['stream', 'archive'] as const));
  const usualRpo = keepsLog ? usualLogRpoMs : usualBackup.rpoMs;
  const settings = {
    at: read('at', readTime) ?? usualBackup.at,
    prove: read('prove', (field) => oneOf(field, proveWhen)) ?? usualBackup.prove,
    keepMs:
      read('keep', (field) => duration(field, { min: usualBackup.keepMs, usual: 'd' })) ?? usualBackup.keepMs,
    rpoMs: read('rpo', (field) => duration(field, { min: 60_000, usual: 'h' })) ?? usualRpo,
    rtoMs: read('rto', (field) => duration(field, { min: 60_000, usual: 'h' })) ?? usualBackup.rtoMs,
    smoke: read('smoke', (field) => list(field).flatMap((query) => text(query) ?? [])) ?? [],
  };
  if (target === undefined || folder === undefined || engine === undefined) return undefined;
  return {
    ...{ name, target, engine, folder: resolve(around.folder, folder), ...settings },
    ...(scratch === undefined ? {} : { scratch: resolve(around.folder, scratch) }),
    ...(keepsLog && { keepsLog }),
    ...(log && { log }),
    ...(paths && { paths }),
    ...(offsite && { offsite }),
  };
}

/** Of a target that is not known yet: at least one that there is. */
function anyEngine(part: Section, { systems }: Around): string | undefined {
  const field = part.get('engine');
  const ids = systems.flatMap(({ engines }) => engines.map(({ id }) => id));
  return field && oneOf(field, ids);
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

/** Only of engines that want them, which cannot do without. */
function readPaths(part: Section, engine: string, { systems }: Around): string[] | undefined {
  const wants = systems.some(({ engines }) => engines.some((one) => one.id === engine && one.wantsPaths));
  const field = part.get('paths');
  if (!wants) return field && report(field, `${engine} takes no paths`, 'leave them out');
  const paths = field ? list(field).flatMap((one) => readPath(one) ?? []) : [];
  if (field && paths.length > 0) return paths;
  return reportKey(part.field, 'has no paths', 'paths: [/etc/shop, /srv/uploads]');
}

function readPath(field: Field): string | undefined {
  const path = text(field);
  if (path === undefined || isAbsolute(path)) return path;
  return report(field, `${shown(field)} is not absolute`, 'write the whole path, from /');
}

/** A repository of an engine is not copied by folders, and nobody should believe that it were. */
function refuseRepository(part: Section, engine: string, { systems }: Around): void {
  const keepsRepository = systems.some(({ engines }) => engines.some((one) => one.id === engine && one.list));
  const field = part.get('offsite');
  if (!field || !keepsRepository) return;
  const remedy =
    engine === 'postgres.pgbackrest'
      ? 'give it a second one: repo2-type=s3 … in TO/NAME/pgbackrest/conf.d/second.conf; docs/guide/backups.md shows it whole'
      : 'let the repository lie in a bucket: RESTIC_REPOSITORY=s3:… in TO/NAME.env before the first backup, as docs/guide/backups.md shows; or let a job of yours copy it (restic copy), watched by a heartbeat';
  report(
    field,
    `is of no use to ${engine}, which keeps a repository of its own that is not copied by folders`,
    remedy,
  );
}

function backedUp(systems: readonly SystemEntry[]): string {
  return `it can: ${systems.flatMap(({ kind, engines }) => (engines.length > 0 ? [kind] : [])).join(', ')}`;
}

function readTime(field: Field): string | undefined {
  const value = text(field);
  if (value === undefined || /^([01]\d|2[0-3]):[0-5]\d$/.test(value)) return value;
  return report(field, `${shown(field)} is no time of day`, 'use "03:00"');
}
