import pg from 'pg';
import { migrate, standing } from './migrations/index.ts';
import type { Opened } from './opened.ts';
import { openPostgres, type PostgresLocation, parseLocation, sessionSettings } from './postgres.ts';
import { lockPostgres, type PostgresLock } from './postgres-lock.ts';
import { codeOf, messageOf, StoreRefusal, StoreUnavailable } from './refusals.ts';

/** @throws StoreRefusal */
export async function openServer(url: string, isShared: boolean): Promise<Opened> {
  const location = parseLocation(url);
  let lock: PostgresLock | null = null;
  try {
    await prepareSchema(location, isShared);
    if (!isShared) lock = await lockPostgres(location);
    return await openPrepared(location, lock);
  } catch (error) {
    await lock?.release();
    throw error instanceof StoreRefusal ? error : unavailable(location, error);
  }
}

async function openPrepared(location: PostgresLocation, lock: PostgresLock | null): Promise<Opened> {
  const db = openPostgres(location);
  try {
    if ((await standing(db, `schema ${location.schema} of ${location.name}`)) !== 'current') {
      const passing = lock === null ? await lockPostgres(location) : null;
      try {
        await migrate(db, location.schema);
      } finally {
        await passing?.release();
      }
    }
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return {
    db,
    ensureOwner: () => lock?.ensure() ?? Promise.resolve(),
    async close() {
      await db.destroy();
      await lock?.release();
    },
  };
}

/** Makes the schema unless it is there, and refuses a server that could not hold a store. */
async function prepareSchema(location: PostgresLocation, isShared: boolean): Promise<void> {
  const { schema, name } = location;
  const client = new pg.Client(sessionSettings(location));
  client.on('error', () => {});
  await client.connect();
  try {
    const { rows } = await client.query<{ encoding: string; readonly: string; exists: boolean }>(
      `select current_setting('server_encoding') as encoding, current_setting('transaction_read_only') as readonly,
         exists (select from pg_namespace where nspname = $1) as exists`,
      [schema],
    );
    const server = rows[0];
    if (server?.encoding !== 'UTF8') {
      throw new StoreUnavailable(
        `${name} has the encoding ${server?.encoding}; create a database with encoding 'UTF8' for the store`,
      );
    }
    if (server.exists) return;
    if (isShared) throw new StoreUnavailable(`there is no store in ${name} yet; \`upkeep run\` makes it`);
    if (server.readonly === 'on') {
      throw new StoreUnavailable(`${name} is read-only (a standby?); let \`store:\` name the primary`);
    }
    await client.query(`create schema if not exists ${pg.escapeIdentifier(schema)}`);
  } finally {
    await client.end();
  }
}

/** SQLSTATE or system error code, and what helps. */
const remedies: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'start the server, or correct host and port',
  ECONNRESET: 'see whether the server asks for TLS (sslmode=require)',
  ENOTFOUND: 'correct the host name, or see whether its DNS name resolves here',
  EAI_AGAIN: 'see whether DNS works on this machine',
  ETIMEDOUT: 'see whether a firewall is between this machine and the server',
  ENOENT: 'correct the folder of its socket, or start the server',
  '28P01': 'correct user and password',
  '28000': 'let pg_hba.conf admit this user from here',
  '3D000': 'create the database, or correct its name',
  '42501': 'let its owner run: grant create on database … to the user of `store:`',
  '53300': 'raise max_connections, or close other sessions',
  '57P03': 'wait until the server has started',
};

function unavailable({ name }: PostgresLocation, error: unknown): StoreUnavailable {
  const code = codeOf(error) || (error instanceof AggregateError ? codeOf(error.errors[0]) : '');
  const remedy = remedies[code] ?? 'see whether the server runs and `store:` in upkeep.yaml is right';
  return new StoreUnavailable(`the store ${name} cannot be used (${messageOf(error)}); ${remedy}`);
}
