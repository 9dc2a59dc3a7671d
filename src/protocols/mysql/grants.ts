import type { Query } from './session.ts';

export interface Privileges {
  /** `upkeep@10.0.0.%`, as the grant tables have it. */
  readonly account: string;
  /** Whether one of these global privileges was granted. */
  has(...names: readonly string[]): boolean;
}

export interface LoginPrivileges {
  readonly at: Privileges;
  /** Whether a privilege was asked for that lacks here, and something was granted since. */
  isOutdated(): Promise<boolean>;
}

/**
 * Global privileges as they are at login: MySQL and MariaDB apply what is granted later to new sessions only, while
 * SHOW GRANTS tells it at once.
 */
export async function privilegesAtLogin(query: Query): Promise<LoginPrivileges> {
  const rows = await grantRows(query);
  const at = await privilegesOf(rows, query);
  let isShort = false;
  return {
    at: {
      account: at.account,
      has(...names) {
        const isThere = at.has(...names);
        isShort ||= !isThere;
        return isThere;
      },
    },
    isOutdated: async () => isShort && (await grantRows(query)).join('\n') !== rows.join('\n'),
  };
}

/** From SHOW GRANTS, which needs no privilege and, in MariaDB, includes those of the active role. */
export async function readPrivileges(query: Query): Promise<Privileges> {
  return privilegesOf(await grantRows(query), query);
}

async function grantRows(query: Query): Promise<string[]> {
  const rows = await query<Record<string, string>>('SHOW GRANTS');
  return rows.map((row) => Object.values(row)[0] ?? '');
}

async function privilegesOf(rows: readonly string[], query: Query): Promise<Privileges> {
  const [who] = await query<{ account: string }>('SELECT CURRENT_USER() AS account');
  const granted = new Set(rows.flatMap(globalsOf));
  return {
    account: who?.account ?? '',
    has: (...names) => granted.has('ALL PRIVILEGES') || names.some((name) => granted.has(name)),
  };
}

function globalsOf(grant: string): string[] {
  const names = /^GRANT (.+) ON \*\.\* TO /.exec(grant)?.[1];
  return names === undefined ? [] : names.split(',').map((name) => name.trim().toUpperCase());
}

export function quoteAccount(account: string): string {
  const at = account.lastIndexOf('@');
  const quote = (text: string) => `'${text.replaceAll("'", "''")}'`;
  return at < 0 ? quote(account) : `${quote(account.slice(0, at))}@${quote(account.slice(at + 1))}`;
}
