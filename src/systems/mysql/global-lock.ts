/** FLUSH TABLES WITH READ LOCK and BACKUP STAGE: nobody writes while one session holds them, often asleep and forgotten. */
import { numberOfError } from '../../protocols/mysql/failure.ts';
import { byItsBytes } from './collation.ts';
import type { Transaction, Wait } from './locks.ts';
import type { Db } from './session.ts';
import { isClient, type Thread } from './sessions.ts';

/** What MariaDB (since 10.5), and MySQL and older ones, call it. */
export function waitsForGlobalLock({ state }: Pick<Thread, 'state'>): boolean {
  return /^Waiting for (backup|global read|commit) lock/i.test(state ?? '');
}

const takesIt = /^\s*FLUSH\s+(NO_WRITE_TO_BINLOG\s+|LOCAL\s+)?TABLES?\b/i;

export function holdersSql(isMariaDb: boolean): string {
  return isMariaDb
    ? `SELECT DISTINCT THREAD_ID AS thread FROM information_schema.METADATA_LOCK_INFO
 WHERE LOCK_MODE LIKE 'MDL\\_BACKUP\\_FTWRL%' OR LOCK_MODE LIKE 'MDL\\_BACKUP\\_WAIT%' OR LOCK_MODE LIKE 'MDL\\_BACKUP\\_BLOCK%'`
    : `SELECT DISTINCT t.PROCESSLIST_ID AS thread FROM performance_schema.metadata_locks m
  JOIN performance_schema.threads t ON t.THREAD_ID = m.OWNER_THREAD_ID
 WHERE m.OBJECT_TYPE IN ('GLOBAL', 'COMMIT', 'BACKUP LOCK') AND m.LOCK_TYPE = 'SHARED' AND m.LOCK_STATUS = 'GRANTED'
   AND t.PROCESSLIST_ID IS NOT NULL`;
}

/** Who holds it, where the server tells; else who could have taken it, which only those with RELOAD can. */
export async function readGlobalHolders(db: Db): Promise<{
  readonly threads: readonly number[] | undefined;
  readonly users: readonly string[] | undefined;
}> {
  const threads = await seen(() => db.query<{ thread: number }>(holdersSql(db.version.isMariaDb)));
  if (threads !== undefined && threads.length > 0)
    return { threads: threads.map(({ thread }) => thread), users: undefined };
  const users = await seen(() =>
    db.query<{ user: string }>(`SELECT User AS user FROM mysql.user WHERE Reload_priv = 'Y' ${byItsBytes}`),
  );
  return { threads: undefined, users: users?.map(({ user }) => user) };
}

/** Undefined where there is no such table or no right to read it. */
async function seen<T>(read: () => Promise<T[]>): Promise<T[] | undefined> {
  try {
    return await read();
  } catch (error) {
    if ([1044, 1109, 1142, 1143, 1146].includes(numberOfError(error) ?? 0)) return undefined;
    throw error;
  }
}

/**
 * Who waits for whom. A FLUSH that waits itself waits for the writers before it, and whoever comes later for it. Where the
 * holder cannot be read it sleeps since just before the first wait, as a busy server soon wants to write.
 */
export function globalWaits(
  sessions: readonly Thread[],
  transactions: readonly Transaction[],
  holders: Awaited<ReturnType<typeof readGlobalHolders>>,
): Wait[] {
  const waiters = sessions.filter(waitsForGlobalLock).toSorted((a, b) => b.seconds - a.seconds);
  const longest = waiters[0]?.seconds ?? 0;
  const base = { kind: 'global' as const, table: '' };
  const flush = sessions.find(
    ({ command, statement }) => command === 'Query' && takesIt.test(statement ?? ''),
  );
  if (flush !== undefined) {
    // That of a FLUSH which waits for readers of tables is found with those of metadata.
    const writers = waitsForGlobalLock(flush)
      ? transactions.filter(({ isWaiting, thread }) => !isWaiting && thread !== flush.thread)
      : [];
    const [oldest] = writers.toSorted((a, b) => b.seconds - a.seconds);
    const after = waiters.filter((one) => one !== flush);
    return [
      ...after.map((one) => ({
        ...{ ...base, thread: one.thread, blocker: flush.thread, seconds: one.seconds },
        ...{ isCertain: true, candidates: 1 },
      })),
      ...(oldest === undefined
        ? []
        : [
            {
              ...{ ...base, thread: flush.thread, blocker: oldest.thread, seconds: flush.seconds },
              ...{ isCertain: false, candidates: writers.length },
            },
          ]),
    ];
  }
  const known = holders.threads?.filter((thread) => !waiters.some((one) => one.thread === thread));
  const suspects = sessions
    .filter(
      (one) =>
        isClient(one) &&
        one.command === 'Sleep' &&
        one.seconds >= longest &&
        holders.users?.includes(one.user) !== false,
    )
    .toSorted((a, b) => a.seconds - b.seconds);
  const blocker = known?.[0] ?? suspects[0]?.thread;
  if (blocker === undefined) return [];
  return waiters.map(({ thread, seconds }) => ({
    ...{ ...base, thread, blocker, seconds },
    ...{ isCertain: known !== undefined, candidates: known === undefined ? suspects.length : 1 },
  }));
}
