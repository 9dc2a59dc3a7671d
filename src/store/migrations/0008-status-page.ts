import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('subscribers')
    .addColumn('id', 'text', (col) => col.primaryKey())
    .addColumn('address', 'text', (col) => col.notNull().unique())
    .addColumn('confirm_hash', 'text')
    .addColumn('confirm_until', 'bigint')
    .addColumn('asked_at', 'bigint', (col) => col.notNull())
    .addColumn('asked', 'integer', (col) => col.notNull())
    .addColumn('created_at', 'bigint', (col) => col.notNull())
    .addColumn('confirmed_at', 'bigint')
    .execute();
  await db.schema.createIndex('subscribers_confirm').on('subscribers').column('confirm_hash').execute();
  await db.schema
    .createTable('status_page_told')
    .addColumn('key', 'text', (col) => col.primaryKey())
    .addColumn('at', 'bigint', (col) => col.notNull())
    .execute();
}
