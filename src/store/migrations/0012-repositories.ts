import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('backups').addColumn('label', 'text').execute();
  for (const name of ['written_at', 'seen_at', 'locked_until'])
    await db.schema.alterTable('backups').addColumn(name, 'bigint').execute();
  await db.schema.alterTable('proofs').addColumn('evidence', 'text').execute();
}
