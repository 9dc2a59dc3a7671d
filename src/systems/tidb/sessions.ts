/** Sessions and transactions of every TiDB server. */
import { momentOf } from './access.ts';
import { ownMark } from './session.ts';

export interface Process {
  readonly instance: string;
  /** Up to 64 bits, so a text. Unique in the cluster where global kill is on (since 6.1). */
  readonly id: string;
  readonly user: string;
  readonly host: string;
  readonly db: string | null;
  readonly command: string;
  readonly seconds: number;
  readonly statement: string | null;
  readonly digest: string | null;
  readonly memory: number;
}

const longestText = 300;

export const processesSql = `SELECT INSTANCE AS instance, CAST(ID AS CHAR) AS id, USER AS user, HOST AS host, DB AS db,
       COMMAND AS command, TIME AS seconds, SUBSTRING(INFO, 1, ${longestText}) AS statement, DIGEST AS digest, MEM AS memory
  FROM information_schema.CLUSTER_PROCESSLIST WHERE ID <> CONNECTION_ID() ORDER BY TIME DESC LIMIT 2000`;

export interface Transaction {
  readonly instance: string;
  readonly id: string;
  readonly session: string;
  readonly user: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** `Idle`, `Running`, `LockWaiting`, `Committing`, `RollingBack`. */
  readonly state: string;
  readonly waitingSince: number | undefined;
  readonly keys: number;
  readonly statement: string | null;
}

export interface TransactionRow extends Omit<Transaction, 'startedAt' | 'waitingSince'> {
  readonly started: string;
  readonly waiting: string | null;
}

export const transactionsSql = `SELECT INSTANCE AS instance, CAST(ID AS CHAR) AS id, CAST(SESSION_ID AS CHAR) AS session, USER AS user,
       CAST(START_TIME AS CHAR) AS started, STATE AS state, CAST(WAITING_START_TIME AS CHAR) AS waiting,
       MEM_BUFFER_KEYS AS \`keys\`, SUBSTRING(CURRENT_SQL_DIGEST_TEXT, 1, ${longestText}) AS statement
  FROM information_schema.CLUSTER_TIDB_TRX ORDER BY START_TIME LIMIT 2000`;

export function transactionOf({ started, waiting, ...row }: TransactionRow): Transaction {
  return {
    ...row,
    keys: Number(row.keys),
    startedAt: momentOf(started) ?? 0,
    waitingSince: momentOf(waiting),
  };
}

export function processOf(row: Process): Process {
  return { ...row, seconds: Math.max(0, Number(row.seconds)), memory: Number(row.memory ?? 0) };
}

/** Dumpling and BR mark themselves so little that only their statements tell; a backup is no forgotten transaction. */
export function isBackup({ statement }: Pick<Process, 'statement'>): boolean {
  return /SQL_NO_CACHE|^\s*BACKUP\b|^\s*RESTORE\b|tidb_snapshot|^\s*IMPORT\b/i.test(statement ?? '');
}

export function isOurs({ statement }: Pick<Process, 'statement'>): boolean {
  return (
    (statement ?? '').startsWith(ownMark) || /information_schema\.(CLUSTER_|TIKV_)/i.test(statement ?? '')
  );
}
