import type { Missing } from '../../core/sample.ts';
import type { Query } from './session.ts';

export interface Visibility {
  readonly user: string;
  /** Whether the sessions of other roles can be seen whole (pg_read_all_stats, a part of pg_monitor). */
  readonly seesAll: boolean;
  /** Where it was granted and the role does not inherit it: the statement that lets it. */
  readonly inherit?: string;
}

export async function visibility(query: Query): Promise<Visibility> {
  const [row] = await query<{ user: string; sees: boolean; member: boolean; version: number }>(
    `SELECT current_user::text AS user, pg_has_role('pg_read_all_stats', 'USAGE') AS sees,
            pg_has_role('pg_read_all_stats', 'MEMBER') AS member,
            current_setting('server_version_num')::int AS version`,
  );
  const { user = '', sees: seesAll = false, member = false, version = 0 } = row ?? {};
  if (seesAll || !member) return { user, seesAll };
  // Since PostgreSQL 16 each grant says for itself whether it is inherited.
  const inherit =
    version >= 160_000
      ? `GRANT pg_monitor TO ${quoteName(user)} WITH INHERIT TRUE;`
      : `ALTER ROLE ${quoteName(user)} INHERIT;`;
  return { user, seesAll, inherit };
}

export function grantMonitor(user: string): string {
  return `GRANT pg_monitor TO ${quoteName(user)};`;
}

/** What is unknown because the role may not see other roles' sessions; nothing when it may. */
export function hiddenFrom(who: Visibility, metrics: readonly string[]): Missing[] {
  if (who.seesAll) return [];
  return [
    {
      metrics,
      reason:
        who.inherit === undefined
          ? `role ${who.user} may not see the sessions of other roles`
          : `role ${who.user} was granted pg_monitor and does not inherit it, so it may not see the sessions of other roles`,
      remedy: who.inherit ?? grantMonitor(who.user),
    },
  ];
}

export function quoteName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
