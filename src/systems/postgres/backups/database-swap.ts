/** Puts a restored database in the place of the living one, in one transaction; what lived is kept under another name. */
import type { Client } from 'pg';
import type { PostgresConnection } from '../client.ts';
import { literal, quoted, withDatabase } from './database-session.ts';

export interface Grounds {
  readonly exists: boolean;
  readonly user: string;
  readonly owner: string;
  readonly mayCreate: boolean;
  readonly mayRename: boolean;
}

export interface Swapping {
  readonly living: string;
  readonly fresh: string;
}

export async function groundsOf({ config }: PostgresConnection, name: string): Promise<Grounds> {
  const { rows } = await withDatabase(config, null, (client) =>
    client.query<Grounds>(
      `SELECT d.oid IS NOT NULL AS exists, current_user::text AS user, coalesce(pg_get_userbyid(d.datdba), '')::text AS owner,
         r.rolsuper OR r.rolcreatedb AS "mayCreate",
         r.rolsuper OR (r.rolcreatedb AND coalesce(pg_has_role(d.datdba, 'USAGE'), false)) AS "mayRename"
       FROM pg_roles r LEFT JOIN pg_database d ON d.datname = $1 WHERE r.rolname = current_user`,
      [name],
    ),
  );
  if (rows[0] === undefined) throw new Error('the server does not know its own user');
  return rows[0];
}

/**
 * Short enough for a name of PostgreSQL (63 bytes), whatever the database is called.
 * @param taken names that are; two restores may fall into one second
 */
export function keptName(living: string, stamp: string, taken: readonly string[] = []): string {
  const name = `${living.slice(0, 40)}_before_${stamp}`;
  return [name, ...Array.from('23456789', (more) => name + more)].find((one) => !taken.includes(one)) ?? name;
}

interface Setting {
  readonly role: string | null;
  readonly name: string;
  readonly value: string;
}

interface Grant {
  readonly grantee: string;
  readonly privilege: string;
  readonly isGrantable: boolean;
}

/** Owner, limit, settings and grants of a database are in no dump of it. */
export async function adopt(client: Client, { living, fresh }: Swapping): Promise<void> {
  const { rows } = await client.query<{ owner: string; most: number; hasAcl: boolean }>(
    `SELECT pg_get_userbyid(datdba)::text AS owner, datconnlimit AS most, datacl IS NOT NULL AS "hasAcl"
     FROM pg_database WHERE datname = $1`,
    [living],
  );
  const [own] = rows;
  if (own === undefined) return;
  const database = quoted(fresh);
  await client.query(`ALTER DATABASE ${database} OWNER TO ${quoted(own.owner)}`);
  if (own.most !== -1) await client.query(`ALTER DATABASE ${database} CONNECTION LIMIT ${own.most}`);
  await adoptSettings(client, living, database);
  if (own.hasAcl) await adoptGrants(client, living, database);
}

async function adoptSettings(client: Client, living: string, database: string): Promise<void> {
  const { rows } = await client.query<Setting>(
    `SELECT CASE WHEN s.setrole = 0 THEN NULL ELSE pg_get_userbyid(s.setrole)::text END AS role,
       split_part(c, '=', 1) AS name, substr(c, strpos(c, '=') + 1) AS value
     FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase, unnest(s.setconfig) AS c
     WHERE d.datname = $1`,
    [living],
  );
  for (const { role, name, value } of rows) {
    const whose =
      role === null ? `ALTER DATABASE ${database}` : `ALTER ROLE ${quoted(role)} IN DATABASE ${database}`;
    // A list would become one name in quotes if it were written out; what is in force is taken over as it is.
    await client.query('BEGIN');
    await client.query('SELECT set_config($1, $2, true)', [name, value]);
    await client.query(`${whose} SET ${name.split('.').map(quoted).join('.')} FROM CURRENT`);
    await client.query('COMMIT');
  }
}

async function adoptGrants(client: Client, living: string, database: string): Promise<void> {
  const { rows } = await client.query<Grant>(
    `SELECT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS grantee,
       a.privilege_type AS privilege, a.is_grantable AS "isGrantable"
     FROM pg_database d, aclexplode(d.datacl) a WHERE d.datname = $1`,
    [living],
  );
  await client.query(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC`);
  for (const { grantee, privilege, isGrantable } of rows)
    await client.query(
      `GRANT ${privilege} ON DATABASE ${database} TO ${grantee}${isGrantable ? ' WITH GRANT OPTION' : ''}`,
    );
}

/**
 * The rename holds the lock that new sessions need, and waits five seconds for the old ones: a second session ends them
 * meanwhile, so that no client slips in between. Returns the name under which the former one is kept; null without one.
 */
export async function swap(
  { config }: PostgresConnection,
  { living, fresh }: Swapping,
  timezone = 'UTC',
): Promise<string | null> {
  return withDatabase(config, null, (renaming) =>
    withDatabase(config, null, async (ending) => {
      const { rows } = await renaming.query<{ stamp: string; names: string[] }>(
        `SELECT to_char(clock_timestamp() AT TIME ZONE $1, 'YYYYMMDDHH24MISS') AS stamp,
           array(SELECT datname::text FROM pg_database) AS names`,
        [timezone],
      );
      const [now] = rows;
      const kept = now?.names.includes(living) ? keptName(living, now.stamp, now.names) : null;
      await renaming.query('BEGIN');
      try {
        if (kept !== null) await whileEnding(ending, living, () => rename(renaming, living, kept));
        await whileEnding(ending, fresh, () => rename(renaming, fresh, living));
        await renaming.query(`COMMENT ON DATABASE ${quoted(living)} IS NULL`);
        await renaming.query('COMMIT');
      } catch (error) {
        await renaming.query('ROLLBACK').catch(() => {});
        throw error;
      }
      return kept;
    }),
  );
}

async function rename(client: Client, from: string, to: string): Promise<void> {
  await client.query(`ALTER DATABASE ${quoted(from)} RENAME TO ${quoted(to)}`);
}

async function whileEnding(client: Client, database: string, work: () => Promise<void>): Promise<void> {
  let isOver = false;
  const working = work().finally(() => {
    isOver = true;
  });
  const end = `SELECT pg_terminate_backend(pid), pg_sleep(0.02) FROM pg_stat_activity WHERE datname = ${literal(database)}`;
  const ending = (async () => {
    while (!isOver) {
      await client.query(end);
      await client.query('SELECT pg_sleep(0.05)');
    }
  })();
  try {
    await working;
  } finally {
    await ending.catch(() => {});
  }
}
