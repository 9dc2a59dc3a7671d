import type { Missing } from '../../core/sample.ts';
import type { Query } from './session.ts';

export interface Visibility {
  readonly user: string;
  /** Whether the sessions of other roles can be seen whole (pg_read_all_stats, a part of pg_monitor). */
  readonly seesAll: boolean;
}

export async function visibility(query: Query): Promise<Visibility> {
  const [row] = await query<{ user: string; sees: boolean }>(
    `SELECT current_user::text AS user, pg_has_role('pg_read_all_stats', 'USAGE') AS sees`,
  );
  return { user: row?.user ?? '', seesAll: row?.sees ?? false };
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
      reason: `role ${who.user} may not see the sessions of other roles`,
      remedy: grantMonitor(who.user),
    },
  ];
}

export function quoteName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
