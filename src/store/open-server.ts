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
    if ((await standing(db, nameOf(location))) !== 'current') {
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
  await asking(location, async (client) => {
    const { exists, isReadOnly } = await look(client, location);
    if (exists) return;
    if (isShared)
      throw new StoreUnavailable(`there is no store in ${location.name} yet; \`upkeep run\` makes it`);
    if (isReadOnly) throw readOnly(location);
    await client.query(`create schema if not exists ${pg.escapeIdentifier(location.schema)}`);
  });
}

/**
 * What would keep the store from being opened, without making or changing anything.
 * @throws StoreRefusal
 */
export async function tryServer(url: string): Promise<void> {
  const location = parseLocation(url);
  try {
    const { exists, isReadOnly, grant } = await asking(location, (client) => look(client, location));
    if (isReadOnly) throw readOnly(location);
    if (grant !== null)
      throw new StoreUnavailable(
        `the user of \`store:\` may not write in ${location.name}; let its owner run: ${grant}`,
      );
    if (exists) await refuseNewer(location);
  } catch (error) {
    throw error instanceof StoreRefusal ? error : unavailable(location, error);
  }
}

/** As `glanceAt`. */
export async function glanceServer<T>(
  url: string,
  read: (db: Opened['db']) => Promise<T>,
): Promise<T | null> {
  const location = parseLocation(url);
  try {
    if (!(await asking(location, (client) => look(client, location))).exists) return null;
    const db = openPostgres(location);
    try {
      return (await standing(db, nameOf(location))) === 'current' ? await read(db) : null;
    } finally {
      await db.destroy();
    }
  } catch (error) {
    throw error instanceof StoreRefusal ? error : unavailable(location, error);
  }
}

async function refuseNewer(location: PostgresLocation): Promise<void> {
  const db = openPostgres(location);
  try {
    await standing(db, nameOf(location));
  } finally {
    await db.destroy();
  }
}

async function asking<T>(location: PostgresLocation, ask: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(sessionSettings(location));
  client.on('error', () => {});
  await client.connect();
  try {
    return await ask(client);
  } finally {
    await client.end();
  }
}

interface Server {
  readonly exists: boolean;
  readonly isReadOnly: boolean;
  /** The statement that gives what the user lacks; null where nothing is lacking. */
  readonly grant: string | null;
}

/** @throws StoreUnavailable where it could not hold a store */
async function look(client: pg.Client, { schema, name }: PostgresLocation): Promise<Server> {
  const { rows } = await client.query<Server & { encoding: string }>(
    `select current_setting('server_encoding') as encoding, n.oid is not null as exists,
       current_setting('transaction_read_only') = 'on' as "isReadOnly",
       case when n.oid is null and not has_database_privilege(current_database(), 'create')
         then format('grant create on database %I to %I', current_database(), current_user)
         when not (has_schema_privilege(n.oid, 'usage') and has_schema_privilege(n.oid, 'create'))
         then format('grant usage, create on schema %I to %I', n.nspname, current_user) end as grant
     from (select) as one left join pg_namespace n on n.nspname = $1`,
    [schema],
  );
  const server = rows[0];
  if (server?.encoding !== 'UTF8') {
    throw new StoreUnavailable(
      `${name} has the encoding ${server?.encoding}; create a database with encoding 'UTF8' for the store`,
    );
  }
  return server;
}

function readOnly({ name }: PostgresLocation): StoreUnavailable {
  return new StoreUnavailable(`${name} is read-only (a standby?); let \`store:\` name the primary`);
}

function nameOf({ schema, name }: PostgresLocation): string {
  return `schema ${schema} of ${name}`;
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

/** A limit of the role or of the database is refused with the same code as a server that is full. */
function limitRemedy(message: string): string | undefined {
  const [, kind, name] = /^too many connections for (role|database) "(.+)"$/.exec(message) ?? [];
  return kind === undefined
    ? undefined
    : `raise its own limit: ALTER ${kind.toUpperCase()} ${name} CONNECTION LIMIT 10, or close its other sessions`;
}

function unavailable({ name }: PostgresLocation, error: unknown): StoreUnavailable {
  const code = codeOf(error) || (error instanceof AggregateError ? codeOf(error.errors[0]) : '');
  const remedy =
    limitRemedy(messageOf(error)) ??
    remedies[code] ??
    'see whether the server runs and `store:` in upkeep.yaml is right';
  return new StoreUnavailable(`the store ${name} cannot be used (${messageOf(error)}); ${remedy}`);
}
