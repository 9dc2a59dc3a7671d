import { type Row, tableOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { look } from '../../../protocols/mysql/evidence.ts';
import type { MysqlConnection } from '../client.ts';
import { waitsForGlobalLock } from '../global-lock.ts';
import { heldLocksSql, type Locks, readLocks, rowWaitsSql, transactionsSql } from '../locks.ts';
import { grantOf, may } from '../privileges.ts';
import { isBackup, isClient, sessionsSql } from '../sessions.ts';
import { definedTable } from '../statement.ts';
import { findingsOf } from './blocked-by-lock-findings.ts';

export const blockedByLock: Diagnosis<MysqlConnection> = {
  id: 'mysql.blocked-by-lock',
  title: 'sessions wait for a lock',
  summary:
    'Sessions wait for a row or for the definition of a table: who holds it, since when, and who waits',
  explains: [
    'mysql.blocked',
    'mysql.blocked-sessions',
    'mysql.metadata-lock',
    'mysql.idle-in-transaction',
    'mysql.long-transaction',
    'mysql.threads-running',
    'mysql.connections',
    'mysql.connections-full',
    'mysql.down',
  ],
  async gather(conn, target, ctx) {
    // One look, so that both tables are of the same moment.
    let seen: Locks | undefined;
    const waits = await look(
      conn.quick,
      target,
      ctx,
      {
        id: 'lock-waits',
        title: 'Who waits for whom',
        how: `${rowWaitsSql(true)};\n${heldLocksSql(true)} (MySQL: performance_schema.data_lock_waits, metadata_locks)`,
      },
      async (db) => {
        if (!(await may(db, 'sessions'))) {
          return { unseen: `who holds and who waits cannot be seen: ${await grantOf(db, 'sessions')}` };
        }
        seen = await readLocks(db);
        return {
          facts: {
            waiters: new Set(seen.waits.map(({ thread }) => thread)).size,
            unexplained: unexplained(seen),
          },
          table: tableOf(
            ['thread', 'blocker', 'kind', 'table', 'seconds', 'isCertain', 'candidates'],
            seen.waits.map((wait) => ({ ...wait })),
          ),
          ...(seen.seesHolders
            ? {}
            : {
                unseen:
                  "who holds metadata locks: INSTALL SONAME 'metadata_lock_info'; (MariaDB) or performance_schema with SELECT on it (MySQL)",
              }),
        };
      },
    );
    if (seen === undefined || (seen.waits.length === 0 && unexplained(seen) === 0)) return [waits];
    return [
      waits,
      {
        id: `${target}.lock-sessions`,
        target,
        title: 'The sessions of the blocking tree',
        at: waits.at,
        how: `${sessionsSql(true)};\n${transactionsSql}`,
        table: tableOf(sessionColumns, rowsFor(seen)),
      },
    ];
  },
  conclude: (evidence, target) => findingsOf(evidence, target),
};

/** Waits for metadata whose holder has no session that could be taken for it. */
function unexplained({ waits, metadataWaiters, globalWaiters }: Locks): number {
  return [...metadataWaiters, ...globalWaiters].filter(
    (waiter) => !waits.some(({ thread }) => thread === waiter.thread),
  ).length;
}

const sessionColumns = [
  'thread',
  'user',
  'host',
  'command',
  'state',
  'seconds',
  'begun',
  'statement',
  'wantsTable',
  'isClient',
  'isBackup',
  'transactionSeconds',
  'transactionBegun',
  'wantsToWrite',
  'rowsModified',
] as const;

function rowsFor({ sessions, transactions, waits, metadataWaiters, globalWaiters }: Locks): Row[] {
  const threads = new Set([
    ...waits.flatMap(({ thread, blocker }) => [thread, blocker]),
    ...[...metadataWaiters, ...globalWaiters].map(({ thread }) => thread),
  ]);
  return sessions
    .filter(({ thread }) => threads.has(thread))
    .map((session) => {
      const transaction = transactions.find(({ thread }) => thread === session.thread);
      return {
        thread: session.thread,
        user: session.user,
        host: session.host,
        command: session.command,
        state: session.state,
        seconds: session.seconds,
        begun: session.since,
        statement: session.statement,
        wantsTable: definedTable(session.statement, session.db) ?? null,
        wantsToWrite: waitsForGlobalLock(session),
        isClient: isClient(session),
        isBackup: isBackup(session),
        transactionSeconds: transaction?.seconds ?? null,
        transactionBegun: transaction?.since ?? null,
        rowsModified: transaction?.rowsModified ?? null,
      };
    });
}
