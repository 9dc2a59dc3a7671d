import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('incidents')
    .addColumn('conduct', 'text', (col) => col.notNull().defaultTo('{}'))
    .execute();
  await db.schema.createIndex('incidents_resolved').on('incidents').column('resolved_at').execute();
  await db.schema
    .createTable('updates')
    .addColumn('id', 'text', (col) => col.primaryKey())
    .addColumn('incident', 'text', (col) => col.notNull())
    .addColumn('at', 'bigint', (col) => col.notNull())
    .addColumn('by', 'text', (col) => col.notNull())
    .addColumn('status', 'text', (col) => col.notNull())
    .addColumn('text', 'text', (col) => col.notNull())
    .addColumn('is_public', 'integer', (col) => col.notNull())
    .execute();
  await db.schema.createIndex('updates_incident').on('updates').columns(['incident', 'at']).execute();
  await db.schema
    .createTable('postmortems')
    .addColumn('incident', 'text', (col) => col.primaryKey())
    .addColumn('sections', 'text', (col) => col.notNull())
    .addColumn('edited_at', 'bigint', (col) => col.notNull())
    .addColumn('edited_by', 'text', (col) => col.notNull())
    .execute();
  await db.schema
    .createTable('action_items')
    .addColumn('id', 'text', (col) => col.primaryKey())
    .addColumn('incident', 'text', (col) => col.notNull())
    .addColumn('task', 'text', (col) => col.notNull())
    .addColumn('owner', 'text')
    .addColumn('due_at', 'bigint')
    .addColumn('created_by', 'text', (col) => col.notNull())
    .addColumn('created_at', 'bigint', (col) => col.notNull())
    .addColumn('ended_at', 'bigint')
    .addColumn('ended_by', 'text')
    .addColumn('outcome', 'text')
    .execute();
  await db.schema.createIndex('action_items_incident').on('action_items').column('incident').execute();
}
