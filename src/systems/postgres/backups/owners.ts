/** Who owns what a dump holds, and whether our role may give it to them again. */
import { grantPlace, psqlCommand } from '../grants.ts';
import type { Query } from '../session.ts';
import { quoteName } from '../visibility.ts';

/** What pg_restore writes an owner for; what belongs to an extension comes with that. 16384: the first id of users' objects. */
const ownersSql = `
  WITH objects AS (
    SELECT 'pg_class'::regclass AS class, oid, relnamespace AS schema, relowner AS owner FROM pg_class
    UNION ALL SELECT 'pg_proc'::regclass, oid, pronamespace, proowner FROM pg_proc
    UNION ALL SELECT 'pg_type'::regclass, oid, typnamespace, typowner FROM pg_type
    UNION ALL SELECT 'pg_namespace'::regclass, oid, oid, nspowner FROM pg_namespace)
  SELECT DISTINCT pg_get_userbyid(o.owner)::text AS name FROM objects o JOIN pg_namespace n ON n.oid = o.schema
   WHERE o.oid >= 16384 AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = o.class AND d.objid = o.oid AND d.deptype = 'e')
   ORDER BY 1`;

/** Who may make objects in the schema that every database begins with. */
const creatorsSql = `
  SELECT DISTINCT pg_get_userbyid(a.grantee)::text AS name FROM pg_namespace n, aclexplode(n.nspacl) a
   WHERE n.nspname = 'public' AND a.privilege_type = 'CREATE' AND a.grantee <> 0 ORDER BY 1`;

export async function creatorsIn(query: Query): Promise<string[]> {
  return (await query<{ name: string }>(creatorsSql)).map(({ name }) => name);
}

/**
 * An owner must be allowed to make what it is given (since PostgreSQL 15 `public` allows it to nobody), and the grants of
 * a dump come after its owners: each is allowed meanwhile, and what the dump does not allow is taken back.
 */
export async function whileOwnersMayCreate(
  query: Query,
  {
    owners = [],
    creators,
  }: { readonly owners?: string[] | undefined; readonly creators?: string[] | undefined },
  work: () => Promise<void>,
): Promise<void> {
  const rows =
    creators === undefined
      ? []
      : await query<{ name: string }>(
          `SELECT rolname::text AS name FROM pg_roles WHERE rolname = ANY ($1::text[]) AND NOT has_schema_privilege(oid, 'public', 'CREATE')`,
          [owners],
        );
  for (const { name } of rows) await query(`GRANT CREATE ON SCHEMA public TO ${quoteName(name)}`);
  await work();
  const meanwhile = rows.filter(({ name }) => !creators?.includes(name));
  for (const { name } of meanwhile) await query(`REVOKE CREATE ON SCHEMA public FROM ${quoteName(name)}`);
}

/** Names of the owners in the database of the session. */
export async function ownersIn(query: Query): Promise<string[]> {
  return (await query<{ name: string }>(ownersSql)).map(({ name }) => name);
}

/** Those of the owners that our role may not become. */
async function lackingFor(
  query: Query,
  owners: readonly string[],
): Promise<{ readonly owners: string[]; readonly statements: string[] }> {
  const rows = await query<{ user: string; name: string; isThere: boolean; may: boolean }>(
    `SELECT current_user::text AS user, o.name, r.oid IS NOT NULL AS "isThere",
       coalesce(pg_has_role(r.oid, CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END), false) AS may
     FROM unnest($1::text[]) AS o(name) LEFT JOIN pg_roles r ON r.rolname = o.name ORDER BY 2`,
    [owners],
  );
  const lacking = rows.filter(({ may }) => !may);
  return {
    owners: lacking.map(({ name }) => name),
    statements: lacking.flatMap(({ user, name, isThere }) => grantFor(name, user, isThere)),
  };
}

function grantFor(owner: string, user: string, isThere: boolean): string[] {
  const grant = `GRANT ${quoteName(owner)} TO ${quoteName(user)};`;
  return isThere ? [grant] : [`CREATE ROLE ${quoteName(owner)} NOLOGIN;`, grant];
}

export interface MayRestore {
  /** What stands in the way: `careful may not create a database`; null where nothing does. */
  readonly lacking: string | null;
  /** What a superuser types first, in a shell. */
  readonly command: string;
}

/** Whether our role may make a database and give what is restored to its owners. */
export async function mayRestore(
  query: Query,
  owners: readonly string[],
  { user, mayCreate }: { readonly user: string; readonly mayCreate: boolean },
): Promise<MayRestore> {
  const { owners: others, statements } = await lackingFor(query, owners);
  const give = `give what it restores to ${others.join(' and ')}, who ${others.length === 1 ? 'owns' : 'own'} it in the backup`;
  const parts = [...(mayCreate ? [] : ['create a database']), ...(others.length === 0 ? [] : [give])];
  const all = [...(mayCreate ? [] : [`ALTER ROLE ${quoteName(user)} CREATEDB;`]), ...statements];
  return {
    lacking: parts.length === 0 ? null : `${user} may not ${parts.join(', nor ')}`,
    command: psqlCommand(await grantPlace(query), all),
  };
}

/** The remedy for what pg_restore said, of a server at that port; nothing where it said something else. */
export function ownerRemedy(said: string, user: string, port: number): string {
  const owner = /must be (?:able to SET ROLE|member of role) "([^"]+)"/.exec(said)?.[1];
  const absent = /role "([^"]+)" does not exist/.exec(said)?.[1];
  const name = owner ?? absent;
  return name === undefined
    ? ''
    : `. As a superuser on the server: ${psqlCommand({ database: 'postgres', port }, grantFor(name, user, owner !== undefined))}`;
}
