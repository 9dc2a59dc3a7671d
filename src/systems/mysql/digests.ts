import type { Missing } from '../../core/sample.ts';
import { quoteAccount } from '../../protocols/mysql/grants.ts';
import type { Db } from './session.ts';
import { readVariables } from './status.ts';

/** Totals of one normalised statement since it was first seen. */
export interface Digest {
  readonly schema: string;
  readonly digest: string;
  /** Without literals, cut. */
  readonly text: string;
  readonly calls: number;
  readonly seconds: number;
  readonly examined: number;
  readonly sent: number;
  readonly errors: number;
}

export const digestsSql = `SELECT COALESCE(SCHEMA_NAME, '') AS \`schema\`, DIGEST AS digest, LEFT(DIGEST_TEXT, 200) AS text,
       COUNT_STAR AS calls, SUM_TIMER_WAIT / 1e12 AS seconds, SUM_ROWS_EXAMINED AS examined,
       SUM_ROWS_SENT AS sent, SUM_ERRORS AS errors
  FROM performance_schema.events_statements_summary_by_digest
 WHERE DIGEST IS NOT NULL AND COALESCE(SCHEMA_NAME, '') NOT IN ('performance_schema', 'information_schema', 'mysql', 'sys')
 ORDER BY LAST_SEEN DESC LIMIT 500`;

/** The digests, or why they cannot be read. */
export async function readDigests(db: Db): Promise<{ digests: Digest[] } | { missing: Missing[] }> {
  if (!(await readVariables(db, 'performance_schema')).isOn('performance_schema')) {
    return unseen(
      'performance_schema is off',
      'performance_schema = ON under [mysqld], then restart the server',
    );
  }
  try {
    const rows = await db.query<Digest>(digestsSql);
    return { digests: rows.map(numbered) };
  } catch (error) {
    const { account } = await db.privileges();
    if (!(error instanceof Error && 'errno' in error && error.errno === 1142)) throw error;
    return unseen(
      `${account} may not read performance_schema`,
      `GRANT SELECT ON performance_schema.* TO ${quoteAccount(account)};`,
    );
  }
}

function numbered(row: Digest): Digest {
  const { calls, seconds, examined, sent, errors } = row;
  return {
    ...row,
    calls: Number(calls),
    seconds: Number(seconds),
    examined: Number(examined),
    sent: Number(sent),
    errors: Number(errors),
  };
}

function unseen(reason: string, remedy: string): { missing: Missing[] } {
  return { missing: [{ metrics: ['*'], reason, remedy }] };
}

/** Statements of backups and of watchers are no work of the application; the pause is our own (`locks.ts`). */
export function isOfOthers({ text }: Pick<Digest, 'text'>): boolean {
  return /SQL_NO_CACHE|^(SHOW|SET|COMMIT|ROLLBACK|BEGIN|START|USE|FLUSH|KILL)\b|^DO `?SLEEP\b|information_schema|performance_schema/i.test(
    text ?? '',
  );
}
