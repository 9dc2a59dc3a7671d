import type { Missing } from '../../core/sample.ts';
import type { Db, Query } from './session.ts';

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

/** The privilege by the name that this server calls it, and those that imply it. */
export const privileges = {
  sessions: { mysql: 'PROCESS', mariadb: 'PROCESS', implied: [] },
  replication: {
    mysql: 'REPLICATION CLIENT',
    mariadb: 'SLAVE MONITOR',
    implied: ['REPLICA MONITOR', 'SUPER'],
  },
  binlog: {
    mysql: 'REPLICATION CLIENT',
    mariadb: 'BINLOG MONITOR',
    implied: ['REPLICATION CLIENT', 'SUPER'],
  },
  kill: { mysql: 'CONNECTION_ADMIN', mariadb: 'CONNECTION ADMIN', implied: ['SUPER'] },
} as const;

export type Need = keyof typeof privileges;

export async function may(db: Db, need: Need): Promise<boolean> {
  const { mysql, mariadb, implied } = privileges[need];
  const own = await db.privileges();
  return own.has(db.version.isMariaDb ? mariadb : mysql, ...implied);
}

export async function grantOf(db: Db, need: Need): Promise<string> {
  const { account } = await db.privileges();
  return `GRANT ${db.version.isMariaDb ? privileges[need].mariadb : privileges[need].mysql} ON *.* TO ${quoteAccount(account)};`;
}

/** What is unknown for want of the privilege; nothing when it is there. */
export async function hiddenFor(db: Db, need: Need, metrics: readonly string[]): Promise<Missing[]> {
  if (await may(db, need)) return [];
  const { account } = await db.privileges();
  return [
    {
      metrics,
      reason: `${account} has not the privilege to see ${seen[need]}`,
      remedy: await grantOf(db, need),
    },
  ];
}

const seen: Readonly<Record<Need, string>> = {
  sessions: "other users' sessions and InnoDB's internals",
  replication: 'the state of replication',
  binlog: 'the binary logs',
  kill: "and end other users' sessions",
};

export function quoteAccount(account: string): string {
  const at = account.lastIndexOf('@');
  const quote = (text: string) => `'${text.replaceAll("'", "''")}'`;
  return at < 0 ? quote(account) : `${quote(account.slice(0, at))}@${quote(account.slice(at + 1))}`;
}
