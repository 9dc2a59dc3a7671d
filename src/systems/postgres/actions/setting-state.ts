import { escapeIdentifier, escapeLiteral } from 'pg';
import { act, shortWork } from '../acting.ts';
import type { PostgresConnection } from '../client.ts';
import { askedOfSuperuser, type GrantPlace, grantPlace } from '../grants.ts';
import type { Query } from '../session.ts';
import type { SettingName } from './setting-bounds.ts';

export interface SettingState {
  /** With its unit: `4MB`. */
  readonly value: string;
  readonly context: string;
  readonly source: string;
  /** null also where our role may not see it. */
  readonly file: string | null;
  readonly line: number | null;
  readonly bootValue: string | null;
  readonly isInAutoConf: boolean;
  readonly seesFiles: boolean;
  readonly mayAlter: boolean;
  readonly mayReload: boolean;
  /** Where a superuser lets our role do what it may not. */
  readonly place: GrantPlace;
}

const stateSql = `
SELECT current_setting(s.name) AS value, s.context, s.source, s.sourcefile AS file, s.sourceline AS line,
       s.boot_val AS "bootValue", coalesce(s.sourcefile LIKE '%/postgresql.auto.conf', false) AS "isInAutoConf",
       pg_has_role('pg_read_all_settings', 'USAGE') AS "seesFiles",
       has_function_privilege('pg_reload_conf()', 'EXECUTE') AS "mayReload"
  FROM pg_settings s WHERE s.name = $1`;

/** In a session of its own: what our kept sessions set for themselves would be taken for the server's. */
export function readSetting(
  conn: PostgresConnection,
  signal: AbortSignal,
  name: SettingName,
): Promise<SettingState | undefined> {
  return act(conn, signal, { ...shortWork, leaves: name }, (query) => stateOf(query, name));
}

export async function stateOf(query: Query, name: SettingName): Promise<SettingState | undefined> {
  const [row] = await query<Omit<SettingState, 'mayAlter' | 'place'>>(stateSql, [name]);
  if (row === undefined) return undefined;
  return { ...row, mayAlter: await mayAlter(query, name), place: await grantPlace(query) };
}

/** Before PostgreSQL 15 only superusers may. */
async function mayAlter(query: Query, name: string): Promise<boolean> {
  const [server] = await query<{ superuser: boolean; version: number }>(
    `SELECT rolsuper AS superuser, current_setting('server_version_num')::int AS version
       FROM pg_roles WHERE rolname = current_user`,
  );
  if (server?.superuser) return true;
  if ((server?.version ?? 0) < 150_000) return false;
  const [row] = await query<{ may: boolean }>(`SELECT has_parameter_privilege($1, 'ALTER SYSTEM') AS may`, [
    name,
  ]);
  return row?.may ?? false;
}

/** Why the setting cannot be changed for the whole server while it runs. */
export function obstacle(name: SettingName, state: SettingState | undefined): string | undefined {
  if (state === undefined) return `this server has no setting ${name}`;
  if (state.context === 'postmaster' || state.context === 'internal')
    return `${name} takes effect at a restart only`;
  const asked = (statement: string) =>
    askedOfSuperuser(state.place, [`GRANT ${statement} TO ${state.place.role};`]);
  if (!state.seesFiles) return `where ${name} is set cannot be seen: ${asked('pg_monitor')}`;
  if (!['default', 'configuration file', 'override', 'environment variable'].includes(state.source)) {
    return `${name} is set by ${state.source}, which ALTER SYSTEM does not reach`;
  }
  if (!state.mayAlter)
    return `the role of Upkeep may not ALTER SYSTEM ${name} (before PostgreSQL 15 only a superuser may): ${asked(`ALTER SYSTEM ON PARAMETER ${name}`)}`;
  if (!state.mayReload)
    return `the role of Upkeep may not reload: ${asked('EXECUTE ON FUNCTION pg_reload_conf()')}`;
  return undefined;
}

/** What identifies how it stood: where it came from and what it was. */
export function settingFacts(state: SettingState) {
  return { value: state.value, isInAutoConf: state.isInAutoConf };
}

const reload = 'SELECT pg_reload_conf()';

export function setSteps(name: SettingName, value: string): [string, string] {
  return [`ALTER SYSTEM SET ${escapeIdentifier(name)} = ${escapeLiteral(value)}`, reload];
}

export function resetSteps(name: SettingName): [string, string] {
  return [`ALTER SYSTEM RESET ${escapeIdentifier(name)}`, reload];
}

/** As it stood before: the earlier value of postgresql.auto.conf, or nothing there. */
export function backSteps(
  name: SettingName,
  before: { value: string; isInAutoConf: boolean },
): [string, string] {
  return before.isInAutoConf ? setSteps(name, before.value) : resetSteps(name);
}

export async function runSteps(query: Query, steps: readonly string[]): Promise<void> {
  for (const step of steps) await query(step);
}
