/** Settings of PostgreSQL by what changing them can do. */
import { because, type Reason } from '../classes.ts';

/** Limits that a session sets for itself; turning them off is another matter. */
const ownLimits: ReadonlySet<string> = new Set([
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
  'transaction_timeout',
]);

/** Somebody else's rights, or reading pages that are known to be broken. */
const forbiddenSettings: ReadonlySet<string> = new Set([
  'role',
  'session_authorization',
  'zero_damaged_pages',
  'ignore_checksum_failure',
  'ignore_invalid_pages',
  'ignore_system_indexes',
  'allow_system_table_mods',
  'remove_temp_files_after_crash',
]);

/** The server runs what these name. */
const running =
  /(_preload_libraries|_command|_library|dynamic_library_path|jit_provider|^krb_server_keyfile)$/;

/** Durability, archives, who gets in and by what, triggers and row security. */
const losing =
  /^(fsync|full_page_writes|archive_.*|wal_level|wal_log_hints|synchronous_commit|ssl.*|hba_file|ident_file|data_directory|config_file|listen_addresses|password_encryption|session_replication_role|row_security|data_checksums|max_slot_wal_keep_size|primary_.*|recovery_(target|min|init).*|hot_standby|allow_in_place_tablespaces|autovacuum|default_transaction_read_only|transaction_read_only)$/;

/**
 * @param lasting for the whole server, a database or a role rather than for this session
 * @param value what it is set to; undefined where it is reset or cannot be read
 */
export function judgeSetting(name: string, lasting: boolean, value?: string | number | boolean): Reason {
  const key = name.toLowerCase();
  if (forbiddenSettings.has(key))
    return because('forbidden', 'sql.forbidden-setting', `${key} is never changed by Upkeep`);
  if (/^archive_(command|library)$/.test(key) || losing.test(key)) {
    const level =
      lasting || key === 'session_replication_role' || key === 'row_security' ? 'destructive' : 'risky';
    return because(level, 'sql.protective-setting', `${key} protects data or decides who gets in`);
  }
  if (running.test(key))
    return because('forbidden', 'sql.setting-runs-code', `the server runs what ${key} names`);
  if (!lasting && ownLimits.has(key) && value !== undefined && !/^0+\s*\w*$/.test(String(value)))
    return because('safe', 'sql.own-limit', `${key} limits this session`);
  if (!lasting && key === 'application_name') return because('safe', 'sql.own-name', 'names this session');
  return because(
    'risky',
    'sql.setting',
    `${key === '' ? 'every setting' : key} changes how the server behaves`,
  );
}
