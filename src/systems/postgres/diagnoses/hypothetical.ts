/** What a plan would cost with an index that nobody has built: HypoPG, where it is installed. Nothing is written. */
import { escapeIdentifier } from 'pg';
import type { Evidence, Scalar } from '../../../core/evidence.ts';
import { find, numberOf, rowsOf, tableOf, textOf } from '../../../core/evidence-rows.ts';
import type { DiagnosisContext } from '../../../core/system.ts';
import { qualified } from '../actions/planned.ts';
import type { PostgresConnection } from '../client.ts';
import type { Query } from '../session.ts';
import { look } from './evidence.ts';
import { equalityColumns, explain } from './explain.ts';
import type { StatementLoad } from './statement-load.ts';

/** Trials cost a plan each; more columns than these are seldom worth their writes (J). */
const mostTrials = 6;
const mostColumns = 3;
const columns = ['queryid', 'schema', 'table', 'columns', 'cost', 'costWith', 'isUsed', 'bytes'] as const;
/** Between column names in one cell; a name may hold a comma. */
const separator = '\u001f';

type Row = Readonly<Record<string, Scalar>>;

export async function triedIndexes(
  conn: PostgresConnection,
  target: string,
  ctx: DiagnosisContext,
  { evidence, worst }: StatementLoad,
): Promise<Evidence[]> {
  const candidates = rowsOf(find(evidence, target, 'plans'))
    .flatMap(candidatesOf)
    .slice(0, mostTrials);
  if (candidates.length === 0) return [];
  const about = {
    id: 'tried-indexes',
    title: 'Plans with indexes that are not there, tried without building them',
    how: 'SELECT hypopg_create_index(…); EXPLAIN EXECUTE; SELECT hypopg_reset()',
  };
  const tried = await look(conn.work, target, ctx, about, async (query) => {
    const schema = await schemaOf(query);
    if (schema === undefined) return { unseen: notInstalled };
    const rows: Row[] = [];
    for (const candidate of candidates) {
      const text = worst.find(({ id }) => id === candidate.queryid)?.text;
      const row = text === undefined ? undefined : await trial(query, schema, text, candidate);
      if (row) rows.push(row);
    }
    return { table: tableOf(columns, rows) };
  });
  return [tried];
}

const notInstalled =
  'no index was tried: HypoPG is not in this database (apt-get install postgresql-15-hypopg; CREATE EXTENSION hypopg)';

interface Candidate {
  readonly queryid: string;
  readonly schema: string;
  readonly table: string;
  readonly cost: number;
  readonly columns: readonly string[];
}

/** Each column that is compared for equality, and all of them together. */
function candidatesOf(plan: Row): Candidate[] {
  const found = equalityColumns(textOf(plan.filter)).slice(0, mostColumns);
  const sets = found.length > 1 ? [...found.map((column) => [column]), found] : [found];
  const { queryid, schema, table, cost } = plan;
  return sets
    .filter((set) => set.length > 0)
    .map((set) => ({
      queryid: textOf(queryid),
      schema: textOf(schema),
      table: textOf(table),
      cost: numberOf(cost),
      columns: set,
    }));
}

async function schemaOf(query: Query): Promise<string | undefined> {
  const [row] = await query<{ schema: string }>(
    `SELECT n.nspname AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
      WHERE e.extname = 'hypopg'`,
  );
  return row && escapeIdentifier(row.schema);
}

async function trial(
  query: Query,
  hypopg: string,
  text: string,
  { cost, columns: keys, schema, table, queryid }: Candidate,
): Promise<Row | undefined> {
  const wanted = `CREATE INDEX ON ${qualified(schema, table)} USING btree (${keys.map(escapeIdentifier).join(', ')})`;
  let index = { name: '', bytes: 0 };
  try {
    const explained = await explain(query, text, {}, async () => {
      const [made] = await query<{ name: string; bytes: string }>(
        `SELECT indexname AS name, ${hypopg}.hypopg_relation_size(indexrelid)::text AS bytes
           FROM ${hypopg}.hypopg_create_index($1)`,
        [wanted],
      );
      if (made) index = { name: made.name, bytes: Number(made.bytes) };
    });
    if ('unseen' in explained) return undefined;
    const isUsed = index.name !== '' && explained.shape.includes(index.name);
    const costWith = explained.cost;
    return {
      queryid,
      schema,
      table,
      cost,
      costWith,
      isUsed,
      bytes: index.bytes,
      columns: keys.join(separator),
    };
  } finally {
    // They belong to the session and would bend every later EXPLAIN of it.
    await query(`SELECT ${hypopg}.hypopg_reset()`);
  }
}

export interface Trial {
  readonly columns: readonly string[];
  readonly cost: number;
  readonly costWith: number;
  readonly isUsed: boolean;
  readonly bytes: number;
}

/** A second column must be worth its writes: a quarter off the cost (J). */
const worthMore = 0.75;

/** The best trial for a scan of a plan; undefined where none was made. */
export function bestTrial(evidence: readonly Evidence[], target: string, plan: Row): Trial | undefined {
  const trials = rowsOf(find(evidence, target, 'tried-indexes'))
    .filter(
      ({ queryid, schema, table }) =>
        queryid === plan.queryid && schema === plan.schema && table === plan.table,
    )
    .map((row) => ({
      columns: textOf(row.columns).split(separator),
      cost: numberOf(row.cost),
      costWith: numberOf(row.costWith),
      isUsed: row.isUsed === true,
      bytes: numberOf(row.bytes),
    }))
    .sort((a, b) => a.columns.length - b.columns.length || a.costWith - b.costWith);
  return trials.reduce<Trial | undefined>(
    (best, one) => (best === undefined || one.costWith < best.costWith * worthMore ? one : best),
    undefined,
  );
}
