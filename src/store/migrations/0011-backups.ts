import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('backups')
    .addColumn('id', 'text', (col) => col.primaryKey())
    .addColumn('plan', 'text', (col) => col.notNull())
    .addColumn('target', 'text', (col) => col.notNull())
    .addColumn('engine', 'text', (col) => col.notNull())
    .addColumn('repository', 'text', (col) => col.notNull())
    .addColumn('folder', 'text', (col) => col.notNull())
    .addColumn('kind', 'text', (col) => col.notNull())
    .addColumn('needs', 'text', (col) => col.notNull())
    .addColumn('state', 'text', (col) => col.notNull())
    .addColumn('started_at', 'bigint', (col) => col.notNull())
    .addColumn('ended_at', 'bigint')
    .addColumn('bytes', 'bigint', (col) => col.notNull())
    .addColumn('log_from', 'bigint')
    .addColumn('manifest', 'text')
    .addColumn('detail', 'text', (col) => col.notNull())
    .addColumn('is_pinned', 'integer', (col) => col.notNull())
    .addColumn('marked_at', 'bigint')
    .execute();
  await db.schema.createIndex('backups_of').on('backups').columns(['plan', 'started_at']).execute();
  await db.schema
    .createTable('proofs')
    .addColumn('id', 'text', (col) => col.primaryKey())
    .addColumn('backup', 'text', (col) => col.notNull())
    .addColumn('at', 'bigint', (col) => col.notNull())
    .addColumn('level', 'integer')
    .addColumn('is_good', 'integer', (col) => col.notNull())
    .addColumn('restored_in_ms', 'bigint')
    .addColumn('restored_with', 'text', (col) => col.notNull())
    .addColumn('looks', 'text', (col) => col.notNull())
    .execute();
  await db.schema.createIndex('proofs_of').on('proofs').columns(['backup', 'at']).execute();
}
