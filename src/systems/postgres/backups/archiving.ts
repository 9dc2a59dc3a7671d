/** Whether a server hands its log to the archive that a backup relies on, and what to change where it does not. Pure. */

export interface ArchiveSettings {
  readonly walLevel: string;
  readonly archiveMode: string;
  readonly archiveCommand: string;
  /** Since PostgreSQL 15 it may be a library instead; empty elsewhere. */
  readonly archiveLibrary: string;
  readonly archiveTimeoutSeconds: number;
}

export interface Remedy {
  /** What is wrong, one line each; empty where nothing is. */
  readonly wrong: readonly string[];
  /** Statements for a superuser, in order. */
  readonly statements: readonly string[];
  readonly needsRestart: boolean;
}

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** The definitions of the teams allow five minutes; a file that is not full goes after this (J). */
const usualTimeout = '60s';

export interface SettingChange {
  readonly name: string;
  readonly value: string;
  /** What is wrong with the value of now; null where it is only better otherwise. */
  readonly wrong: string | null;
  readonly restarts: boolean;
}

/** In the order in which they are to be set. @param command what archive_command must be */
export function archiveChanges(settings: ArchiveSettings, command: string): SettingChange[] {
  const changes: SettingChange[] = [];
  const change = (name: string, value: string, wrong: string | null, restarts: boolean) =>
    void changes.push({ name, value, wrong, restarts });
  const { walLevel, archiveMode, archiveCommand, archiveLibrary, archiveTimeoutSeconds } = settings;
  if (walLevel === 'minimal') change('wal_level', 'replica', 'wal_level is minimal', true);
  if (archiveMode === 'off') change('archive_mode', 'on', 'archive_mode is off', true);
  if (archiveLibrary !== '') change('archive_library', '', `archive_library is ${archiveLibrary}`, false);
  if (archiveCommand !== command) {
    const now = archiveCommand === '' || archiveCommand === '(disabled)' ? 'not set' : 'another one';
    change('archive_command', command, `archive_command is ${now}`, false);
  }
  if (archiveTimeoutSeconds === 0) change('archive_timeout', usualTimeout, null, false);
  return changes;
}

/** Words are bare, as people write them. */
export function setStatement({ name, value }: Pick<SettingChange, 'name' | 'value'>): string {
  return `ALTER SYSTEM SET ${name} = ${/^[a-z]+$/.test(value) ? value : quoted(value)};`;
}

/** @param command what archive_command must be */
export function archiveRemedy(settings: ArchiveSettings, command: string): Remedy {
  const changes = archiveChanges(settings, command);
  const wrong = changes.flatMap((change) => change.wrong ?? []);
  if (wrong.length === 0) return { wrong, statements: [], needsRestart: false };
  return {
    wrong,
    statements: changes.map(setStatement),
    needsRestart: changes.some(({ restarts }) => restarts),
  };
}

/**
 * As an error: what is wrong and what to run, each statement on a line of its own.
 * @param restart the command that restarts this very server
 */
export function remedyText({ wrong, statements, needsRestart }: Remedy, restart: string): string {
  const last = needsRestart ? `-- then, in a shell: ${restart}` : 'SELECT pg_reload_conf();';
  return `PostgreSQL does not hand its log to this repository (${wrong.join(', ')}). upkeep backup prepare sets it by the guard; or as a superuser of the server:\n${[...statements, last].join('\n')}`;
}

/** A backup is whole without it, but the newest changes of a quiet server reach the archive late. */
export function timeoutAdvice({ archiveTimeoutSeconds }: ArchiveSettings): string | null {
  return archiveTimeoutSeconds > 0
    ? null
    : `archive_timeout is off, so what a quiet server wrote last is not in the archive: ALTER SYSTEM SET archive_timeout = '${usualTimeout}'`;
}
