/** The sample tables in PostgreSQL: the same blobs, one writer at a time held by an advisory lock. */
import pg from 'pg';
import { type PostgresLocation, parseLocation, sessionSettings } from '../postgres.ts';
import { codeOf, StoreInUse, StoreRefusal } from '../refusals.ts';
import { readerPool, rowsFrom, storedRows, unusable, whole } from './postgres-rows.ts';
import { type Commit, formatVersion, refuseNewer, type Tables } from './tables.ts';

/** First half of the lock's key: the letters UPKS; the state store's is another. */
const lockClass = 0x55504b53;
/** A killed predecessor's session may outlive it for a moment. */
const lockWaitMs = 3_000;
const lockNotAvailable = '55P03';
export async function openPostgresTables(url: string): Promise<Tables> {
  const location = parseLocation(url);
  const writer = new Writer(location);
  try {
    await writer.client();
  } catch (error) {
    if (error instanceof StoreRefusal) throw error;
    throw unusable(location, error);
  }
  const readers = readerPool(location);
  const all = rowsFrom(readers);
  const remove = async (sql: string, ...parameters: unknown[]) =>
    (await (await writer.client()).query<{ count: number }>(sql, parameters)).rows;

  return {
    ...storedRows(readers),
    commit: (changes) => writer.transaction((client) => write(client, changes)),
    // The server's own commit is.
    durable: () => Promise.resolve(),
    async dropChunks(ids, before) {
      const rows = await remove(
        'delete from samples_chunks where series = any($1::int[]) and last < $2 returning count',
        ids,
        whole(before),
      );
      return { rows: rows.length, samples: rows.reduce((total, { count }) => total + count, 0) };
    },
    async dropRollups(ids, width, before) {
      const rows = await remove(
        'delete from samples_rollups where series = any($1::int[]) and width = $2 and last < $3 returning 1 as count',
        ids,
        width,
        whole(before),
      );
      return rows.length;
    },
    async emptyOf(ids) {
      const rows = await all<{ id: number }>(
        `select id from unnest($1::int[]) as id
         where not exists (select from samples_chunks where series = id)
           and not exists (select from samples_rollups where series = id)`,
        ids,
      );
      return rows.map(({ id }) => id);
    },
    async dropSeries(ids) {
      await remove('delete from samples_series where id = any($1::int[]) returning 1 as count', ids);
    },
    // Autovacuum does it.
    shrink: async () => undefined,
    async close() {
      await writer.end();
      await readers.end();
    },
  };
}

/** The one connection that writes. When it breaks, the next use connects and locks anew. */
class Writer {
  private readonly location: PostgresLocation;
  private connected: Promise<pg.Client> | undefined;

  constructor(location: PostgresLocation) {
    this.location = location;
  }

  client(): Promise<pg.Client> {
    this.connected ??= this.connect();
    return this.connected;
  }

  private connect(): Promise<pg.Client> {
    const client = new pg.Client(sessionSettings(this.location));
    const connecting = this.prepare(client);
    // A late `end` of a session must not make us forget the one that took its place, which holds the lock.
    const forget = () => {
      if (this.connected === connecting) this.connected = undefined;
    };
    client.on('error', forget);
    client.on('end', forget);
    connecting.catch(forget);
    return connecting;
  }

  private async prepare(client: pg.Client): Promise<pg.Client> {
    await client.connect();
    try {
      await client.query(`create schema if not exists ${pg.escapeIdentifier(this.location.schema)}`);
      await lock(client, this.location);
      await createTables(client, this.location);
    } catch (error) {
      await client.end();
      throw error;
    }
    return client;
  }

  async transaction(work: (client: pg.Client) => Promise<void>): Promise<void> {
    const client = await this.client();
    await client.query('begin');
    try {
      await work(client);
      await client.query('commit');
    } catch (error) {
      await client.query('rollback').catch(() => undefined);
      throw error;
    }
  }

  async end(): Promise<void> {
    const client = await this.connected?.catch(() => undefined);
    await client?.end();
  }
}

async function lock(client: pg.Client, { schema, name }: PostgresLocation): Promise<void> {
  // The setting exists since PostgreSQL 14; an idle writer must not lose its lock.
  await client.query(
    `select set_config('idle_session_timeout', '0', false)
     where current_setting('server_version_num')::int >= 140000`,
  );
  await client.query(`set lock_timeout = ${lockWaitMs}`);
  try {
    await client.query('select pg_advisory_lock($1, hashtext($2))', [lockClass, schema]);
  } catch (error) {
    if (codeOf(error) !== lockNotAvailable) throw error;
    throw new StoreInUse(
      `another Upkeep writes its samples to ${name}, schema ${schema}: stop that one, or let \`store:\` name another schema (?schema=…)`,
    );
  }
}

async function createTables(client: pg.Client, { name }: PostgresLocation): Promise<void> {
  await client.query(tables);
  const { rows } = await client.query<{ format: number }>('select format from samples_format');
  const found = rows[0]?.format ?? 0;
  refuseNewer(found, name);
  if (found === 0) await client.query('insert into samples_format values ($1)', [formatVersion]);
  // What older formats hold is still read.
  else if (found < formatVersion)
    await client.query('update samples_format set format = $1', [formatVersion]);
}

/** Blobs are compressed already: `external` keeps PostgreSQL from trying again. */
const tables = `
  set client_min_messages = warning;
  create table if not exists samples_format (format int not null);
  create table if not exists samples_series (id int primary key, target text not null, metric text not null, labels text not null);
  create table if not exists samples_journal (id bigint primary key, received bigint not null, body bytea not null);
  create table if not exists samples_chunks (
    id bigint generated always as identity primary key, series int not null, first bigint not null, last bigint not null,
    count int not null, body bytea not null);
  create index if not exists samples_chunks_by_series on samples_chunks (series, last);
  create table if not exists samples_rollups (
    id bigint generated always as identity primary key, series int not null, width int not null, first bigint not null,
    last bigint not null, body bytea not null);
  create index if not exists samples_rollups_by_series on samples_rollups (series, width, last);
  alter table samples_journal alter column body set storage external;
  alter table samples_chunks alter column body set storage external;
  alter table samples_rollups alter column body set storage external;
`;

async function write(client: pg.Client, changes: Commit): Promise<void> {
  const { series, chunks, rollups, journal, journalFrom } = changes;
  if (series.length > 0) {
    await client.query(
      `insert into samples_series (id, target, metric, labels)
       select * from unnest($1::int[], $2::text[], $3::text[], $4::text[])`,
      [
        series.map(({ id }) => id),
        series.map(({ target }) => target),
        series.map(({ metric }) => metric),
        series.map(({ labels }) => labels),
      ],
    );
  }
  if (chunks.length > 0) {
    await client.query(
      `insert into samples_chunks (series, first, last, count, body)
       select * from unnest($1::int[], $2::bigint[], $3::bigint[], $4::int[], $5::bytea[])`,
      [...spans(chunks), chunks.map(({ count }) => count), bodies(chunks)],
    );
  }
  if (rollups.length > 0) {
    await client.query(
      `insert into samples_rollups (series, first, last, width, body)
       select * from unnest($1::int[], $2::bigint[], $3::bigint[], $4::int[], $5::bytea[])`,
      [...spans(rollups), rollups.map(({ widthMs }) => widthMs), bodies(rollups)],
    );
  }
  if (journal) {
    await client.query('insert into samples_journal (id, received, body) values ($1, $2, $3)', [
      journal.id,
      journal.received,
      Buffer.from(journal.body),
    ]);
  }
  if (journalFrom !== undefined)
    await client.query('delete from samples_journal where id < $1', [journalFrom]);
}

function spans(rows: readonly { series: number; first: number; last: number }[]): number[][] {
  return [rows.map(({ series }) => series), rows.map(({ first }) => first), rows.map(({ last }) => last)];
}

function bodies(rows: readonly { body: Uint8Array }[]): Buffer[] {
  return rows.map(({ body }) => Buffer.from(body.buffer, body.byteOffset, body.byteLength));
}
