import { z } from 'zod';
import type { MysqlConnection } from './client.ts';
import { isBackup, isClient, isOurs, type Thread } from './sessions.ts';

/**
 * Thread ids are not used twice while a server runs, yet begin anew after a restart; a user and a moment with them name
 * one session in one state.
 */
export const moment = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00$/, 'a moment in UTC such as 2026-01-31 09:00:00+00');

export const threadId = z.int().positive().describe('Id of the session (SHOW PROCESSLIST)');

/** Both are whole seconds, counted back from the present. */
const toleranceMs = 2_000;

export function isSameMoment(a: string, b: string): boolean {
  return Math.abs(epochOf(a) - epochOf(b)) <= toleranceMs;
}

function epochOf(text: string): number {
  return Date.parse(text.replace(' ', 'T').replace('+00', 'Z'));
}

/** Why a session is never touched; undefined for a client's. */
export function untouchable(session: Thread, conn: MysqlConnection): string | undefined {
  const { thread } = session;
  if (isOwnThread(thread, conn) || isOurs(session)) return ownSession(thread);
  if (!isClient(session)) {
    return `thread ${thread} is no client session but ${session.user} (${session.command}); those are never ended`;
  }
  if (isBackup(session)) return `thread ${thread} is a backup; it is not interrupted`;
  return undefined;
}

/** The session that asks is not in its own list, so the number alone decides. */
export function isOwnThread(thread: number, conn: MysqlConnection): boolean {
  return thread === conn.quick.thread || thread === conn.work.thread;
}

export function ownSession(thread: number): string {
  return `thread ${thread} is one of Upkeep's own sessions`;
}
