import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('alerts')
    .addColumn('is_hygiene', 'integer', (col) => col.notNull().defaultTo(0))
    .execute();
}
