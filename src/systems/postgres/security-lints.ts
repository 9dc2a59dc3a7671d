/** Lints of roles, grants and functions: each statement names what it found, none on a database that is well kept. */
import { isOwn } from './own-objects.ts';

export interface Lint {
  readonly lint: string;
  readonly sql: string;
}

/**
 * Sources: cybertec-postgresql/pgwatch (reco_superusers, reco_default_public_schema, reco_sprocs_wo_search_path,
 * reco_disabled_triggers) and supabase/splinter (0007, 0011, 0024).
 */
export const judgedLints: readonly Lint[] = [
  {
    lint: 'superuser logins',
    // The one that initdb makes and one person's are usual.
    sql: `SELECT rolname AS name FROM pg_roles WHERE rolsuper AND rolcanlogin
            AND (SELECT count(*) FROM pg_roles WHERE rolsuper AND rolcanlogin) > 2 ORDER BY name LIMIT 100`,
  },
  {
    lint: 'everybody may create in public',
    sql: `SELECT n.nspname AS name FROM pg_namespace n, aclexplode(n.nspacl) a
           WHERE n.nspname = 'public' AND a.grantee = 0 AND a.privilege_type = 'CREATE'`,
  },
  {
    lint: 'security definer without search_path',
    sql: `SELECT format('%s.%s', n.nspname, p.proname) AS name
            FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
           WHERE p.prosecdef AND ${isOwn('p', 'pg_proc')}
             AND NOT EXISTS (SELECT FROM unnest(p.proconfig) c WHERE c LIKE 'search_path=%') ORDER BY name LIMIT 100`,
  },
  {
    lint: 'policies without row security',
    sql: `SELECT DISTINCT format('%s.%s', n.nspname, c.relname) AS name
            FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE NOT c.relrowsecurity ORDER BY name LIMIT 100`,
  },
  {
    lint: 'policies that let everybody write',
    sql: `SELECT format('%s on %s.%s', p.polname, n.nspname, c.relname) AS name
            FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE p.polpermissive AND c.relrowsecurity AND p.polcmd IN ('a', 'w', 'd', '*') AND p.polroles = '{0}'
             AND coalesce(pg_get_expr(p.polqual, p.polrelid), 'true') = 'true'
             AND coalesce(pg_get_expr(p.polwithcheck, p.polrelid), 'true') = 'true' ORDER BY name LIMIT 100`,
  },
  {
    lint: 'everybody may write',
    sql: `SELECT DISTINCT format('%s.%s', n.nspname, c.relname) AS name
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a
           WHERE c.relkind IN ('r', 'p', 'v', 'm') AND a.grantee = 0 AND ${isOwn('c')}
             AND a.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE') ORDER BY name LIMIT 100`,
  },
  {
    lint: 'disabled triggers',
    sql: `SELECT format('%s on %s.%s', t.tgname, n.nspname, c.relname) AS name
            FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE t.tgenabled = 'D' AND ${isOwn('c')} ORDER BY name LIMIT 100`,
  },
];

export const advisoryLints: readonly Lint[] = [
  {
    lint: 'passwords that never expire',
    sql: `SELECT rolname AS name FROM pg_roles WHERE rolcanlogin AND rolvaliduntil IS NULL ORDER BY name LIMIT 100`,
  },
  {
    lint: 'row security without policies',
    sql: `SELECT format('%s.%s', n.nspname, c.relname) AS name
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE c.relrowsecurity AND ${isOwn('c')}
             AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid) ORDER BY name LIMIT 100`,
  },
  {
    lint: 'extensions in public',
    sql: `SELECT e.extname AS name FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
           WHERE n.nspname = 'public' ORDER BY name LIMIT 100`,
  },
];
