import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('changes')
    .addColumn('id', 'text', (col) => col.primaryKey())
    .addColumn('kind', 'text', (col) => col.notNull())
    .addColumn('target', 'text')
    .addColumn('service', 'text')
    .addColumn('summary', 'text', (col) => col.notNull())
    .addColumn('differences', 'text', (col) => col.notNull())
    .addColumn('after', 'bigint', (col) => col.notNull())
    .addColumn('at', 'bigint', (col) => col.notNull())
    .addColumn('source', 'text', (col) => col.notNull())
    .addColumn('is_reported', 'integer', (col) => col.notNull())
    .addColumn('url', 'text')
    .execute();
  await db.schema.createIndex('changes_at').on('changes').column('at').execute();
  await db.schema
    .createTable('snapshots')
    .addColumn('target', 'text', (col) => col.notNull())
    .addColumn('document', 'text', (col) => col.notNull())
    .addColumn('at', 'bigint', (col) => col.notNull())
    .addColumn('content', 'text', (col) => col.notNull())
    .addPrimaryKeyConstraint('snapshots_key', ['target', 'document'])
    .execute();
}
