import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('threads')
    .addColumn('incident_id', 'text', (col) => col.notNull())
    .addColumn('notifier', 'text', (col) => col.notNull())
    .addColumn('person', 'text', (col) => col.notNull())
    .addColumn('thread', 'text', (col) => col.notNull())
    .addColumn('updated_at', 'bigint', (col) => col.notNull())
    .addPrimaryKeyConstraint('threads_pk', ['incident_id', 'notifier', 'person'])
    .execute();
  await db.schema
    .createTable('used_links')
    .addColumn('id', 'text', (col) => col.primaryKey())
    .addColumn('used_at', 'bigint', (col) => col.notNull())
    .addColumn('expires_at', 'bigint', (col) => col.notNull())
    .execute();
  await db.schema.alterTable('outbox').addColumn('diverted_to', 'text').execute();
}
