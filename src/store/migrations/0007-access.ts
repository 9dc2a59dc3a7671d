import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await accounts(db);
  await db.schema
    .createTable('recovery_codes')
    .addColumn('account_id', 'text', (col) => col.notNull().references('accounts.id').onDelete('cascade'))
    .addColumn('hash', 'text', (col) => col.notNull())
    .addPrimaryKeyConstraint('recovery_codes_pk', ['account_id', 'hash'])
    .execute();
  for (const column of ['method', 'address'])
    await db.schema
      .alterTable('sessions')
      .addColumn(column, 'text', (col) => col.notNull().defaultTo(''))
      .execute();
  for (const column of ['id', 'name', 'created_by'])
    await db.schema.alterTable('invitations').addColumn(column, 'text').execute();
}

async function accounts(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('accounts').addColumn('disabled_at', 'bigint').execute();
  for (const column of ['totp_secret', 'oidc_issuer', 'oidc_subject'])
    await db.schema.alterTable('accounts').addColumn(column, 'text').execute();
  for (const column of ['totp_since', 'totp_step'])
    await db.schema.alterTable('accounts').addColumn(column, 'bigint').execute();
  await db.schema
    .createIndex('accounts_oidc')
    .unique()
    .on('accounts')
    .columns(['oidc_issuer', 'oidc_subject'])
    .execute();
}
