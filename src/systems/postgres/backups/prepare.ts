/**
 * Settings that a backup needs, changed by ALTER SYSTEM and taken back. What needs a restart is written and waits for it:
 * PostgreSQL is never restarted here.
 */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { escapeIdentifier, escapeLiteral } from 'pg';
import type { BackupEngine, EngineContext } from '../../../core/backup/engine.ts';
import type { NeedsOrder } from '../../../core/backup/needs.ts';
import { demandSteps } from '../../../core/demand.ts';
import type { Facts } from '../../../core/plan.ts';
import { accountOf, give } from '../../../machine/unprivileged.ts';
import { act, shortWork } from '../acting.ts';
import type { PostgresConnection } from '../client.ts';
import { askedOfSuperuser, grantPlace, psqlCommand } from '../grants.ts';
import { restartWay } from '../restart-way.ts';
import type { Query } from '../session.ts';
import { type SettingChange, setStatement } from './archiving.ts';
import { letThrough, pgbackrest, prepareRepository, repositoryIn } from './pgbackrest-repository.ts';
import { slotOf } from './plain-log.ts';
import { readServer, withReader } from './server-facts.ts';
import { commandFor, readLogSettings, readWritten, settingChanges, slotsFrom } from './server-settings.ts';

type EngineId = 'postgres.pgbackrest' | 'postgres.plain';
type Parts = Required<
  Pick<BackupEngine<PostgresConnection>, 'planSettings' | 'applySettings' | 'verifySettings' | 'undoSettings'>
>;

const reload = 'SELECT pg_reload_conf();';
/** The file of the log that is being written is handed over at once, so that the first arrival is seen. */
const handOver = "SELECT pg_create_restore_point('upkeep'); SELECT pg_switch_wal();";
const inFile = (name: string) => `${name} in postgresql.auto.conf`;

export function preparationOf(engine: EngineId): Parts {
  const isArchived = (order: NeedsOrder) => commandFor(engine, order) !== null;
  const changesFor = async (query: Query, order: NeedsOrder) => {
    const settings = await readLogSettings(query, slotOf(join(order.folder, 'next')));
    const command = commandFor(engine, order);
    const own = command === null ? [] : settingChanges(settings, 'archived', command);
    const copying = engine === 'postgres.plain' ? settingChanges(settings, 'streamed', null) : [];
    return [...own, ...copying.filter(({ name }) => !own.some((one) => one.name === name))];
  };
  const stepsFor = (order: NeedsOrder, changes: readonly SettingChange[], before: Facts) => [
    ...begunBy(engine, order),
    ...changes.map(
      (change) =>
        `${setStatement(change)} -- was ${shown(before[change.name])}${change.restarts ? '; needs a restart' : ''}`,
    ),
    reload,
    ...(isArchived(order) && !changes.some(({ restarts }) => restarts) ? [handOver] : []),
  ];

  return {
    planSettings: (conn, order, { signal }) =>
      act(conn, signal, shortWork, async (query) => {
        const wanted = await changesFor(query, order);
        if (wanted.length === 0) return { refused: 'the server has every setting that these backups need' };
        const pending = await pendingOf(query);
        const changes = wanted.filter(({ name }) => !pending.has(name));
        const restart = wanted.some(({ restarts }) => restarts)
          ? await restartWay(conn, await dataOf(query))
          : '';
        if (changes.length === 0)
          return {
            refused: `${namesOf(wanted)} ${wanted.length === 1 ? 'is' : 'are'} written already and ${wanted.length === 1 ? 'waits' : 'wait'} for a restart of PostgreSQL: ${restart}`,
          };
        const names = changes.map(({ name }) => name);
        const refused = await obstacle(query, names, isArchived(order));
        if (refused !== null) return { refused: refused.why };
        const written = await readWritten(query, names);
        const before: Record<string, Facts[string]> = {};
        for (const { name, value, restarts } of changes) {
          const now = written.get(name);
          if (now?.altered === value)
            return {
              refused: `${name} = ${value} is written already and waits for ${restarts ? `a restart of PostgreSQL: ${restart}` : 'SELECT pg_reload_conf()'}`,
            };
          before[name] = now?.running ?? null;
          before[inFile(name)] = now?.altered ?? null;
        }
        const waiting = changes.filter(({ restarts }) => restarts).map(({ name }) => name);
        const lasting =
          waiting.length === 0 ? '' : `; ${waiting.join(', ')} at the next restart, which is not done here`;
        return {
          summary: `Set ${names.join(', ')} so that backups to ${order.folder} get the log${lasting}`,
          steps: stepsFor(order, changes, before),
          before,
          expect:
            waiting.length > 0
              ? `they stand in postgresql.auto.conf; ${waiting.join(', ')} in force after a restart in a window that you choose: ${restart}`
              : 'they are in force, and the next file of the log is in the repository',
          undo: {
            possible: true,
            how: [
              ...changes.map(({ name }) => backStatement(name, before[inFile(name)] ?? null)),
              reload,
            ].join(' '),
          },
          ...{ subjects: names.map((name) => `setting ${name}`), verifyWithinMs: 120_000, holdMs: 2_000 },
          touches: ['production-change'],
        };
      }),

    async applySettings(conn, order, plan, ctx) {
      const changes = changesIn(plan.before, commandFor(engine, order));
      demandSteps(plan, stepsFor(order, changes, plan.before));
      if (begunBy(engine, order).length > 0) await begin(engine, conn, order, ctx);
      return act(conn, ctx.signal, shortWork, async (query) => {
        const written = await readWritten(
          query,
          changes.map(({ name }) => name),
        );
        const left = changes.filter(({ name, value }) => written.get(name)?.altered !== value);
        for (const { name } of left) {
          const now = written.get(name)?.altered ?? null;
          if (now !== plan.before[inFile(name)])
            throw new Error(`${name} was changed since it was planned, to ${shown(now)}; nothing was done`);
        }
        for (const { name, value } of left) await query(alter(name, value));
        await query('SELECT pg_reload_conf()');
        if (plan.steps.includes(handOver)) {
          await heard(query, changes, ctx);
          await query("SELECT pg_create_restore_point('upkeep')");
          await query('SELECT pg_switch_wal()');
        }
        return left.length === 0
          ? 'they were written already'
          : `${left.map(({ name }) => name).join(', ')} set`;
      });
    },

    verifySettings: (conn, order, plan, ctx) =>
      act(conn, ctx.signal, shortWork, async (query) => {
        const changes = changesIn(plan.before, commandFor(engine, order));
        const written = await readWritten(
          query,
          changes.map(({ name }) => name),
        );
        const after = Object.fromEntries(
          changes.map(({ name }) => [name, written.get(name)?.running ?? null]),
        );
        const wrong = changes.find(({ name, value }) => written.get(name)?.altered !== value);
        if (wrong)
          return {
            good: false,
            detail: `${wrong.name} is ${shown(written.get(wrong.name)?.altered)} in postgresql.auto.conf`,
            after,
          };
        const waiting = changes.filter(({ name }) => written.get(name)?.isPending).map(({ name }) => name);
        if (waiting.length > 0)
          return {
            good: true,
            detail: `written; in force after a restart of PostgreSQL: ${waiting.join(', ')} (${await restartWay(conn, await dataOf(query))})`,
            after,
          };
        if (!isArchived(order)) return { good: true, detail: 'in force', after };
        return { ...(await arrival(query, (name) => holds(engine, order, name, ctx))), after };
      }),

    undoSettings: (conn, order, plan, { signal }) =>
      act(conn, signal, shortWork, async (query) => {
        const changes = changesIn(plan.before, commandFor(engine, order));
        const written = await readWritten(
          query,
          changes.map(({ name }) => name),
        );
        // A server that goes on archiving until its restart would keep its whole log without a command.
        const goesOn = plan.before.archive_mode === 'off' && written.get('archive_mode')?.running === 'on';
        const kept = (name: string) => goesOn && /^archive_(command|library)$/.test(name);
        const left = changes.filter(
          ({ name }) => !kept(name) && (written.get(name)?.altered ?? null) !== plan.before[inFile(name)],
        );
        for (const { name, value } of left) {
          const now = written.get(name)?.altered ?? null;
          if (now !== value)
            throw new Error(`${name} was changed again meanwhile, to ${shown(now)}; it is left as it is`);
        }
        for (const { name } of left) await query(back(name, plan.before[inFile(name)] ?? null));
        await query('SELECT pg_reload_conf()');
        const rest = goesOn ? '; archive_command stays until archive_mode is off, at the next restart' : '';
        return left.length === 0
          ? `as before already${rest}`
          : `${left.map(({ name }) => name).join(', ')} set back${rest}`;
      }),
  };
}

const known = {
  wal_level: { value: 'replica', restarts: true },
  archive_mode: { value: 'on', restarts: true },
  archive_library: { value: '', restarts: false },
  archive_command: { value: '', restarts: false },
  archive_timeout: { value: '60s', restarts: false },
  max_wal_senders: { value: '10', restarts: true },
  max_replication_slots: { value: '10', restarts: true },
} as const;

const slots = 'max_replication_slots';

/** What a plan changes, made anew from the names in it: no value is taken from a plan. */
function changesIn(before: Facts, command: string | null): SettingChange[] {
  return Object.entries(known)
    .filter(([name]) => name in before)
    .map(([name, { value, restarts }]) => ({
      ...{ name, restarts, wrong: null },
      value:
        name === 'archive_command'
          ? (command ?? '')
          : name === slots
            ? slotsFrom(Number(before[slots]))
            : value,
    }));
}

function shown(value: unknown): string {
  return value === null || value === undefined ? 'not set' : value === '' ? "''" : String(value);
}

const namesOf = (changes: readonly SettingChange[]) => changes.map(({ name }) => name).join(', ');

async function pendingOf(query: Query): Promise<ReadonlySet<string>> {
  const rows = await query<{ name: string }>('SELECT name FROM pg_settings WHERE pending_restart');
  return new Set(rows.map(({ name }) => name));
}

/** Null for a role that may not see it. */
async function dataOf(query: Query): Promise<string | null> {
  const [row] = await query<{ data: string | null }>(
    `SELECT CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE') THEN current_setting('data_directory') END AS data`,
  );
  return row?.data ?? null;
}

function alter(name: string, value: string): string {
  return `ALTER SYSTEM SET ${escapeIdentifier(name)} = ${escapeLiteral(value)}`;
}

function back(name: string, before: Facts[string]): string {
  return before === null ? `ALTER SYSTEM RESET ${escapeIdentifier(name)}` : alter(name, String(before));
}

function backStatement(name: string, before: Facts[string]): string {
  return before === null ? `ALTER SYSTEM RESET ${name};` : setStatement({ name, value: String(before) });
}

/** Why settings cannot be written by our role, and what would let it, as it is typed; null where they can. */
export async function obstacle(
  query: Query,
  names: readonly string[],
  handsOver: boolean,
): Promise<{ readonly why: string; readonly remedy: string } | null> {
  const only = (why: string) => ({ why, remedy: why });
  const [role] = await query<{
    name: string;
    superuser: boolean;
    major: number;
    reads: boolean;
    reloads: boolean;
    switches: boolean;
    primary: boolean;
  }>(
    `SELECT rolname::text AS name, rolsuper AS superuser, current_setting('server_version_num')::int / 10000 AS major,
            has_table_privilege('pg_file_settings', 'SELECT') AND has_function_privilege('pg_show_all_file_settings()', 'EXECUTE') AS reads,
            has_function_privilege('pg_reload_conf()', 'EXECUTE') AS reloads,
            has_function_privilege('pg_switch_wal()', 'EXECUTE') AND has_function_privilege('pg_create_restore_point(text)', 'EXECUTE') AS switches,
            NOT pg_is_in_recovery() AS primary
       FROM pg_roles WHERE rolname = current_user`,
  );
  if (role === undefined) return only('the server does not say who we are');
  if (!role.primary) return only('the server is a standby: settings for backups belong to its primary');
  if (role.superuser) return null;
  if (role.major < 15)
    return only(`before PostgreSQL 15 only a superuser may ALTER SYSTEM, and ${role.name} is none`);
  const place = await grantPlace(query);
  const to = place.role;
  const grants = [];
  for (const name of names) {
    const [row] = await query<{ may: boolean }>(`SELECT has_parameter_privilege($1, 'ALTER SYSTEM') AS may`, [
      name,
    ]);
    if (!row?.may) grants.push(`GRANT ALTER SYSTEM ON PARAMETER ${name} TO ${to};`);
  }
  if (!role.reads)
    grants.push(
      `GRANT SELECT ON pg_file_settings TO ${to};`,
      `GRANT EXECUTE ON FUNCTION pg_show_all_file_settings() TO ${to};`,
    );
  if (!role.reloads) grants.push(`GRANT EXECUTE ON FUNCTION pg_reload_conf() TO ${to};`);
  if (handsOver && !role.switches)
    grants.push(`GRANT EXECUTE ON FUNCTION pg_switch_wal(), pg_create_restore_point(text) TO ${to};`);
  if (grants.length === 0) return null;
  const why = `role ${role.name} may not: ${askedOfSuperuser(place, grants)}`;
  return { why, remedy: psqlCommand(place, grants) };
}

/** The repository must be there before the first file of the log comes. */
function begunBy(engine: EngineId, order: NeedsOrder): string[] {
  if (engine === 'postgres.pgbackrest')
    return [`pgbackrest --config=${repositoryIn(order.folder).configFile} --stanza=upkeep stanza-create`];
  return order.log === 'archive' ? [`mkdir -p ${join(order.folder, 'wal')}`] : [];
}

async function begin(
  engine: EngineId,
  conn: PostgresConnection,
  { folder }: NeedsOrder,
  ctx: EngineContext,
): Promise<void> {
  const server = await withReader(conn, ctx.signal, readServer);
  if (!existsSync(server.data))
    throw new Error(`the data folder ${server.data} is not on this machine; nothing was done`);
  if (engine === 'postgres.pgbackrest') {
    await pgbackrest(prepareRepository(folder, server), 'stanza-create', {}, ctx);
    return;
  }
  const account = accountOf(statSync(server.data).uid, server.data);
  letThrough(resolve(folder), account);
  const wal = join(folder, 'wal');
  mkdirSync(wal, { recursive: true, mode: 0o700 });
  give(wal, account);
}

const heardWithinMs = 5_000;

/**
 * Waits until the server has read its files anew: what is handed over before that goes by the command of before, and the
 * next file comes only with archive_timeout. Its sessions and the archiver are told in the same moment.
 */
async function heard(query: Query, changes: readonly SettingChange[], ctx: EngineContext): Promise<void> {
  const told = changes.filter(({ name }) => name === 'archive_command');
  const names = told.map(({ name }) => name);
  const until = ctx.clock.monotonic() + heardWithinMs;
  while (ctx.clock.monotonic() < until) {
    await ctx.clock.sleep(100, ctx.signal);
    const written = await readWritten(query, names);
    if (told.every(({ name, value }) => written.get(name)?.running === value)) break;
  }
  await ctx.clock.sleep(100, ctx.signal);
}

/** What the archiver says it handed over since the settings came into force, looked for where it must be. */
async function arrival(query: Query, isThere: (name: string) => Promise<boolean>) {
  const [row] = await query<{ name: string | null; failed: string | null }>(
    `SELECT CASE WHEN last_archived_time >= pg_conf_load_time() THEN last_archived_wal END AS name,
            CASE WHEN last_failed_time >= pg_conf_load_time() AND last_failed_time > coalesce(last_archived_time, '-infinity')
                 THEN last_failed_wal END AS failed
       FROM pg_stat_archiver`,
  );
  if (row?.failed != null)
    return {
      good: false,
      detail: `in force, and archive_command fails for ${row.failed}: its words are in the log of PostgreSQL`,
    };
  if (row?.name == null) return { good: false, detail: 'in force; no file of the log has arrived yet' };
  return (await isThere(row.name))
    ? { good: true, detail: `in force; ${row.name} of the log is in the repository` }
    : {
        good: false,
        detail: `PostgreSQL says it handed over ${row.name}, and the repository does not hold it`,
      };
}

async function holds(
  engine: EngineId,
  { folder }: NeedsOrder,
  name: string,
  ctx: EngineContext,
): Promise<boolean> {
  if (engine === 'postgres.plain') return existsSync(join(folder, 'wal', name));
  const options = ['--repo=1', '--recurse'];
  const listed = await pgbackrest(
    repositoryIn(folder),
    'repo-ls',
    { options, words: ['archive/upkeep'] },
    ctx,
  );
  return listed.output.includes(`/${name}-`);
}
