import type { Snapshot } from '../../../core/change.ts';
import type { Missing, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { observe, type PostgresConnection } from '../client.ts';
import { failureOf } from '../failure.ts';
import { grantPlace, psqlCommand } from '../grants.ts';
import { listed, told } from '../in-words.ts';
import type { Query } from '../session.ts';
import { readSessionDefaults } from '../session-defaults.ts';
import { unsafeSettings } from '../unsafe-settings.ts';
import { visibility } from '../visibility.ts';

/** What the server's own upkeep needs; without it dead rows stay and transaction numbers run out. */
const needed: Readonly<Record<string, string>> = {
  autovacuum: 'off',
  track_counts: 'off',
  track_activities: 'off',
};

/** Without these less is seen after trouble, or a crash loses the last commits; often so on purpose. */
const noted: Readonly<Record<string, string>> = {
  track_io_timing: 'off',
  log_lock_waits: 'off',
  log_checkpoints: 'off',
  log_autovacuum_min_duration: '-1',
  log_temp_files: '-1',
  synchronous_commit: 'off',
};

export const settings: Probe<PostgresConnection> = {
  id: 'postgres.settings',
  summary:
    'Settings that risk data or stop upkeep or wait for a restart; for the ledger, how all of them stand',
  atMostEveryMs: 60_000,
  metrics: {
    'postgres.settings.unsafe': {
      summary: `How many of these risk the data: ${Object.keys(unsafeSettings).join(', ')}`,
      unit: 'count',
      kind: 'gauge',
    },
    'postgres.settings.upkeep_off': {
      summary: `How many of these are off: ${Object.keys(needed).join(', ')}`,
      unit: 'count',
      kind: 'gauge',
    },
    'postgres.settings.read_only': {
      summary:
        '1 where new transactions may only read unless they ask for more, on a server that is no standby; else 0',
      unit: 'state',
      kind: 'gauge',
    },
    'postgres.settings.noted': {
      summary: `How many of these are off, for reports only: ${Object.keys(noted).join(', ')}`,
      unit: 'count',
      kind: 'gauge',
    },
    'postgres.settings.pending_restart': {
      summary: 'Settings changed in the file that take effect only at a restart',
      unit: 'count',
      kind: 'gauge',
    },
    'postgres.settings.file_errors': {
      summary: 'Lines of the configuration files that the server did not accept',
      unit: 'count',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (query) => {
      const rows = withFresh(await query<Setting>(settingsSql), await fixedAtStart(conn, ctx.signal));
      const { user } = await visibility(query);
      const errors = await fileErrors(query, user);
      const bad = (values: Readonly<Record<string, string>>) =>
        rows.filter(({ name, set }) => values[name] === set).map(({ name, set }) => `${name} = ${set}`);
      const defaults = await defaultsOf(conn, query, ctx.signal);
      const pending = rows.filter((row) => row.pending).map(({ name }) => name);
      return {
        readings: [
          told('postgres.settings.unsafe', bad(unsafeSettings).length, listed(bad(unsafeSettings))),
          told('postgres.settings.upkeep_off', bad(needed).length, listed(bad(needed))),
          told('postgres.settings.noted', bad(noted).length, listed(bad(noted))),
          told('postgres.settings.pending_restart', pending.length, listed(pending)),
          ...errors.readings,
          ...defaults.readings,
        ],
        missing: [...errors.missing, ...defaults.missing],
        snapshots: [
          { document: 'postgres.settings', kind: 'configuration', values: documentOf(rows) },
          ...defaults.snapshots,
        ],
      };
    }),
};

interface Setting {
  readonly name: string;
  readonly set: string;
  /** With its unit: `64kB`. */
  readonly shown: string | null;
  readonly source: string;
  readonly pending: boolean;
}

/** A document of its own, as it takes one more login, which a full server does not give. */
async function defaultsOf(
  conn: PostgresConnection,
  query: Query,
  signal: AbortSignal,
): Promise<{ readings: Reading[]; missing: Missing[]; snapshots: Snapshot[] }> {
  try {
    const values = await readSessionDefaults(conn, signal);
    const [server] = await query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
    const isReadOnly = values.default_transaction_read_only === 'on' && server?.standby === false;
    return {
      readings: [
        told(
          'postgres.settings.read_only',
          isReadOnly ? 1 : 0,
          isReadOnly ? 'default_transaction_read_only = on' : '',
        ),
      ],
      missing: [],
      snapshots: [{ document: 'postgres.session-defaults', kind: 'configuration', values }],
    };
  } catch (error) {
    if (signal.aborted) throw error;
    const { detail } = failureOf(error, 0);
    const reason = `what sessions start with takes a login of its own, which failed: ${detail}`;
    return {
      readings: [],
      missing: [
        {
          metrics: ['postgres.settings.read_only'],
          reason,
          remedy: 'Give the role of Upkeep one more connection',
        },
      ],
      snapshots: [],
    };
  }
}

/**
 * What the command line says outranks the file at every start, so the file's other value waits for nothing; the server
 * marks it all the same from its first reload to its next start.
 *
 * Our own session was given some of its own at its start (source client), which hide what others get: those are in the
 * document postgres.session-defaults. What roles and databases have of their own is in postgres.role-settings.
 */
const settingsSql = `
SELECT name, setting AS set, current_setting(name, true) AS shown, source,
       pending_restart AND source NOT IN ('command line', 'override') AS pending FROM pg_settings
 WHERE source NOT IN ('client', 'session', 'interactive', 'test') OR pending_restart
 ORDER BY name`;

/** Given to a session at its start and then fixed: one that is kept never sees them change (log_connections). */
const fixedSql = `
SELECT name, setting AS set, current_setting(name, true) AS shown, source,
       pending_restart AND source NOT IN ('command line', 'override') AS pending FROM pg_settings
 WHERE context IN ('backend', 'superuser-backend') AND source NOT IN ('client', 'session', 'interactive', 'test')
 ORDER BY name`;

const fixedSeen = new WeakMap<PostgresConnection, readonly Setting[]>();

/** As a new session gets them; as last seen where no login is to be had. */
async function fixedAtStart(conn: PostgresConnection, signal: AbortSignal): Promise<readonly Setting[]> {
  try {
    const rows = await conn.plain.use(signal, async (query) => {
      // What sessions start with may be shorter than this look takes.
      await query("SET statement_timeout = '5s'");
      return query<Setting>(fixedSql);
    });
    fixedSeen.set(conn, rows);
    return rows;
  } catch (error) {
    if (signal.aborted) throw error;
    return fixedSeen.get(conn) ?? [];
  }
}

function withFresh(rows: readonly Setting[], fresh: readonly Setting[]): readonly Setting[] {
  const newer = new Map(fresh.map((row) => [row.name, row]));
  return rows.map((row) => newer.get(row.name) ?? row);
}

const secretive = /conninfo|password|passphrase|secret|krb_server_keyfile/i;
/** Settings that move by themselves or are of the session. */
const moving =
  /^(application_name|transaction_.*|in_hot_standby|is_superuser|session_authorization|role|default_transaction_read_only|seed)$/;

/** All of them, defaults too: so a change says what it was before. */
function documentOf(rows: readonly Setting[]): Record<string, string> {
  return Object.fromEntries(
    rows
      .filter(({ name }) => !moving.test(name))
      .map(({ name, set, shown, source, pending }) => {
        const value = secretive.test(name) ? hidden(set) : (shown ?? set);
        return [name, `${value} (${source}${pending ? ', needs a restart' : ''})`];
      }),
  );
}

/** A name may sound secret and be none: password_encryption. That it was changed may be known in any case. */
function hidden(value: string): string {
  if (value === '' || /^(on|off|md5|scram-sha-256)$/.test(value)) return value;
  return '(hidden)';
}

/** Only a superuser reads the view unless it is granted. */
async function fileErrors(query: Query, user: string): Promise<{ readings: Reading[]; missing: Missing[] }> {
  const [may] = await query<{ may: boolean }>(
    `SELECT has_table_privilege('pg_file_settings', 'SELECT')
        AND has_function_privilege('pg_show_all_file_settings()', 'EXECUTE') AS may`,
  );
  if (!may?.may) {
    const place = await grantPlace(query);
    const grants = ['SELECT ON pg_file_settings', 'EXECUTE ON FUNCTION pg_show_all_file_settings()'];
    return {
      readings: [],
      missing: [
        {
          metrics: ['postgres.settings.file_errors'],
          reason: `role ${user} may not see which lines of the configuration files are wrong`,
          remedy: psqlCommand(
            place,
            grants.map((one) => `GRANT ${one} TO ${place.role};`),
          ),
        },
      ],
    };
  }
  const rows = await query<{ file: string; line: number | null; name: string | null; error: string }>(
    `SELECT sourcefile AS file, sourceline AS line, name, error FROM pg_file_settings
      WHERE error IS NOT NULL AND error <> 'setting could not be applied' ORDER BY seqno LIMIT 100`,
  );
  const words = rows.map(({ file, line, name, error }) => `${file}:${line ?? '?'} ${name ?? ''} ${error}`);
  return { readings: [told('postgres.settings.file_errors', rows.length, listed(words))], missing: [] };
}
