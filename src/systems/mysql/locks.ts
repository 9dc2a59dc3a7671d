import { numberOfError } from '../../protocols/mysql/failure.ts';
import { globalWaits, readGlobalHolders, waitsForGlobalLock } from './global-lock.ts';
import type { Db } from './session.ts';
import { isBackup, isClient, readSessions, type Thread } from './sessions.ts';
import { definedTable, mentions } from './statement.ts';

/** Somebody waits for somebody: one edge of the tree. */
export interface Wait {
  readonly thread: number;
  readonly blocker: number;
  /** `global` is that of FLUSH TABLES WITH READ LOCK. */
  readonly kind: 'row' | 'metadata' | 'global';
  /** `shop.orders` */
  readonly table: string;
  readonly seconds: number;
  /** False where the holder was inferred and not read. */
  readonly isCertain: boolean;
  /** How many could be the holder: 1 where it was read. */
  readonly candidates: number;
}

export interface Transaction {
  readonly thread: number;
  readonly seconds: number;
  readonly rowsModified: number;
  readonly rowsLocked: number;
  readonly isWaiting: boolean;
  /** When it began, in UTC: `2026-01-31 09:00:00+00`; a second more or less. */
  readonly since: string;
}

export const transactionsSql = `SELECT trx_mysql_thread_id AS thread, TIMESTAMPDIFF(SECOND, trx_started, NOW()) AS seconds,
       trx_rows_modified AS rowsModified, trx_rows_locked AS rowsLocked, trx_state = 'LOCK WAIT' AS isWaiting,
       DATE_FORMAT(UTC_TIMESTAMP() - INTERVAL TIMESTAMPDIFF(SECOND, trx_started, NOW()) SECOND, '%Y-%m-%d %H:%i:%s+00') AS since
  FROM information_schema.INNODB_TRX WHERE trx_mysql_thread_id > 0 ORDER BY trx_started LIMIT 500`;

/** Times of InnoDB are the server's local ones, as NOW() is. */
async function readTransactions(db: Db): Promise<Transaction[]> {
  const rows = await db.query<Transaction & { isWaiting: number | boolean }>(transactionsSql);
  return rows.map((row) => ({ ...row, isWaiting: Number(row.isWaiting) === 1 }));
}

export function rowWaitsSql(isMariaDb: boolean): string {
  return isMariaDb
    ? `SELECT r.trx_mysql_thread_id AS thread, b.trx_mysql_thread_id AS blocker, l.lock_table AS \`table\`,
       TIMESTAMPDIFF(SECOND, r.trx_wait_started, NOW()) AS seconds
  FROM information_schema.INNODB_LOCK_WAITS w
  JOIN information_schema.INNODB_TRX r ON r.trx_id = w.requesting_trx_id
  JOIN information_schema.INNODB_TRX b ON b.trx_id = w.blocking_trx_id
  LEFT JOIN information_schema.INNODB_LOCKS l ON l.lock_id = w.requested_lock_id LIMIT 1000`
    : `SELECT r.trx_mysql_thread_id AS thread, b.trx_mysql_thread_id AS blocker,
       CONCAT(l.OBJECT_SCHEMA, '.', l.OBJECT_NAME) AS \`table\`,
       TIMESTAMPDIFF(SECOND, r.trx_wait_started, NOW()) AS seconds
  FROM performance_schema.data_lock_waits w
  JOIN information_schema.INNODB_TRX r ON r.trx_id = w.REQUESTING_ENGINE_TRANSACTION_ID
  JOIN information_schema.INNODB_TRX b ON b.trx_id = w.BLOCKING_ENGINE_TRANSACTION_ID
  JOIN performance_schema.data_locks l ON l.ENGINE_LOCK_ID = w.REQUESTING_ENGINE_LOCK_ID LIMIT 1000`;
}

async function readRowWaits(db: Db): Promise<Wait[]> {
  const rows = await db.query<{
    thread: number;
    blocker: number;
    table: string | null;
    seconds: number | null;
  }>(rowWaitsSql(db.version.isMariaDb));
  const seen = new Set<string>();
  return rows.flatMap((row) => {
    const key = `${row.thread} ${row.blocker}`;
    // Several locks of one pair are one wait.
    if (seen.has(key) || row.thread === row.blocker) return [];
    seen.add(key);
    const table = (row.table ?? '').replaceAll('`', '');
    return { ...row, table, seconds: row.seconds ?? 0, kind: 'row' as const, isCertain: true, candidates: 1 };
  });
}

export interface HeldLock {
  readonly thread: number;
  readonly table: string;
  readonly isPending: boolean;
}

export function heldLocksSql(isMariaDb: boolean): string {
  return isMariaDb
    ? `SELECT THREAD_ID AS thread, CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) AS \`table\`, 0 AS isPending
  FROM information_schema.METADATA_LOCK_INFO WHERE LOCK_TYPE = 'Table metadata lock' LIMIT 5000`
    : `SELECT t.PROCESSLIST_ID AS thread, CONCAT(m.OBJECT_SCHEMA, '.', m.OBJECT_NAME) AS \`table\`,
       m.LOCK_STATUS = 'PENDING' AS isPending
  FROM performance_schema.metadata_locks m JOIN performance_schema.threads t ON t.THREAD_ID = m.OWNER_THREAD_ID
 WHERE m.OBJECT_TYPE = 'TABLE' AND t.PROCESSLIST_ID IS NOT NULL LIMIT 5000`;
}

/** Undefined where the server does not tell who holds metadata locks. */
async function readHeldLocks(db: Db): Promise<HeldLock[] | undefined> {
  try {
    const rows = await db.query<{ thread: number; table: string; isPending: number }>(
      heldLocksSql(db.version.isMariaDb),
    );
    return rows.map((row) => ({ ...row, isPending: row.isPending === 1 }));
  } catch (error) {
    // No such table: the plugin is not installed; denied: no right to read the performance schema.
    if ([1109, 1142, 1146].includes(numberOfError(error) ?? 0)) return undefined;
    throw error;
  }
}

export function waitsForMetadata({ state }: Pick<Thread, 'state'>): boolean {
  return /^Waiting for (table|schema) metadata lock|^Waiting for table flush/i.test(state ?? '');
}

/**
 * Who waits for whom for the definition of a table. The statement that wants the table for itself waits for those
 * that use it; who comes later, even to read, queues behind that statement. Where the server does not tell the
 * holders, open transactions older than the wait are taken for them, as uncertain.
 */
export function metadataWaits(
  sessions: readonly Thread[],
  transactions: readonly Transaction[],
  held: readonly HeldLock[] | undefined,
): Wait[] {
  const waiters = sessions.filter(waitsForMetadata);
  const wanted = waiters.flatMap((waiter) => {
    const table = definedTable(waiter.statement, waiter.db);
    return table === undefined ? [] : { waiter, table };
  });
  const heads = wanted.toSorted((a, b) => b.waiter.seconds - a.waiter.seconds);
  const isWaiting = new Set(waiters.map(({ thread }) => thread));
  return waiters.flatMap((waiter): Wait[] => {
    const own = heads.find((head) => head.waiter === waiter);
    const head = heads.find(
      (one) =>
        one.waiter !== waiter &&
        one.waiter.seconds >= waiter.seconds &&
        (own === undefined ? mentions(waiter.statement, one.table) : one.table === own.table),
    );
    const base = { thread: waiter.thread, kind: 'metadata' as const, seconds: waiter.seconds, candidates: 1 };
    if (head !== undefined) {
      return [{ ...base, blocker: head.waiter.thread, table: head.table, isCertain: true }];
    }
    const table = own?.table ?? pendingTable(waiter, held) ?? '';
    const known = holdersOf(table, waiter, held).filter((thread) => !isWaiting.has(thread));
    if (known.length > 0) {
      return known.map((blocker) => ({ ...base, blocker, table, isCertain: true }));
    }
    const open = suspectsOf(waiter, table, sessions, transactions);
    // Who waits without wanting the table for itself waits for one who has it so: by LOCK TABLES, without a transaction.
    const suspects = open.length > 0 || own !== undefined ? open : sleepersOf(waiters, waiter, sessions);
    const [first] = suspects;
    return first === undefined
      ? []
      : [{ ...base, blocker: first, table, isCertain: false, candidates: suspects.length }];
  });
}

/** Asleep on the same schema since before the first wait, the latest first: on a busy table somebody soon waits. */
function sleepersOf(waiters: readonly Thread[], waiter: Thread, sessions: readonly Thread[]): number[] {
  const longest = Math.max(...waiters.filter(({ db }) => db === waiter.db).map(({ seconds }) => seconds));
  return sessions
    .filter((one) => one.db === waiter.db && one.command === 'Sleep' && isClient(one) && !isBackup(one))
    .filter(({ seconds }) => seconds >= longest)
    .toSorted((a, b) => a.seconds - b.seconds)
    .map(({ thread }) => thread);
}

function pendingTable(waiter: Thread, held: readonly HeldLock[] | undefined): string | undefined {
  return held?.find((lock) => lock.thread === waiter.thread && lock.isPending)?.table;
}

function holdersOf(table: string, waiter: Thread, held: readonly HeldLock[] | undefined): number[] {
  const threads = (held ?? [])
    .filter(
      (lock) =>
        !lock.isPending && lock.thread !== waiter.thread && lock.table.toLowerCase() === table.toLowerCase(),
    )
    .map((lock) => lock.thread);
  return [...new Set(threads)];
}

/** Statements on the table that began before, then open transactions that began before, the oldest first. */
function suspectsOf(
  waiter: Thread,
  table: string,
  sessions: readonly Thread[],
  transactions: readonly Transaction[],
): number[] {
  const others = sessions.filter(
    (one) => one.thread !== waiter.thread && isClient(one) && !waitsForMetadata(one),
  );
  const running = others.filter(
    (one) =>
      one.command === 'Query' &&
      one.seconds >= waiter.seconds &&
      table !== '' &&
      mentions(one.statement, table),
  );
  const open = transactions.filter(
    // Ages are in whole seconds. Who waits for a row holds a place in the tree already.
    (one) =>
      !one.isWaiting &&
      one.seconds + 1 >= waiter.seconds &&
      others.some(({ thread }) => thread === one.thread),
  );
  return [...new Set([...running, ...open].map(({ thread }) => thread))];
}

export interface Locks {
  readonly sessions: readonly Thread[];
  readonly transactions: readonly Transaction[];
  readonly waits: readonly Wait[];
  /** Sessions that wait for metadata, whether or not the holder is known. */
  readonly metadataWaiters: readonly Thread[];
  /** Sessions that wait for the global read lock, whether or not the holder is known. */
  readonly globalWaiters: readonly Thread[];
  readonly seesHolders: boolean;
}

/** Needs the privilege PROCESS. */
export async function readLocks(db: Db): Promise<Locks> {
  // InnoDB shows its transactions as they were until nobody has read them for 100 ms (trx0i_s.cc,
  // CACHE_MIN_IDLE_TIME): without a pause a plan would be made from what an earlier look saw.
  await db.query('DO SLEEP(0.11)');
  const sessions = await readSessions(db);
  const transactions = await readTransactions(db);
  const rows = await readRowWaits(db);
  const metadataWaiters = sessions.filter(waitsForMetadata);
  const held = metadataWaiters.length === 0 ? [] : await readHeldLocks(db);
  const globalWaiters = sessions.filter(waitsForGlobalLock);
  const global =
    globalWaiters.length === 0 ? [] : globalWaits(sessions, transactions, await readGlobalHolders(db));
  const waits = [...rows, ...metadataWaits(sessions, transactions, held), ...global];
  return { sessions, transactions, waits, metadataWaiters, globalWaiters, seesHolders: held !== undefined };
}

export interface Root {
  readonly thread: number;
  readonly behind: readonly number[];
  readonly direct: readonly number[];
}

/** Those that block and wait for nobody themselves, with all that wait behind them, directly or not. */
export function rootsOf(waits: readonly Pick<Wait, 'thread' | 'blocker'>[]): Root[] {
  const waiting = new Set(waits.map(({ thread }) => thread));
  const behind = new Map<number, number[]>();
  for (const { thread, blocker } of waits) behind.set(blocker, [...(behind.get(blocker) ?? []), thread]);
  return [...behind.keys()]
    .filter((thread) => !waiting.has(thread))
    .map((thread) => ({ thread, behind: behindOf(thread, behind), direct: behind.get(thread) ?? [] }))
    .sort((a, b) => b.behind.length - a.behind.length);
}

function behindOf(start: number, edges: ReadonlyMap<number, readonly number[]>): number[] {
  const seen = new Set<number>();
  const open = [start];
  for (let thread = open.pop(); thread !== undefined; thread = open.pop()) {
    for (const next of edges.get(thread) ?? []) {
      if (seen.has(next) || next === start) continue;
      seen.add(next);
      open.push(next);
    }
  }
  return [...seen];
}

/** Seconds that a session has had a transaction open and does nothing, by thread; backups left out. */
export function idleTransactions(
  locks: Pick<Locks, 'sessions' | 'transactions'>,
): { thread: Thread; seconds: number }[] {
  return locks.transactions.flatMap((transaction) => {
    const thread = locks.sessions.find((one) => one.thread === transaction.thread);
    const isIdle =
      thread !== undefined && thread.command === 'Sleep' && isClient(thread) && !isBackup(thread);
    return isIdle ? { thread, seconds: Math.min(thread.seconds, transaction.seconds) } : [];
  });
}

/** Those that wait behind a session, directly or not. */
export function waitsBehind({ waits }: Pick<Locks, 'waits'>, thread: number): number[] {
  const edges = new Map<number, number[]>();
  for (const wait of waits) edges.set(wait.blocker, [...(edges.get(wait.blocker) ?? []), wait.thread]);
  return behindOf(thread, edges);
}
