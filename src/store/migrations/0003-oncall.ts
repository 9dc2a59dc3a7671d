import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await overrides(db);
  await absences(db);
  await pages(db);
  await feeds(db);
}

async function overrides(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('oncall_overrides')
    .addColumn('id', 'text', (col) => col.primaryKey())
    .addColumn('rotation', 'text', (col) => col.notNull())
    .addColumn('person', 'text', (col) => col.notNull())
    .addColumn('replaces', 'text')
    .addColumn('from_at', 'bigint', (col) => col.notNull())
    .addColumn('to_at', 'bigint', (col) => col.notNull())
    .addColumn('made_by', 'text', (col) => col.notNull())
    .addColumn('why', 'text', (col) => col.notNull())
    .addColumn('made_at', 'bigint', (col) => col.notNull())
    .addColumn('cancelled_at', 'bigint')
    .execute();
  await db.schema.createIndex('oncall_overrides_to').on('oncall_overrides').column('to_at').execute();
}

async function absences(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('oncall_absences')
    .addColumn('id', 'text', (col) => col.primaryKey())
    .addColumn('person', 'text', (col) => col.notNull())
    .addColumn('from_at', 'bigint', (col) => col.notNull())
    .addColumn('to_at', 'bigint', (col) => col.notNull())
    .addColumn('why', 'text', (col) => col.notNull())
    .execute();
  await db.schema.createIndex('oncall_absences_person').on('oncall_absences').column('person').execute();
}

async function pages(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('oncall_pages')
    .addColumn('id', 'text', (col) => col.primaryKey())
    .addColumn('key', 'text', (col) => col.notNull().unique())
    .addColumn('incident_id', 'text', (col) => col.notNull())
    .addColumn('person', 'text', (col) => col.notNull())
    .addColumn('rotation', 'text')
    .addColumn('level', 'text', (col) => col.notNull())
    .addColumn('notifiers', 'text', (col) => col.notNull())
    .addColumn('state', 'text', (col) => col.notNull())
    .addColumn('at', 'bigint', (col) => col.notNull())
    .addColumn('held_until', 'bigint')
    .execute();
  await db.schema
    .createIndex('oncall_pages_incident')
    .on('oncall_pages')
    .columns(['incident_id', 'person'])
    .execute();
  await db.schema.createIndex('oncall_pages_at').on('oncall_pages').column('at').execute();
  await db.schema
    .createIndex('oncall_pages_held')
    .on('oncall_pages')
    .column('person')
    .where(sql<boolean>`state = 'held'`)
    .execute();
}

async function feeds(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('oncall_feeds')
    .addColumn('hash', 'text', (col) => col.primaryKey())
    .addColumn('kind', 'text', (col) => col.notNull())
    .addColumn('name', 'text', (col) => col.notNull())
    .addColumn('created_by', 'text', (col) => col.notNull())
    .addColumn('created_at', 'bigint', (col) => col.notNull())
    .execute();
}
