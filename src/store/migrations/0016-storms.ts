import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('storms')
    .addColumn('id', 'text', (col) => col.primaryKey())
    .addColumn('notifier', 'text', (col) => col.notNull())
    .addColumn('person', 'text', (col) => col.notNull())
    .addColumn('began_at', 'bigint', (col) => col.notNull())
    .addColumn('joined_at', 'bigint', (col) => col.notNull())
    .addColumn('told_at', 'bigint', (col) => col.notNull())
    .addColumn('level', 'text', (col) => col.notNull())
    .addColumn('incidents', 'text', (col) => col.notNull())
    .addColumn('told', 'integer', (col) => col.notNull())
    .addColumn('over_at', 'bigint')
    .execute();
  await db.schema.createIndex('outbox_taken').on('outbox').columns(['notifier', 'delivered_at']).execute();
  await db.schema
    .createIndex('storms_receiver')
    .on('storms')
    .columns(['notifier', 'person', 'began_at'])
    .execute();
}
