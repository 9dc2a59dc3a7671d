/**
 * How many rows an UPDATE or DELETE may change: one for each value of a unique key that its WHERE names, else what
 * EXPLAIN expects. More than the budget, or nobody knows how many, is as bad as no WHERE. Only ever stricter.
 */
import { because, type Classification, classified, type Reason } from '../classes.ts';
import { type Ast, bodyOf, constantOf, everything, items, nameOf, nodeOf, part } from './ast.ts';
import type { SqlParser } from './classify.ts';
import { conjuncts } from './restriction.ts';

export interface RowFacts {
  /** Rows that EXPLAIN (without ANALYZE) expects below the change; null where nobody asked. */
  readonly estimate: number | null;
  /** Columns of each unique index or key of the table that has no predicate and no expression. */
  readonly uniqueKeys: readonly (readonly string[])[];
}

/** What one person can look through and write back from a copy (J). */
export const defaultRowBudget = 1_000;
/** Estimates are off by as much where columns depend on each other (J). */
const doubt = 10;

export function withinRows(
  found: Classification,
  text: string,
  parser: SqlParser,
  facts: RowFacts,
  budget = defaultRowBudget,
): Classification {
  if (found.class === 'destructive' || found.class === 'forbidden') return found;
  const reason = reasonFor(parser.sql(text), facts, budget);
  return reason === undefined
    ? found
    : classified([...found.reasons, reason], because('read', 'sql.read', 'only reads'), found.locks);
}

const changing = ['UpdateStmt', 'DeleteStmt', 'MergeStmt'];

function reasonFor(tree: unknown, { estimate, uniqueKeys }: RowFacts, budget: number): Reason | undefined {
  const top = nodeOf(part(items(part(tree).stmts)[0]).stmt);
  const changes = [...everything(tree)]
    .flatMap(({ body }) => nodeOf(body) ?? [])
    .filter(({ kind }) => changing.includes(kind));
  if (top === undefined || changes.length === 0) return undefined;
  const isPlain = changes.length === 1 && top.body === changes[0]?.body && isOfOneTable(top.body);
  const named = isPlain ? rowsNamed(top.body, uniqueKeys) : undefined;
  if (named !== undefined) {
    return named <= budget
      ? because('risky', 'sql.rows-by-key', `changes ${named} rows at most, by a unique key`)
      : because(
          'destructive',
          'sql.rows-over-budget',
          `names ${named} rows; ${budget} may be changed at once`,
        );
  }
  if (estimate === null || !(estimate >= 0))
    return because('destructive', 'sql.rows-unknown', 'nobody knows how many rows it would change');
  return estimate * doubt <= budget
    ? because('risky', 'sql.rows-estimated', `changes about ${Math.round(estimate)} rows, as EXPLAIN has it`)
    : because(
        'destructive',
        'sql.rows-over-budget',
        `changes about ${Math.round(estimate)} rows as EXPLAIN has it, which may be ${doubt} times as many; ${budget} may be changed at once`,
      );
}

function isOfOneTable({ fromClause, usingClause, withClause }: Ast): boolean {
  return items(fromClause).length + items(usingClause).length === 0 && withClause === undefined;
}

/** Undefined where no unique key is named with all its columns. */
function rowsNamed({ whereClause }: Ast, uniqueKeys: RowFacts['uniqueKeys']): number | undefined {
  const values = new Map<string, number>();
  for (const arm of conjuncts(whereClause)) {
    const one = equality(arm);
    if (one) values.set(one.column, Math.min(one.values, values.get(one.column) ?? Number.POSITIVE_INFINITY));
  }
  const counts = uniqueKeys
    .filter((key) => key.length > 0 && key.every((column) => values.has(column)))
    .map((key) => key.reduce((product, column) => product * (values.get(column) ?? 1), 1));
  return counts.length === 0 ? undefined : Math.min(...counts);
}

/** `id = 7`, `id = $1`, `id IN (7, 8)`; of a list in a parameter nobody knows how long it is. */
function equality(arm: unknown): { readonly column: string; readonly values: number } | undefined {
  const body = bodyOf(arm, 'A_Expr');
  if (!body || nameOf(body.name).join('.') !== '=') return undefined;
  const column = columnOf(body.lexpr);
  if (column === undefined) return undefined;
  if (body.kind === 'AEXPR_OP') return isValue(body.rexpr) ? { column, values: 1 } : undefined;
  if (body.kind !== 'AEXPR_IN') return undefined;
  const list = items(bodyOf(body.rexpr, 'List')?.items ?? body.rexpr);
  return list.length > 0 && list.every(isValue) ? { column, values: list.length } : undefined;
}

function columnOf(value: unknown): string | undefined {
  const name = nameOf(bodyOf(value, 'ColumnRef')?.fields).at(-1);
  return name === undefined || name === '*' || name === '?' ? undefined : name;
}

function isValue(value: unknown): boolean {
  return constantOf(value) !== undefined || nodeOf(value)?.kind === 'ParamRef';
}
