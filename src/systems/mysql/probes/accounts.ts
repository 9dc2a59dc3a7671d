import type { Probe } from '../../../core/system.ts';
import { numberOfError } from '../../../protocols/mysql/failure.ts';
import { quoteAccount } from '../../../protocols/mysql/grants.ts';
import { type MysqlConnection, observe } from '../client.ts';
import { byItsBytes } from '../collation.ts';
import type { Db } from '../session.ts';
import { readVariables } from '../status.ts';
import { supportedUntil } from '../version.ts';

interface Account {
  readonly user: string;
  readonly host: string;
  readonly plugin: string;
  readonly hasSecret: number;
  readonly tls: string;
  readonly locked: string | null;
}

const byPassword =
  /^(|mysql_native_password|caching_sha2_password|sha256_password|ed25519|mysql_old_password)$/;
const dayMs = 86_400_000;

export const accounts: Probe<MysqlConnection> = {
  id: 'mysql.accounts',
  summary: 'Accounts without password or name, logins from anywhere without TLS, and the age of the version',
  atMostEveryMs: 3_600_000,
  metrics: {
    'mysql.accounts.open': {
      summary: 'Accounts that log in without a password, and anonymous ones',
      unit: 'count',
      kind: 'gauge',
    },
    'mysql.accounts.unencrypted': {
      summary: 'Accounts for any host (%) that need no TLS',
      unit: 'count',
      kind: 'gauge',
    },
    'mysql.version.supported_days': {
      summary: 'Days until the release line gets no more security fixes; negative after',
      unit: 'count',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (db) => {
      const until = supportedUntil(db.version);
      const ends = until === undefined ? undefined : Date.parse(until);
      const support =
        ends === undefined
          ? []
          : [{ metric: 'mysql.version.supported_days', value: Math.floor((ends - ctx.clock.now()) / dayMs) }];
      const all = await readAccounts(db);
      if (all === undefined) {
        const { account } = await db.privileges();
        return {
          readings: support,
          missing: [
            {
              metrics: ['mysql.accounts.open', 'mysql.accounts.unencrypted'],
              reason: `${account} may not read the accounts`,
              remedy: `GRANT SELECT ON mysql.user TO ${quoteAccount(account)};`,
            },
          ],
        };
      }
      const needsTls = (await readVariables(db, 'require_secure_transport')).isOn('require_secure_transport');
      const open = all.filter(
        (one) => one.user === '' || (Number(one.hasSecret) === 0 && byPassword.test(one.plugin)),
      );
      const plain = needsTls ? [] : all.filter((one) => /%/.test(one.host) && one.tls === '');
      const named = [...new Set([...open, ...plain])]
        .slice(0, 5)
        .map((one) => `${one.user || 'anonymous'}@${one.host}`);
      return {
        readings: [
          ...support,
          { metric: 'mysql.accounts.open', value: open.length },
          { metric: 'mysql.accounts.unencrypted', value: plain.length },
        ],
        ...(named.length === 0 ? {} : { detail: named.join(', ') }),
      };
    }),
};

/** Passwords are not read, only whether there is one. Undefined where the accounts may not be read. */
async function readAccounts(db: Db): Promise<Account[] | undefined> {
  const locked = db.version.isMariaDb ? 'NULL' : 'account_locked';
  const role = db.version.isMariaDb
    ? // There it is a column of a view, which has the collation of whoever installed the server.
      `is_role = 'N' ${byItsBytes}`
    : "NOT (account_locked = 'Y' AND password_expired = 'Y')";
  try {
    const rows = await db.query<Account>(
      `SELECT User AS user, Host AS host, plugin, LENGTH(authentication_string) > 0 AS hasSecret, ssl_type AS tls,
              ${locked} AS locked
         FROM mysql.user WHERE ${role} AND User NOT IN ('mariadb.sys', 'mysql.sys', 'mysql.session', 'mysql.infoschema')`,
    );
    return rows.filter((row) => row.locked !== 'Y');
  } catch (error) {
    if (numberOfError(error) === 1142 || numberOfError(error) === 1143) return undefined;
    throw error;
  }
}
