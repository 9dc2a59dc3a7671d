import type { Missing } from '../../core/sample.ts';
import { quoteAccount } from '../../protocols/mysql/grants.ts';
import type { Db } from './session.ts';

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
