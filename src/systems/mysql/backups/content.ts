/**
 * What is in a database, so that it can be found again: rows and an order-independent sum of every table, by statements
 * that give the same on what was restored.
 */
import { z } from 'zod';
import type { BackupSession } from './login.ts';

export const tableContent = z.object({
  table: z.string(),
  rows: z.string(),
  /** Sum of 60 bits of the MD5 of all rows. */
  sum: z.string(),
  /** False where its engine knows no snapshot: then it is there, and nothing more can be said. */
  exact: z.boolean(),
});
export type TableContent = z.output<typeof tableContent>;

interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
}

export interface Table {
  readonly table: string;
  readonly exact: boolean;
}

/** Engines whose reads in a transaction are of one moment. */
const snapshotEngines = /^(innodb|rocksdb|tokudb)$/i;
/** Their text is short and the same everywhere; the bytes of the others are summed where they are. */
const asText = /int$|^(decimal|float|double|year|date|time|datetime|timestamp)$/;

export async function tablesOf(session: BackupSession, database: string): Promise<Table[]> {
  const rows = await session.query<{ name: string; engine: string | null }>(
    `SELECT TABLE_NAME AS name, ENGINE AS engine FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = ? AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY 1`,
    [database],
  );
  return rows.map(({ name, engine }) => ({ table: name, exact: snapshotEngines.test(engine ?? '') }));
}

export async function readContent(
  session: BackupSession,
  database: string,
  tables: readonly Table[],
  told: (table: string) => void,
): Promise<TableContent[]> {
  const columns = await session.query<Column>(
    `SELECT TABLE_NAME AS \`table\`, COLUMN_NAME AS name, DATA_TYPE AS type FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA = ? ORDER BY TABLE_NAME, ORDINAL_POSITION`,
    [database],
  );
  const content: TableContent[] = [];
  for (const { table, exact } of tables) {
    told(table);
    const values = columns.filter((one) => one.table === table).map(summed);
    const [row] = await session.query<{ found: string; total: string }>(
      `SELECT CAST(COUNT(*) AS CHAR) AS found,
         CAST(COALESCE(SUM(CAST(CONV(LEFT(MD5(CONCAT_WS(',', ${values.join(', ')})), 15), 16, 10) AS DECIMAL(20, 0))), 0) AS CHAR) AS total
       FROM ${quoted(database)}.${quoted(table)}`,
    );
    content.push({ table, rows: row?.found ?? '0', sum: row?.total ?? '0', exact });
  }
  return content;
}

function summed({ name, type }: Column): string {
  const column = quoted(name);
  if (type === 'bit') return `IFNULL(CAST(${column} + 0 AS CHAR), 'N')`;
  return asText.test(type) ? `IFNULL(CAST(${column} AS CHAR), 'N')` : `IFNULL(MD5(${column}), 'N')`;
}

export function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** What differs, in words; empty when both are the same as far as can be said. */
export function contentDifferences(
  expected: readonly TableContent[],
  found: readonly TableContent[],
): string[] {
  const byName = new Map(found.map((one) => [one.table, one]));
  const lost = expected.flatMap(({ table, rows, sum, exact }) => {
    const here = byName.get(table);
    if (!here) return [`${table} is not there`];
    if (!exact) return [];
    if (here.rows !== rows) return [`${table} has ${here.rows} rows instead of ${rows}`];
    return here.sum === sum ? [] : [`rows of ${table} differ from those that were backed up`];
  });
  const known = new Set(expected.map(({ table }) => table));
  return [
    ...lost,
    ...found.filter(({ table }) => !known.has(table)).map(({ table }) => `${table} was not there before`),
  ];
}
