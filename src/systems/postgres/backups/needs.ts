/** What a server and its role lack for a backup: asked of the server and of pg_hba.conf by logging in, not guessed. */
import { existsSync } from 'node:fs';
import { Client } from 'pg';
import type { EngineContext } from '../../../core/backup/engine.ts';
import type { Need, Needs, NeedsOrder } from '../../../core/backup/needs.ts';
import { formatDuration } from '../../../core/time.ts';
import { spawnProgram } from '../../../machine/spawn-program.ts';
import { findProgram } from '../../../machine/tools.ts';
import { clientConfig, destination, type PostgresConnection } from '../client.ts';
import { restartWay } from '../restart-way.ts';
import type { Query } from '../session.ts';
import { quoteName } from '../visibility.ts';
import { type SettingChange, setStatement } from './archiving.ts';
import { type MayRestore, mayRestore, ownersIn } from './owners.ts';
import { isElsewhere, keyNeeds } from './pgbackrest-repository.ts';
import { slotOf } from './plain-log.ts';
import { obstacle } from './prepare.ts';
import { hasServer, releaseFor } from './programs.ts';
import { commandFor, readLogSettings, settingChanges } from './server-settings.ts';

interface Facts {
  readonly role: string;
  readonly major: number;
  readonly isStandby: boolean;
  readonly seesSettings: boolean;
  readonly unreadable: number;
  readonly example: string | null;
  readonly data: string | null;
  readonly databaseBytes: number;
  readonly clusterBytes: number | null;
  readonly now: number;
  readonly tablespaces: number;
  readonly mayCreate: boolean;
}

const factsSql = `
  SELECT current_user::text AS role, current_setting('server_version_num')::int / 10000 AS major,
    pg_is_in_recovery() AS "isStandby", pg_has_role('pg_read_all_settings', 'USAGE') AS "seesSettings",
    (SELECT count(*)::int FROM unreadable) AS unreadable, (SELECT min(name) FROM unreadable) AS example,
    CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE') THEN current_setting('data_directory') END AS data,
    pg_database_size(current_database())::float8 AS "databaseBytes",
    (SELECT CASE WHEN bool_and(has_database_privilege(oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE'))
            THEN sum(CASE WHEN has_database_privilege(oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE')
                     THEN pg_database_size(oid) END)::float8 END FROM pg_database) AS "clusterBytes",
    (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now,
    (SELECT rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user) AS "mayCreate",
    (SELECT count(*)::int FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global')) AS tablespaces`;

const unreadableSql = `
  WITH unreadable AS (
    SELECT n.nspname || '.' || c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'm', 'S') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
       AND n.nspname NOT LIKE 'pg\\_toast%' AND n.nspname NOT LIKE 'pg\\_temp%'
       AND NOT (has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')))`;

/** Points in time are told by both clocks; farther apart than that and they mean different moments (J). */
const clockOffByMs = 2_000;

export type EngineId = 'postgres.pgbackrest' | 'postgres.plain' | 'postgres.logical';

export function needsOf(engine: EngineId) {
  return async (conn: PostgresConnection, order: NeedsOrder, ctx: EngineContext): Promise<Needs> => {
    const slot = slotOf(`${order.folder}/next`);
    const { facts, settings, rights, tookMs, askedAt } = await conn.work.use(ctx.signal, async (query) => {
      const askedAt = ctx.clock.now();
      const from = ctx.clock.monotonic();
      const [row] = await query<Facts & Record<string, unknown>>(unreadableSql + factsSql);
      if (row === undefined) throw new Error('the server says nothing of itself');
      const tookMs = ctx.clock.monotonic() - from;
      const facts = row as Facts;
      const rights =
        engine === 'postgres.logical'
          ? await mayRestore(query, await ownersIn(query), { user: facts.role, mayCreate: facts.mayCreate })
          : null;
      return { facts, settings: await readLogSettings(query, slot), rights, tookMs, askedAt };
    });
    const streams = engine === 'postgres.plain';
    const way = engine === 'postgres.pgbackrest' || order.log === 'archive' ? 'archived' : 'streamed';
    const command = commandFor(engine, order);
    const changes = engine === 'postgres.logical' ? [] : settingChanges(settings, way, command);
    const copying = streams ? settingChanges(settings, 'streamed', null) : [];
    const all = [...changes, ...copying.filter(({ name }) => !changes.some((one) => one.name === name))];
    const written = all.filter(({ name }) => !settings.pending.includes(name)).map(({ name }) => name);
    const hindrance =
      written.length === 0
        ? null
        : await conn.work.use(ctx.signal, (query) => obstacle(query, written, command !== null));
    const data = isHere(conn) && facts.data !== null && existsSync(facts.data) ? facts.data : null;
    return {
      data,
      ...(engine === 'postgres.pgbackrest' && isElsewhere(order.folder) && { isElsewhere: true }),
      fullBytes: engine === 'postgres.logical' ? facts.databaseBytes : facts.clusterBytes,
      needs: [
        ...placeNeeds(engine, facts, data),
        ...programNeeds(engine, facts.major),
        ...(engine === 'postgres.pgbackrest' ? await knownRelease(facts.major, ctx) : []),
        ...prepareNeeds(facts.role, hindrance?.remedy ?? null),
        ...(await settingNeeds(all, settings.pending, () => restartWay(conn, data))),
        ...roleNeeds(engine, facts),
        ...restoreNeeds(rights),
        ...(streams ? await replicationNeeds(conn, facts, ctx) : []),
        ...clockNeeds(facts.now - askedAt, tookMs),
        ...(engine === 'postgres.pgbackrest' ? keyNeeds(order.folder) : []),
      ],
    };
  };
}

/** What the guard would be told once it is asked; without it the statements by hand remain. */
function prepareNeeds(role: string, hindrance: string | null): Need[] {
  if (hindrance === null) return [];
  return [
    {
      what: `upkeep backup prepare is refused: role ${role} may not write the settings below`,
      remedy: hindrance.startsWith('psql') ? `${hindrance}   # as a superuser on the server` : hindrance,
      isAdvice: true,
    },
  ];
}

/** What is written already waits for a restart alone; the rest goes by the guard. */
async function settingNeeds(
  changes: readonly SettingChange[],
  pending: readonly string[],
  restartOf: () => Promise<string>,
): Promise<Need[]> {
  const isWaiting = ({ name }: SettingChange) => pending.includes(name);
  const restart = changes.some(isWaiting) ? await restartOf() : '';
  return changes.map((change) => {
    const { name, wrong, restarts } = change;
    if (isWaiting(change))
      return {
        what: `${wrong ?? name}: its new value is written and waits for a restart of PostgreSQL`,
        remedy: `${restart}   # ends every session, so in a window of yours; then upkeep backup needs, again`,
        isRestart: true,
      };
    return {
      what: `${wrong ?? `${name} is off: what a quiet server wrote last comes late`}${restarts ? ' (needs a restart)' : ''}`,
      remedy: setStatement(change),
      isSetting: true,
      ...(wrong === null && { isAdvice: true as const }),
    };
  });
}

function placeNeeds(
  engine: EngineId,
  { isStandby, seesSettings, data, tablespaces }: Facts,
  here: string | null,
): Need[] {
  const needs: Need[] = [];
  if (isStandby && engine !== 'postgres.logical')
    needs.push({ what: 'the server is a standby', remedy: 'let of: name the target of its primary' });
  if (engine === 'postgres.pgbackrest' && seesSettings && here === null)
    needs.push({
      what: `the data folder ${data} is not on this machine, where pgBackRest must run`,
      remedy: 'engine: postgres.plain   # copies over the network; or run Upkeep beside the server',
    });
  if (engine === 'postgres.plain' && tablespaces > 0)
    needs.push({
      what: 'the server has tablespaces outside its data folder',
      remedy: 'engine: postgres.pgbackrest',
    });
  return needs;
}

function programNeeds(engine: EngineId, major: number): Need[] {
  try {
    const release = releaseFor(major);
    const isOwn = engine === 'postgres.logical' || release.major === major;
    if (isOwn && hasServer(release)) return [];
    return [
      {
        what: isOwn
          ? `no server of PostgreSQL ${release.major} is installed here to restore into`
          : `PostgreSQL ${major} itself is not installed here, which alone reads its copies`,
        remedy: `apt-get install postgresql-${major}`,
      },
    ];
  } catch {
    return [
      {
        what: `no PostgreSQL ${major} or newer is installed here`,
        remedy: `apt-get install postgresql-${major}`,
      },
    ];
  }
}

/** Source: release notes of pgBackRest, "PostgreSQL N Support" of 2.34, 2.41, 2.48, 2.54 and 2.57. */
const firstFor: readonly (readonly [number, number])[] = [
  [14, 34],
  [15, 41],
  [16, 48],
  [17, 54],
  [18, 57],
];

/** Whether pgBackRest of that minor release knows a server; releases after those listed are not known to. */
export function knowsRelease(minor: number, major: number): boolean {
  const newest = firstFor.findLast(([, since]) => minor >= since)?.[0] ?? 13;
  const isListed = firstFor.some(([known]) => known === major);
  return major <= newest || (!isListed && major < 14);
}

async function knownRelease(major: number, ctx: EngineContext): Promise<Need[]> {
  if (findProgram('pgbackrest') === undefined) return [];
  const { output } = await spawnProgram(['pgbackrest', 'version'], {
    signal: ctx.signal,
    clock: ctx.clock,
    cwd: '/',
  });
  const minor = Number(/pgBackRest 2\.(\d+)/.exec(output)?.[1]);
  if (!Number.isInteger(minor) || knowsRelease(minor, major)) return [];
  return [
    {
      what: `pgBackRest 2.${minor} does not know PostgreSQL ${major}`,
      remedy: 'engine: postgres.plain   # until a newer pgBackRest is installed (apt.postgresql.org)',
    },
  ];
}

function roleNeeds(engine: EngineId, { role, major, unreadable, example, seesSettings }: Facts): Need[] {
  const name = quoteName(role);
  const needs: Need[] = [];
  if (unreadable > 0)
    needs.push({
      what: `role ${role} may not read ${unreadable === 1 ? example : `${example} and ${unreadable - 1} more`}`,
      remedy:
        major >= 14
          ? `GRANT pg_read_all_data TO ${name};`
          : `GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${name};   -- each schema`,
    });
  if (engine === 'postgres.pgbackrest' && !seesSettings)
    needs.push({
      what: `role ${role} may not see where the data folder is`,
      remedy: `GRANT pg_monitor TO ${name};`,
    });
  return needs;
}

/** Backups and their proofs need it not: those are restored into a server of their own. */
function restoreNeeds(rights: MayRestore | null): Need[] {
  if (rights?.lacking == null) return [];
  return [
    {
      what: `a restore on this server is refused: ${rights.lacking}`,
      remedy: `${rights.command}   # as a superuser on the server; may be revoked after a restore`,
      isAdvice: true,
    },
  ];
}

/** Asked by logging in as pg_basebackup does: role, pg_hba.conf and free senders answer at once. */
async function replicationNeeds(
  conn: PostgresConnection,
  { role }: Facts,
  ctx: EngineContext,
): Promise<Need[]> {
  const config = clientConfig(conn.config, {});
  const url = new URL(config.connectionString ?? '');
  url.searchParams.set('replication', 'true');
  const client = new Client({ ...config, connectionString: url.href, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {});
  const cut = () => void client.end().catch(() => {});
  ctx.signal.addEventListener('abort', cut, { once: true });
  try {
    await client.connect();
    return [];
  } catch (error) {
    ctx.signal.throwIfAborted();
    const said = error instanceof Error ? error.message : String(error);
    // A server that is full of senders has said so by its setting.
    if (/max_wal_senders/.test(said)) return [];
    const name = quoteName(role);
    const remedy = /pg_hba/.test(said)
      ? `echo 'host replication ${name} ${/host "([^"]+)"/.exec(said)?.[1] ?? 'ADDRESS'}/32 scram-sha-256' >> pg_hba.conf   # then SELECT pg_reload_conf();`
      : `ALTER ROLE ${name} REPLICATION;`;
    return [{ what: `no replication connection: ${said}`, remedy }];
  } finally {
    ctx.signal.removeEventListener('abort', cut);
    await client.end().catch(() => {});
  }
}

function clockNeeds(offMs: number, tookMs: number): Need[] {
  const off = Math.abs(offMs) - tookMs;
  if (off < clockOffByMs) return [];
  return [
    {
      what: `the clock of the server and ours are ${formatDuration(off)} apart: a point in time means two moments`,
      remedy: 'timedatectl set-ntp true   # on both machines',
    },
  ];
}

function isHere(conn: PostgresConnection): boolean {
  const place = destination(conn.config);
  return place === undefined || /^(localhost|127\.|::1$)/.test(place.host);
}

/** In words for a plan: whether that function may be called. */
export async function mayCall(query: Query, signature: string): Promise<boolean> {
  const [row] = await query<{ may: boolean }>(`SELECT has_function_privilege($1, 'EXECUTE') AS may`, [
    signature,
  ]);
  return row?.may ?? false;
}
