/** The plan of a statement as pg_stat_statements keeps it, values replaced by parameters; nothing is run. */
import type { Query } from '../session.ts';

/** A relation that is read from beginning to end. */
export interface Scan {
  readonly schema: string;
  readonly table: string;
  /** As EXPLAIN writes it: `(orders.customer = $1)`. */
  readonly filter: string;
}

export interface Explained {
  readonly cost: number;
  /** The kinds of its nodes, outermost first: `Limit > Index Scan orders_pkey`. */
  readonly shape: string;
  readonly scans: readonly Scan[];
}

export type Explanation = Explained | { readonly unseen: string };

/**
 * The planner runs immutable functions to see what comes out, with our rights. So only statements whose functions are
 * known and whose types are built in are planned; anything else is left unexplained.
 */
const knownFunctions = new Set(
  `all any array avg cast ceil coalesce concat count cume_dist current_setting date_part date_trunc dense_rank exists
   extract filter first_value floor generate_series greatest group_concat in interval jsonb_agg json_agg lag lead least
   left length lower max md5 min mod not now nullif numeric on or and over partition position rank replace right round
   row row_number some string_agg substr substring sum to_char trim upper using values varchar char when where as by
   select from then else case is null like ilike between distinct set limit offset into returning update union join`
    .split(/\s+/)
    .filter(Boolean),
);
const knownTypes =
  /^(int[248]?|integer|bigint|smallint|text|varchar|bool|boolean|date|time|timestamp|timestamptz|uuid|numeric|float[48]|json|jsonb|interval|bytea|regclass)$/;

export function whyNotExplained(text: string): string | undefined {
  if (!/^\s*(select|with|insert|update|delete|merge|values)\b/i.test(text))
    return 'it is no statement that has a plan';
  if (/\boperator\s*\(/i.test(text)) return 'it names its operators';
  const bare = text.replace(/'(?:[^']|'')*'/g, "''");
  for (const [, name = ''] of bare.matchAll(
    /((?:[\w$]+|"(?:[^"]|"")+")(?:\s*\.\s*(?:[\w$]+|"(?:[^"]|"")+"))*)\s*\(/g,
  )) {
    // `insert into orders (a, b)` and `with x (a) as` name no function.
    if (
      new RegExp(`\\b(into|with|,|as)\\s+${name.replace(/[$.]/g, '\\$&')}\\s*\\($`, 'i').test(
        bare.slice(0, bare.indexOf(`${name} (`) + name.length + 2),
      )
    )
      continue;
    if (/^\$?\d+$/.test(name)) continue;
    if (!knownFunctions.has(name.toLowerCase().replace(/^pg_catalog\./, ''))) return `it calls ${name}`;
  }
  for (const [, type = ''] of bare.matchAll(/::\s*"?([\w.]+)/g)) {
    if (!knownTypes.test(type.toLowerCase())) return `it uses the type ${type}`;
  }
  return undefined;
}

const name = 'upkeep_explain';

/**
 * @param settings what the plan is to be made under, of settings that the planner alone minds
 * @param before run in the same read-only transaction, before the plan is made
 */
export async function explain(
  query: Query,
  text: string,
  settings: Readonly<Record<string, string>> = {},
  before: () => Promise<void> = async () => {},
): Promise<Explanation> {
  const reason = whyNotExplained(text);
  if (reason !== undefined) return { unseen: `not explained: ${reason}` };
  await query('BEGIN READ ONLY');
  try {
    await query(`SELECT set_config('search_path', $1, true)`, [await pathOf(query)]);
    for (const [setting, value] of Object.entries({
      ...settings,
      plan_cache_mode: 'force_generic_plan',
      statement_timeout: '2000',
    })) {
      await query('SELECT set_config($1, $2, true)', [setting, value]);
    }
    const lacks = await lackedRight(query, text);
    if (lacks !== undefined) return { unseen: `not explained: ${lacks}` };
    await query(`PREPARE ${name} AS ${text}`);
    const [prepared] = await query<{ parameters: number }>(
      `SELECT cardinality(parameter_types) AS parameters FROM pg_prepared_statements WHERE name = '${name}'`,
    );
    await before();
    const values = Array.from({ length: prepared?.parameters ?? 0 }, () => 'NULL').join(', ');
    const [row] = await query<{ 'QUERY PLAN': unknown }>(
      `EXPLAIN (FORMAT JSON, VERBOSE) EXECUTE ${name}${values === '' ? '' : `(${values})`}`,
    );
    return read(row?.['QUERY PLAN']);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const remedy = /permission denied/.test(message) ? ': GRANT pg_read_all_data TO the role of Upkeep' : '';
    return { unseen: `not explained: ${message}${remedy}` };
  } finally {
    await query('ROLLBACK');
    // Prepared statements outlive their transaction.
    await query(`DEALLOCATE ${name}`).catch(() => {});
  }
}

const writes = /^\s*(update|insert\s+into|delete\s+from|merge\s+into)\s+(?:only\s+)?((?:"[^"]+"|[\w.])+)/i;

/**
 * A plan of a statement that writes needs the right to write, which a watcher has not: asking for it all the same would
 * fill the server's log with refusals of our own.
 */
async function lackedRight(query: Query, text: string): Promise<string | undefined> {
  const [, verb = '', table = ''] = writes.exec(text) ?? [];
  const word = verb.split(/\s/)[0]?.toUpperCase() ?? '';
  if (word === '')
    return /^\s*with\b[\s\S]*\b(update|insert|delete|merge)\b/i.test(text)
      ? 'it writes, and its plan needs the right to'
      : undefined;
  const [row] = await query<{ may: boolean | null }>(
    'SELECT has_table_privilege(to_regclass($1), $2) AS may',
    [table, word === 'MERGE' ? 'INSERT' : word],
  );
  return row?.may === true
    ? undefined
    : `the plan of ${word} needs that right on ${table}, which Upkeep does without`;
}

/** Applications name their tables without a schema; which path theirs is cannot be seen from here. */
async function pathOf(query: Query): Promise<string> {
  const rows = await query<{ schema: string }>(
    `SELECT quote_ident(nspname) AS schema FROM pg_namespace
      WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND has_schema_privilege(oid, 'USAGE')
      ORDER BY nspname <> 'public', nspname LIMIT 20`,
  );
  return rows.map(({ schema }) => schema).join(', ');
}

type Node = Readonly<Record<string, unknown>>;

function read(plan: unknown): Explanation {
  const top = Array.isArray(plan) ? plan[0] : undefined;
  const root = isNode(top) ? top.Plan : undefined;
  if (!isNode(root)) return { unseen: 'not explained: the plan is of no known form' };
  const nodes = walk(root);
  return {
    cost: Number(root['Total Cost'] ?? 0),
    shape: nodes
      .map((node) =>
        [node['Node Type'], node['Index Name'] ?? node['Relation Name']].filter(Boolean).join(' '),
      )
      .join(' > ')
      .slice(0, 300),
    scans: nodes
      .filter((node) => node['Node Type'] === 'Seq Scan')
      .map((node) => ({
        schema: String(node.Schema ?? ''),
        table: String(node['Relation Name'] ?? ''),
        filter: String(node.Filter ?? ''),
      })),
  };
}

function walk(node: Node): Node[] {
  const below = Array.isArray(node.Plans) ? node.Plans.filter(isNode) : [];
  return [node, ...below.flatMap(walk)];
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null;
}

/** Columns that a filter compares for equality, as the catalogue has their names. */
export function equalityColumns(filter: string): string[] {
  const found = filter.matchAll(
    /(?:"[^"]+"|\w+)\.("(?:[^"]|"")+"|\w+)\)?(?:::[\w ]+)? = (?:ANY \()?\(?\$\d+/g,
  );
  const names = [...found].map(([, column = '']) =>
    column.startsWith('"') ? column.slice(1, -1).replaceAll('""', '"') : column,
  );
  return [...new Set(names)];
}
