import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('actions').addColumn('approval', 'text').execute();
  await db.schema.alterTable('actions').addColumn('undoes', 'text').execute();
  await db.schema
    .alterTable('actions')
    .addColumn('version', 'integer', (col) => col.notNull().defaultTo(1))
    .execute();
}
