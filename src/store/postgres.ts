/** The engine for those who run PostgreSQL anyway: `pg` under Kysely's PostgresDialect, all tables in one schema. */
import { type Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { kyselyOver } from './kysely-over.ts';
import { StoreUnavailable } from './refusals.ts';
import type { Schema } from './schema.ts';

export interface PostgresLocation {
  /** For `pg`; without the parameters that are ours. Holds the password. */
  readonly url: string;
  readonly schema: string;
  /** `host:port/database`, for messages. */
  readonly name: string;
}

const defaultSchema = 'upkeep';
const mostConnections = 10;
const int8 = 20;

/**
 * Reads `postgres://…?schema=name`; the schema is `upkeep` unless named.
 * @throws StoreUnavailable when it is no such URL; the URL itself is not repeated, it may hold a password
 */
export function parseLocation(text: string): PostgresLocation {
  if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text)) {
    throw new StoreUnavailable(
      'the store is no PostgreSQL URL; write postgres://user:password@host:5432/database',
    );
  }
  const url = new URL(text);
  const schema = url.searchParams.get('schema') ?? defaultSchema;
  const host = url.hostname || url.searchParams.get('host') || 'localhost';
  const name = `${host}:${url.port || url.searchParams.get('port') || '5432'}${url.pathname || '/'}`;
  for (const own of ['schema', 'application_name', 'options']) url.searchParams.delete(own);
  return { url: url.href, schema, name };
}

/** Settings of every session; the first statement already runs under them. */
export function sessionSettings({ url, schema }: PostgresLocation) {
  return {
    connectionString: url,
    application_name: 'upkeep',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    statement_timeout: 60_000,
    lock_timeout: 15_000,
    idle_in_transaction_session_timeout: 60_000,
    options: `-c search_path=${pg.escapeIdentifier(schema).replaceAll(/[\\ ]/g, '\\$&')}`,
    // Only counts and times are int8 here, and both fit a double exactly; other users of `pg` keep their parser.
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === int8 && format !== 'binary' ? Number : pg.types.getTypeParser(oid, format),
    },
  } satisfies pg.PoolConfig;
}

export function openPostgres(location: PostgresLocation): Kysely<Schema> {
  const pool = new pg.Pool({ ...sessionSettings(location), max: mostConnections, idleTimeoutMillis: 30_000 });
  // A session that dies while idle is replaced by the next query; without a listener it would end the process.
  pool.on('error', () => {});
  return kyselyOver(new PostgresDialect({ pool }));
}
