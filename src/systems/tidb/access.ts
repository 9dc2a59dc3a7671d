/** What cannot be seen, and what would let it be seen. */
import { timestamp } from '../../clock.ts';
import type { Missing } from '../../core/sample.ts';
import { numberOfError } from '../../protocols/mysql/failure.ts';
import { quoteAccount } from '../../protocols/mysql/grants.ts';
import type { Db } from './session.ts';

/** Rows of a look, or why there are none; what says nothing of privileges or of the kind of cluster is thrown. */
export async function readOr<Row extends object>(
  db: Db,
  metrics: readonly string[],
  sql: string,
  values: readonly (string | number)[] = [],
): Promise<{ readonly rows: Row[] } | { readonly missing: Missing }> {
  try {
    return { rows: await db.query<Row>(sql, values) };
  } catch (error) {
    const missing = await withheld(db, error, metrics, sql);
    if (missing === undefined) throw error;
    return { missing };
  }
}

async function withheld(
  db: Db,
  error: unknown,
  metrics: readonly string[],
  sql: string,
): Promise<Missing | undefined> {
  const number = numberOfError(error);
  const table = /\b(information_schema|mysql)\.(\w+)/i.exec(sql)?.[0] ?? 'it';
  const message = error instanceof Error ? error.message : '';
  if (number === 1142 || number === 1143) {
    const { account } = await db.privileges();
    return {
      metrics,
      reason: `${account} may not read ${table}`,
      remedy: `GRANT SELECT ON ${table} TO ${quoteAccount(account)};`,
    };
  }
  if (number === 1227) {
    const { account } = await db.privileges();
    const privilege = /\b(PROCESS|CONFIG|SUPER)\b/.exec(message)?.[0] ?? 'PROCESS';
    return {
      metrics,
      reason: `${account} has not the privilege ${privilege}, which ${table} asks for`,
      remedy: `GRANT ${privilege} ON *.* TO ${quoteAccount(account)};`,
    };
  }
  // 1146 no such table, 1054 no such column: an older release, or TiDB Cloud Serverless, which has few of them.
  if (number === 1146 || number === 1054)
    return {
      metrics,
      reason: `${table} is not as this release of Upkeep reads it: ${message}`,
      remedy: 'nothing on TiDB Cloud Serverless; else TiDB 6.5 or newer',
    };
  return undefined;
}

/** Moments of a session in UTC as epoch milliseconds: `2026-01-20 10:15:06.000000`. */
export function momentOf(text: string | null | undefined): number | undefined {
  if (text === null || text === undefined || text === '') return undefined;
  const at = Date.parse(`${text.trim().slice(0, 23).replace(' ', 'T')}Z`);
  return Number.isNaN(at) ? undefined : at;
}

/** `20260120-10:15:06.000 +0800`, with the name of a zone after it in old releases. */
export function gcMomentOf(text: string | undefined): number | undefined {
  const found = /^(\d{4})(\d\d)(\d\d)-(\d\d:\d\d:\d\d)(?:\.\d+)? ([+-]\d\d)(\d\d)/.exec(text ?? '');
  if (!found) return undefined;
  const [, year, month, day, time, hours, minutes] = found;
  const at = Date.parse(`${year}-${month}-${day}T${time}${hours}:${minutes}`);
  return Number.isNaN(at) ? undefined : at;
}

/** The seconds of a duration of Go: `10m0s`, `26h39m4.35s`. */
export function goSeconds(text: string | undefined): number | undefined {
  if (text === undefined || !/^(\d+(\.\d+)?(h|m|s|ms))+$/.test(text)) return undefined;
  const units: Record<string, number> = { h: 3_600, m: 60, s: 1, ms: 0.001 };
  let seconds = 0;
  for (const [, amount, unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g))
    seconds += Number(amount) * (units[unit] ?? 0);
  return seconds;
}

/** The bytes of `1.968TiB`, as PD writes sizes. */
export function bytesOf(text: string | undefined | null): number | undefined {
  const found = /^([\d.]+)\s*([KMGTPE]?)i?B$/i.exec(text ?? '');
  if (!found) return undefined;
  return Number(found[1]) * 1_024 ** ' KMGTPE'.indexOf((found[2] || ' ').toUpperCase());
}

/** For bounds in SQL, in UTC. */
export function sqlMoment(at: number): string {
  return timestamp(at).slice(0, 19).replace('T', ' ');
}
