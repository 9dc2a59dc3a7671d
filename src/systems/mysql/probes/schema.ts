import type { Missing, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { type MysqlConnection, observe } from '../client.ts';
import { duplicatesOf, type Index } from '../indexes.ts';
import { hiddenFor } from '../privileges.ts';
import type { Db } from '../session.ts';
import { ownMark } from '../sessions.ts';
import { readStatus, readVariables } from '../status.ts';

const own = "TABLE_SCHEMA NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')";
const leastUptimeSeconds = 30 * 86_400;

/** Largest value of each integer type, signed and unsigned (MySQL manual, "Integer Types"). */
const largest = `CASE DATA_TYPE WHEN 'tinyint' THEN 127 WHEN 'smallint' THEN 32767 WHEN 'mediumint' THEN 8388607
  WHEN 'int' THEN 2147483647 ELSE 9223372036854775807 END * IF(COLUMN_TYPE LIKE '%unsigned%', 2, 1)`;

export const schema: Probe<MysqlConnection> = {
  id: 'mysql.schema',
  summary: 'Tables: numbers that run out, missing primary keys, old engines, superfluous indexes, sizes',
  atMostEveryMs: 900_000,
  metrics: {
    'mysql.auto_increment.used_ratio': {
      summary: 'Next AUTO_INCREMENT as a share of what its column holds, the five highest',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'mysql.tables.without_key': { summary: 'Tables without primary key', unit: 'count', kind: 'gauge' },
    'mysql.tables.not_crash_safe': {
      summary: 'Tables in MyISAM, which a crash can break',
      unit: 'count',
      kind: 'gauge',
    },
    'mysql.indexes.duplicate': {
      summary: 'Indexes that another one covers; unique ones and those of foreign keys left out',
      unit: 'count',
      kind: 'gauge',
    },
    'mysql.indexes.unused': {
      summary:
        'Indexes never read in 30 days or more since the start; unique ones and those of foreign keys left out',
      unit: 'count',
      kind: 'gauge',
    },
    'mysql.database.size': { summary: 'Data and indexes', unit: 'bytes', kind: 'gauge' },
  },
  run: (conn, ctx) =>
    observe(conn.work, ctx, async (db) => {
      const tables = await readTables(db);
      const hidden = await hiddenFor(db, 'sessions', ['mysql.indexes.duplicate', 'mysql.indexes.unused']);
      const work: Judged = hidden.length > 0 ? { readings: [], missing: hidden } : await judgeIndexes(db);
      return {
        ...(work.detail === undefined ? {} : { detail: work.detail }),
        readings: [...(await readAutoIncrement(db)), ...tables, ...work.readings],
        missing: work.missing,
      };
    }),
};

interface Judged {
  readonly readings: readonly Reading[];
  readonly missing: readonly Missing[];
  readonly detail?: string;
}

async function judgeIndexes(db: Db): Promise<Judged> {
  const indexes = await readIndexes(db);
  const duplicates = duplicatesOf(indexes.all, indexes.neededByKey);
  const unused = await readUnused(db, indexes);
  const [first] = duplicates;
  return {
    readings: [{ metric: 'mysql.indexes.duplicate', value: duplicates.length }, ...unused.readings],
    missing: unused.missing,
    ...(first ? { detail: `${first.table}: ${first.index} is covered by ${first.by}` } : {}),
  };
}

async function readAutoIncrement(db: Db): Promise<Reading[]> {
  const rows = await db.query<{ table: string; used: number }>(
    `${ownMark} SELECT CONCAT(t.TABLE_SCHEMA, '.', t.TABLE_NAME) AS \`table\`, t.AUTO_INCREMENT / (${largest}) AS used
       FROM information_schema.TABLES t JOIN information_schema.COLUMNS c
         ON c.TABLE_SCHEMA = t.TABLE_SCHEMA AND c.TABLE_NAME = t.TABLE_NAME AND c.EXTRA LIKE '%auto_increment%'
      WHERE t.${own} AND t.AUTO_INCREMENT IS NOT NULL ORDER BY used DESC LIMIT 5`,
  );
  return rows.map(({ table, used }) => ({
    metric: 'mysql.auto_increment.used_ratio',
    value: Number(used),
    labels: { table },
  }));
}

async function readTables(db: Db): Promise<Reading[]> {
  const [counts] = await db.query<{ myisam: number | null; keyless: number }>(
    // TABLE_CONSTRAINTS hides keys from accounts that may only read.
    `${ownMark} SELECT SUM(t.ENGINE = 'MyISAM') AS myisam,
            COALESCE(SUM(t.ENGINE IS NOT NULL AND k.TABLE_NAME IS NULL), 0) AS keyless
       FROM information_schema.TABLES t LEFT JOIN (SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.STATISTICS
              WHERE INDEX_NAME = 'PRIMARY' AND SEQ_IN_INDEX = 1) k
         ON k.TABLE_SCHEMA = t.TABLE_SCHEMA AND k.TABLE_NAME = t.TABLE_NAME
      WHERE t.${own} AND t.TABLE_TYPE = 'BASE TABLE'`,
  );
  const sizes = await db.query<{ database: string; bytes: number | null }>(
    `${ownMark} SELECT TABLE_SCHEMA AS \`database\`, SUM(DATA_LENGTH + INDEX_LENGTH) AS bytes
       FROM information_schema.TABLES WHERE ${own} GROUP BY TABLE_SCHEMA ORDER BY bytes DESC LIMIT 20`,
  );
  return [
    { metric: 'mysql.tables.without_key', value: Number(counts?.keyless ?? 0) },
    { metric: 'mysql.tables.not_crash_safe', value: Number(counts?.myisam ?? 0) },
    ...sizes.map(({ database, bytes }) => ({
      metric: 'mysql.database.size',
      value: Number(bytes ?? 0),
      labels: { database },
    })),
  ];
}

interface Indexes {
  readonly all: readonly Index[];
  /** `shop.orders.fk_customer`: what a foreign key needs on either side. */
  readonly neededByKey: ReadonlySet<string>;
}

async function readIndexes(db: Db): Promise<Indexes> {
  const rows = await db.query<{
    table: string;
    name: string;
    unique: number;
    type: string;
    column: string | null;
  }>(
    `${ownMark} SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) AS \`table\`, INDEX_NAME AS name, NON_UNIQUE = 0 AS \`unique\`,
            INDEX_TYPE AS type, CONCAT(COLUMN_NAME, COALESCE(CONCAT('(', SUB_PART, ')'), '')) AS \`column\`
       FROM information_schema.STATISTICS WHERE ${own} ORDER BY 1, 2, SEQ_IN_INDEX LIMIT 20000`,
  );
  const all = new Map<string, Index>();
  for (const { table, name, unique, type, column } of rows) {
    const key = `${table}.${name}`;
    const before = all.get(key);
    // An expression has no column name; it is like no other.
    const columns = [...(before?.columns ?? []), column ?? `expression of ${name}`];
    all.set(key, { table, name, isUnique: Number(unique) === 1, type, columns });
  }
  return { all: [...all.values()], neededByKey: await readKeyIndexes(db, [...all.values()]) };
}

/**
 * InnoDB needs an index that begins with the columns of the key, in the child and in the parent. KEY_COLUMN_USAGE
 * hides keys from accounts that may only read; InnoDB's own tables show them to PROCESS.
 */
async function readKeyIndexes(db: Db, indexes: readonly Index[]): Promise<Set<string>> {
  const tables = db.version.isMariaDb ? 'INNODB_SYS_FOREIGN' : 'INNODB_FOREIGN';
  const rows = await db.query<{ child: string; parent: string; column: string; referenced: string }>(
    `${ownMark} SELECT REPLACE(f.FOR_NAME, '/', '.') AS child, REPLACE(f.REF_NAME, '/', '.') AS parent,
            c.FOR_COL_NAME AS \`column\`, c.REF_COL_NAME AS referenced
       FROM information_schema.${tables} f JOIN information_schema.${tables}_COLS c ON c.ID = f.ID LIMIT 5000`,
  );
  const begins = new Set(
    rows.flatMap((row) => [`${row.child} ${row.column}`, `${row.parent} ${row.referenced}`]),
  );
  return new Set(
    indexes
      .filter((index) => begins.has(`${index.table} ${index.columns[0]}`))
      .map((index) => `${index.table}.${index.name}`),
  );
}

async function readUnused(db: Db, indexes: Indexes): Promise<{ readings: Reading[]; missing: Missing[] }> {
  const metrics = ['mysql.indexes.unused'];
  const uptime = (await readStatus(db, 'Uptime')).number('Uptime') ?? 0;
  if (uptime < leastUptimeSeconds) {
    const reason = 'the counters began with the start, less than 30 days ago';
    return { readings: [], missing: [{ metrics, reason, remedy: 'none needed: wait' }] };
  }
  if (!(await readVariables(db, 'performance_schema')).isOn('performance_schema')) {
    const remedy = 'performance_schema = ON under [mysqld], then restart the server';
    return { readings: [], missing: [{ metrics, reason: 'performance_schema is off', remedy }] };
  }
  const rows = await db.query<{ key: string }>(
    `${ownMark} SELECT CONCAT(OBJECT_SCHEMA, '.', OBJECT_NAME, '.', INDEX_NAME) AS \`key\`
       FROM performance_schema.table_io_waits_summary_by_index_usage WHERE INDEX_NAME IS NOT NULL AND COUNT_STAR = 0`,
  );
  const idle = new Set(rows.map(({ key }) => key));
  const unused = indexes.all.filter(
    (index) =>
      !index.isUnique &&
      idle.has(`${index.table}.${index.name}`) &&
      !indexes.neededByKey.has(`${index.table}.${index.name}`),
  );
  return { readings: [{ metric: 'mysql.indexes.unused', value: unused.length }], missing: [] };
}
