/** Brings a store to this version's tables, and refuses one that a newer version wrote. */
import { type Kysely, type Migration, Migrator, sql } from 'kysely';
import { engineOf } from '../engines.ts';
import { StoreTooNew } from '../refusals.ts';
import type { Schema } from '../schema.ts';
import * as first from './0001-first.ts';
import * as threads from './0002-threads.ts';
import * as oncall from './0003-oncall.ts';
import * as mutes from './0004-mutes.ts';
import * as heartbeats from './0005-heartbeats.ts';
import * as incidents from './0006-incidents.ts';
import * as access from './0007-access.ts';
import * as statusPage from './0008-status-page.ts';
import * as changes from './0009-changes.ts';
import * as approvals from './0010-approvals.ts';
import * as backups from './0011-backups.ts';
import * as repositories from './0012-repositories.ts';
import * as hygiene from './0013-hygiene.ts';
import * as copies from './0014-copies.ts';
import * as firstDetail from './0015-first-detail.ts';
import * as storms from './0016-storms.ts';
import * as copyKeys from './0017-copy-keys.ts';

/** In their order; one that was released is never changed. */
const migrations: Readonly<Record<string, Migration>> = {
  '0001-first': first,
  '0002-threads': threads,
  '0003-oncall': oncall,
  '0004-mutes': mutes,
  '0005-heartbeats': heartbeats,
  '0006-incidents': incidents,
  '0007-access': access,
  '0008-status-page': statusPage,
  '0009-changes': changes,
  '0010-approvals': approvals,
  '0011-backups': backups,
  '0012-repositories': repositories,
  '0013-hygiene': hygiene,
  '0014-copies': copies,
  '0015-first-detail': firstDetail,
  '0016-storms': storms,
  '0017-copy-keys': copyKeys,
};

const schemaVersion = Object.keys(migrations).length;
const bookkeeping = { migrationTableName: 'migrations', migrationLockTableName: 'migrations_lock' };

export type Standing = 'empty' | 'older' | 'current';

/**
 * @param name of the store, for the message
 * @throws StoreTooNew when it has a version or a migration that this Upkeep does not know
 */
export async function standing(db: Kysely<Schema>, name: string): Promise<Standing> {
  if (!(await hasTable(db, 'meta'))) return 'empty';
  const row = await db
    .selectFrom('meta')
    .select('value')
    .where('key', '=', 'schema_version')
    .executeTakeFirst();
  const version = Number(row?.value ?? 0);
  const done = await sql<{ name: string }>`select name from migrations`.execute(db);
  const unknown = done.rows.filter((migration) => !Object.hasOwn(migrations, migration.name));
  if (version > schemaVersion || unknown.length > 0) {
    throw new StoreTooNew(
      `${name} was written by a newer Upkeep (store version ${Math.max(version, done.rows.length)}, this one knows ${schemaVersion}); start that Upkeep, or restore a copy from before the update`,
    );
  }
  return version < schemaVersion || done.rows.length < schemaVersion ? 'older' : 'current';
}

/** All that is missing, in one transaction on either engine. */
export async function migrate(db: Kysely<Schema>, schema?: string): Promise<void> {
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve({ ...migrations }) },
    ...bookkeeping,
    ...(schema === undefined ? {} : { migrationTableSchema: schema }),
  });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
  await db
    .insertInto('meta')
    .values({ key: 'schema_version', value: String(schemaVersion) })
    .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: String(schemaVersion) }))
    .execute();
}

async function hasTable(db: Kysely<Schema>, table: string): Promise<boolean> {
  const found =
    engineOf(db) === 'postgres'
      ? await sql`select 1 from pg_tables where schemaname = current_schema() and tablename = ${table}`.execute(
          db,
        )
      : await sql`select 1 from sqlite_master where type = 'table' and name = ${table}`.execute(db);
  return found.rows.length > 0;
}
