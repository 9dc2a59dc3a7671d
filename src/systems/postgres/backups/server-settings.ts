/** Settings of a server that a backup needs, as they are and as they must be; the file of ALTER SYSTEM is read, not guessed. */
import { join } from 'node:path';
import type { NeedsOrder } from '../../../core/backup/needs.ts';
import type { Query } from '../session.ts';
import { archiveChanges, type SettingChange } from './archiving.ts';
import { archiveCommand, repositoryIn } from './pgbackrest-repository.ts';

/** How the log comes beside the copies: handed over by the server, or read from it. */
export type LogWay = 'archived' | 'streamed';

export interface LogSettings {
  readonly walLevel: string;
  readonly archiveMode: string;
  readonly archiveCommand: string;
  readonly archiveLibrary: string;
  readonly archiveTimeoutSeconds: number;
  readonly senders: number;
  readonly usedSenders: number;
  readonly slots: number;
  readonly usedSlots: number;
}

/** As they are now, with what is written and waits. */
export interface ReadSettings extends LogSettings {
  /** Names of settings with a new value that is in force only after a restart. */
  readonly pending: readonly string[];
}

/** While archive_mode is off the server says `(disabled)` instead of what is set. */
const writtenCommand = `(SELECT CASE WHEN archiving.setting = 'off' THEN command.reset_val ELSE current_setting('archive_command') END
      FROM pg_settings archiving, pg_settings command
     WHERE archiving.name = 'archive_mode' AND command.name = 'archive_command')`;

/** Everybody may read these. */
const settingsSql = `
  SELECT current_setting('wal_level') AS "walLevel", current_setting('archive_mode') AS "archiveMode",
    ${writtenCommand} AS "archiveCommand",
    coalesce(current_setting('archive_library', true), '') AS "archiveLibrary",
    (SELECT setting::int FROM pg_settings WHERE name = 'archive_timeout') AS "archiveTimeoutSeconds",
    current_setting('max_wal_senders')::int AS senders,
    (SELECT count(*)::int FROM pg_stat_replication) AS "usedSenders",
    current_setting('max_replication_slots')::int AS slots,
    (SELECT count(*)::int FROM pg_replication_slots WHERE slot_name <> $1) AS "usedSlots",
    ARRAY(SELECT name FROM pg_settings WHERE pending_restart ORDER BY 1) AS pending`;

export async function readLogSettings(query: Query, slot: string): Promise<ReadSettings> {
  const [row] = await query<ReadSettings & Record<string, unknown>>(settingsSql, [slot]);
  if (row === undefined) throw new Error('the server says nothing of its settings');
  return row;
}

/** A copy takes two, the log one, and one stays for whoever comes. PostgreSQL's own default is ten. */
const wantedSenders = 4;
const usual = '10';

/** PostgreSQL's own default, or some more where they are all taken. */
export function slotsFrom(slots: number): string {
  return `${Math.max(Number(usual), slots + 4)}`;
}

/** @param command of the archive, where the log is handed over */
export function settingChanges(settings: LogSettings, way: LogWay, command: string | null): SettingChange[] {
  if (way === 'archived' && command !== null) return archiveChanges(settings, command);
  const { walLevel, senders, usedSenders, slots, usedSlots } = settings;
  const changes: SettingChange[] = [];
  const change = (name: string, value: string, wrong: string) =>
    void changes.push({ name, value, wrong, restarts: true });
  if (walLevel === 'minimal') change('wal_level', 'replica', 'wal_level is minimal');
  if (senders < wantedSenders)
    change('max_wal_senders', usual, `max_wal_senders is ${senders}, of which ${usedSenders} are in use`);
  if (slots <= usedSlots)
    change(
      'max_replication_slots',
      slotsFrom(slots),
      `max_replication_slots is ${slots}, and others use ${usedSlots}`,
    );
  return changes;
}

/** What archive_command must be; null where the log is not handed over. */
export function commandFor(engine: string, { folder, log }: NeedsOrder): string | null {
  if (engine === 'postgres.pgbackrest') return archiveCommand(repositoryIn(folder));
  if (engine !== 'postgres.plain' || log !== 'archive') return null;
  const file = join(folder, 'wal', '%f');
  return `test ! -f "${file}" && cp "%p" "${file}"`;
}

export interface WrittenSetting {
  /** As it holds now. */
  readonly running: string;
  /** In postgresql.auto.conf; null where it does not stand there. */
  readonly altered: string | null;
  /** Written and not in force until PostgreSQL is restarted. */
  readonly isPending: boolean;
}

const writtenSql = `
  SELECT s.name, current_setting(s.name) AS running, s.pending_restart AS "isPending",
    (SELECT f.setting FROM pg_file_settings f
      WHERE f.name = s.name AND f.sourcefile LIKE '%/postgresql.auto.conf' ORDER BY f.seqno DESC LIMIT 1) AS altered
    FROM pg_settings s WHERE s.name = ANY ($1::text[])`;

export async function readWritten(
  query: Query,
  names: readonly string[],
): Promise<ReadonlyMap<string, WrittenSetting>> {
  const rows = await query<WrittenSetting & { name: string }>(writtenSql, [names]);
  return new Map(
    rows.map(({ name, running, altered, isPending }) => [name, { running, altered, isPending }]),
  );
}
