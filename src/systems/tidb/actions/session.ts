/** What every action on a session asks: is it still the same, may it be touched, and does KILL reach it and it alone? */
import { z } from 'zod';
import { numberOfError } from '../../../protocols/mysql/failure.ts';
import { quoteAccount } from '../../../protocols/mysql/grants.ts';
import type { TidbConnection } from '../client.ts';
import type { Db } from '../session.ts';
import { isBackup, isOurs, type Process } from '../sessions.ts';

export const sessionId = z
  .string()
  .regex(/^[1-9]\d{0,19}$/, 'the id of a session, as CLUSTER_PROCESSLIST has it')
  .describe('Id of the session (CLUSTER_PROCESSLIST); up to 64 bits, so a text');

export const killPrivileges = [
  'GRANT PROCESS ON *.* TO upkeep;           -- to see sessions and locks of the cluster',
  'GRANT CONFIG ON *.* TO upkeep;            -- to know whether KILL reaches other servers',
  'GRANT CONNECTION_ADMIN ON *.* TO upkeep;  -- to end sessions of others',
].join('\n');

/** The one session with this id, or why there is none to act on. */
export function theOne(
  processes: readonly Process[],
  id: string,
  user: string,
): Process | { refused: string } {
  const found = processes.filter((one) => one.id === id);
  const [session] = found;
  if (session === undefined) return { refused: `session ${id} is not there any more` };
  // Without global kill each server counts from 1, and KILL would hit whichever it is sent to.
  if (found.length > 1)
    return { refused: `session ${id} is on ${found.length} servers; ids are not unique here` };
  if (session.user !== user) return { refused: `session ${id} belongs to ${session.user}, not to ${user}` };
  return session;
}

/** Why a session is never touched; undefined for a client's. */
export function untouchable(session: Process, conn: TidbConnection): string | undefined {
  const { id } = session;
  // A login is told the lower half of an id of 64 bits.
  const half = Number(BigInt(id) & 0xffff_ffffn);
  const isOwn = [conn.quick.thread, conn.work.thread].includes(half);
  if (isOwn || isOurs(session)) return `session ${id} is one of Upkeep's own`;
  if (isBackup(session)) return `session ${id} is a backup; it is not interrupted`;
  return undefined;
}

/** pingcap/docs `sql-statement-kill.md`: without enable-global-kill KILL may hit the session of another server. */
export async function reach(db: Db): Promise<string | undefined> {
  const { account, has } = await db.privileges();
  if (!has('CONNECTION_ADMIN', 'SUPER'))
    return `${account} may not end sessions of others: GRANT CONNECTION_ADMIN ON *.* TO ${quoteAccount(account)};`;
  try {
    const rows = await db.query<{ Value: string }>(
      "SHOW CONFIG WHERE Type = 'tidb' AND Name = 'enable-global-kill'",
    );
    if (rows.length > 0 && rows.every(({ Value }) => Value === 'true')) return undefined;
    return 'enable-global-kill is off: KILL might hit a session of another server; do it by hand on the right one';
  } catch (error) {
    if (numberOfError(error) !== 1227) throw error;
    return `whether KILL reaches other servers is unknown: GRANT CONFIG ON *.* TO ${quoteAccount(account)};`;
  }
}

/** 1094: no such session; it ended between the look and the order. */
export function isGone(error: unknown): boolean {
  return numberOfError(error) === 1094;
}
