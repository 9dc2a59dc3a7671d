/**
 * What is in a database, so that it can be found again: rows and an order-independent sum of every table. Taken in the
 * very snapshot that is dumped; the same statements run on what was restored must give the same.
 */

export interface TableContent {
  readonly table: string;
  readonly rows: string;
  /** Sum of the 64-bit hashes of all rows as text, as PostgreSQL's numeric says it. */
  readonly sum: string;
}

type Ask = <Row extends object>(sql: string) => Promise<readonly Row[]>;

/** Rows as text must not depend on who asks. */
export const contentSettings: Readonly<Record<string, string>> = {
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  extra_float_digits: '3',
  bytea_output: 'hex',
  search_path: 'pg_catalog',
};

/**
 * Ordinary tables, without those of extensions and of the system: what pg_dump writes the rows of. Materialized views
 * are computed anew by a restore, so theirs are no content.
 */
const tables = `
  SELECT format('%I.%I', n.nspname, c.relname) AS name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND c.relpersistence <> 't'
    AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT 1 FROM pg_depend d
                    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
  ORDER BY pg_table_size(c.oid) DESC, 1`;

/**
 * By name. The server's own parallel workers share a large table; sessions share the tables.
 * @param beside more sessions that see the same
 */
export async function readContent(
  ask: Ask,
  told: (table: string) => void,
  beside: readonly Ask[] = [],
): Promise<TableContent[]> {
  const content: TableContent[] = [];
  const waiting = [...(await ask<{ name: string }>(tables))];
  const readOn = async (own: Ask) => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { name } = next;
      told(name);
      const [row] = await own<{ rows: string; sum: string }>(
        `SELECT count(*)::text AS rows, coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text AS sum FROM ${name} AS t`,
      );
      content.push({ table: name, rows: row?.rows ?? '0', sum: row?.sum ?? '0' });
    }
  };
  const giveUp = (error: unknown) => {
    waiting.length = 0;
    throw error;
  };
  await Promise.all([ask, ...beside].map((own) => readOn(own).catch(giveUp)));
  return content.sort((a, b) => (a.table < b.table ? -1 : 1));
}

/** What differs, in words; empty when both are the same. */
export function contentDifferences(
  expected: readonly TableContent[],
  found: readonly TableContent[],
): string[] {
  const byName = new Map(found.map((one) => [one.table, one]));
  const lost = expected.flatMap(({ table, rows, sum }) => {
    const here = byName.get(table);
    if (!here) return [`${table} is not there`];
    if (here.rows !== rows) return [`${table} has ${here.rows} rows instead of ${rows}`];
    return here.sum === sum ? [] : [`rows of ${table} differ from those that were backed up`];
  });
  const known = new Set(expected.map(({ table }) => table));
  return [
    ...lost,
    ...found.filter(({ table }) => !known.has(table)).map(({ table }) => `${table} was not there before`),
  ];
}
