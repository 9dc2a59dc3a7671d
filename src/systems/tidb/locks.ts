/** Who waits for whom, and who holds things up: transactions, the sessions they belong to, and schema changes. */
import type { Db } from './session.ts';
import {
  type Process,
  processesSql,
  processOf,
  type Transaction,
  type TransactionRow,
  transactionOf,
  transactionsSql,
} from './sessions.ts';

export interface Wait {
  readonly waiter: string;
  readonly holder: string;
  /** `shop.orders`, where TiDB can tell it. */
  readonly table: string;
  readonly statement: string | null;
}

interface WaitRow {
  readonly waiter: string;
  readonly holder: string;
  readonly info: string | null;
  readonly statement: string | null;
}

/** Asks every store: only for diagnoses and actions, never on a schedule (information-schema-data-lock-waits.md). */
export const waitsSql = `SELECT CAST(TRX_ID AS CHAR) AS waiter, CAST(CURRENT_HOLDING_TRX_ID AS CHAR) AS holder, KEY_INFO AS info,
       SUBSTRING(SQL_DIGEST_TEXT, 1, 200) AS statement
  FROM information_schema.DATA_LOCK_WAITS LIMIT 1000`;

export interface Held {
  readonly waits: readonly Wait[];
  readonly transactions: readonly Transaction[];
  readonly processes: readonly Process[];
}

export async function readHeld(db: Db): Promise<Held> {
  const waits = await db.query<WaitRow>(waitsSql);
  const transactions = await db.query<TransactionRow>(transactionsSql);
  const processes = await db.query<Process>(processesSql);
  return {
    waits: waits.map(({ info, ...wait }) => ({ ...wait, table: tableOf(info) })),
    transactions: transactions.map(transactionOf),
    processes: processes.map(processOf),
  };
}

/** Values of the key are left where they are: they are somebody's data. */
function tableOf(info: string | null): string {
  const of = (name: string) => new RegExp(`"${name}":"([^"]*)"`).exec(info ?? '')?.[1];
  const [database, table] = [of('db_name'), of('table_name')];
  return table === undefined ? '' : database === undefined ? table : `${database}.${table}`;
}

/** Transactions that wait behind this one, directly or not. */
export function behind(waits: readonly Wait[], transaction: string): string[] {
  const found = new Set<string>();
  const look = (holder: string) => {
    for (const { waiter } of waits.filter((wait) => wait.holder === holder)) {
      if (waiter === transaction || found.has(waiter)) continue;
      found.add(waiter);
      look(waiter);
    }
  };
  look(transaction);
  return [...found];
}

/** Holders that wait for nobody themselves, those with most behind them first. */
export function rootsOf(waits: readonly Wait[]): string[] {
  const waiting = new Set(waits.map(({ waiter }) => waiter));
  const roots = [...new Set(waits.map(({ holder }) => holder))].filter((holder) => !waiting.has(holder));
  return roots.toSorted((a, b) => behind(waits, b).length - behind(waits, a).length);
}
