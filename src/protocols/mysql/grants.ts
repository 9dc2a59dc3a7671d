import type { Query } from './session.ts';

export interface Privileges {
  /** `upkeep@10.0.0.%`, as the grant tables have it. */
  readonly account: string;
  /** Whether one of these global privileges was granted. */
  has(...names: readonly string[]): boolean;
}

/** From SHOW GRANTS, which needs no privilege and, in MariaDB, includes those of the active role. */
export async function readPrivileges(query: Query): Promise<Privileges> {
  const rows = await query<Record<string, string>>('SHOW GRANTS');
  const [who] = await query<{ account: string }>('SELECT CURRENT_USER() AS account');
  const granted = new Set(rows.flatMap((row) => globalsOf(Object.values(row)[0] ?? '')));
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
