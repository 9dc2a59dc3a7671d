import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const name of ['copy_of', 'copy_sum'])
    await db.schema.alterTable('backups').addColumn(name, 'text').execute();
}
