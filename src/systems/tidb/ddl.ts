import { momentOf } from './access.ts';

/** A schema change in the queue of the cluster (ADMIN SHOW DDL JOBS). */
export interface Job {
  readonly id: number;
  readonly database: string | null;
  readonly table: string | null;
  /** `add index`, `modify column`. */
  readonly type: string;
  /** `queueing`, `running`, `synced`, `cancelled`, `rollback done`, `paused`. */
  readonly state: string;
  readonly rows: number;
  /** Epoch milliseconds; undefined while it waits. */
  readonly startedAt: number | undefined;
  readonly statement: string | null;
}

export interface JobRow extends Omit<Job, 'startedAt'> {
  readonly started: string | null;
}

/** Tables on which the account has no privilege at all are left out by TiDB. */
export const jobsSql = `SELECT JOB_ID AS id, DB_NAME AS \`database\`, TABLE_NAME AS \`table\`, JOB_TYPE AS type, STATE AS state,
       ROW_COUNT AS \`rows\`, CAST(START_TIME AS CHAR) AS started, SUBSTRING(QUERY, 1, 300) AS statement
  FROM information_schema.DDL_JOBS
 WHERE STATE IN ('queueing', 'none', 'running', 'cancelling', 'rollingback', 'paused', 'pausing') ORDER BY JOB_ID LIMIT 200`;

export function jobOf({ started, ...row }: JobRow): Job {
  return { ...row, id: Number(row.id), rows: Number(row.rows ?? 0), startedAt: momentOf(started) };
}

export function isWaiting({ state }: Pick<Job, 'state'>): boolean {
  return state === 'queueing' || state === 'none';
}
