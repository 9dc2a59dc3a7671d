import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await heartbeats(db);
  await foreignAlerts(db);
  await db.schema.alterTable('alerts').addColumn('annotations', 'text').execute();
}

async function heartbeats(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('heartbeats')
    .addColumn('target', 'text', (col) => col.primaryKey())
    .addColumn('secret_hash', 'text', (col) => col.notNull().unique())
    .addColumn('created_at', 'bigint', (col) => col.notNull())
    .addColumn('created_by', 'text', (col) => col.notNull())
    .addColumn('state', 'text')
    .execute();
}

async function foreignAlerts(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('foreign_alerts')
    .addColumn('source', 'text', (col) => col.notNull())
    .addColumn('fingerprint', 'text', (col) => col.notNull())
    .addColumn('alert', 'text', (col) => col.notNull())
    .addColumn('ends_at', 'bigint', (col) => col.notNull())
    .addPrimaryKeyConstraint('foreign_alerts_pk', ['source', 'fingerprint'])
    .execute();
  await db.schema.createIndex('foreign_alerts_ends').on('foreign_alerts').column('ends_at').execute();
}
