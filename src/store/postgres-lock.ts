/** One Upkeep for one schema of one database: an advisory lock held by a session of its own. */
import pg from 'pg';
import { sha256 } from '../id.ts';
import { type PostgresLocation, sessionSettings } from './postgres.ts';
import { codeOf, StoreInUse } from './refusals.ts';

/** First half of the lock's key: the letters UPKP. The second half is taken from the schema's name. */
const lockClass = 0x55504b50;
/** A predecessor that was killed is gone as soon as the server has seen it; that may take a moment. */
const lockWaitMs = 3_000;
const lockNotAvailable = '55P03';

export interface PostgresLock {
  /** Takes the lock again when its session has died. @throws StoreInUse when another has taken it meanwhile */
  ensure(): Promise<void>;
  release(): Promise<void>;
}

/** @throws StoreInUse naming the holder's session */
export async function lockPostgres(location: PostgresLocation): Promise<PostgresLock> {
  const key = Number.parseInt(sha256(location.schema).slice(0, 8), 16) | 0;
  let session: pg.Client | null = null;
  let taking: Promise<void> | null = null;
  let isReleased = false;

  async function take(): Promise<void> {
    const client = new pg.Client(sessionSettings(location));
    client.on('error', () => {
      if (session === client) session = null;
    });
    client.on('end', () => {
      if (session === client) session = null;
    });
    await client.connect();
    try {
      await client.query(`set lock_timeout = ${lockWaitMs}`);
      // The setting exists since PostgreSQL 14; an idle session is all that this one is.
      await client.query(
        `select set_config('idle_session_timeout', '0', false)
         where current_setting('server_version_num')::int >= 140000`,
      );
      await client.query('select pg_advisory_lock($1, $2)', [lockClass, key]);
      session = client;
    } catch (error) {
      const refusal = codeOf(error) === lockNotAvailable ? await inUse(client, location, key) : error;
      await client.end();
      throw refusal;
    }
  }

  function ensure(): Promise<void> {
    if (session !== null || isReleased) return Promise.resolve();
    taking ??= take().finally(() => {
      taking = null;
    });
    return taking;
  }

  await ensure();
  return {
    ensure,
    async release() {
      isReleased = true;
      await taking?.catch(() => {});
      const held = session;
      session = null;
      await held?.end();
    },
  };
}

async function inUse(
  client: pg.Client,
  { name, schema }: PostgresLocation,
  key: number,
): Promise<StoreInUse> {
  const { rows } = await client.query<{ pid: number; host: string | null }>(
    `select l.pid, host(a.client_addr) as host from pg_locks l left join pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.granted and l.classid = $1 and l.objid::int8 = $2
       and l.database = (select oid from pg_database where datname = current_database())`,
    [lockClass, key >>> 0],
  );
  const holder = rows[0];
  const where = holder?.host ? ` from ${holder.host}` : '';
  const who = holder ? `another Upkeep (database session ${holder.pid}${where})` : 'another Upkeep';
  return new StoreInUse(
    `${who} uses schema ${schema} of ${name}; stop it or name another with ?schema=… in \`store:\``,
  );
}
