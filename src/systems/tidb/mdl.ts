/** Transactions that a schema change waits for, as they still use the table as it was (metadata-lock.md). */
export interface Holder {
  readonly job: number;
  readonly session: string;
  readonly table: string;
}

export const holdersSql = `SELECT job_id AS job, CAST(session_id AS CHAR) AS session, CONCAT(db_name, '.', table_name) AS \`table\`
  FROM mysql.tidb_mdl_view LIMIT 200`;
