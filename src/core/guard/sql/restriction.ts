/**
 * Whether a WHERE names the rows that it takes: by values that a column has, few enough to list. A range, a pattern,
 * a negation or a truth may hold for every row (`id < 99999999999`, `created > '-infinity'`, `deleted_at IS NULL`), and
 * how many there are cannot be told without the table, so these count as no WHERE at all.
 */
import { type Ast, bodyOf, constantOf, everything, isSame, items, nameOf, nodeOf, part } from './ast.ts';

/** Of the statement that changes rows. */
export interface Relations {
  /** Names and aliases of the table that is changed. */
  readonly own: readonly string[];
  /** Tables and queries of FROM, USING or MERGE beside it. */
  readonly joined: readonly unknown[];
}

/** As many values or rows as a person may still look through. */
const fewest = 1_000;

export function namesRows(where: unknown, relations: Relations): boolean {
  return relations.joined.length === 0 ? isNamed(where, relations) : isNamedJoined(where, relations);
}

/** A row of another table names rows of ours only where the two are tied by an equality. */
function isNamedJoined(where: unknown, relations: Relations): boolean {
  const arms = conjuncts(where);
  const named = arms.filter((arm) => isNamed(arm, relations)).map(relationsIn);
  if (named.some((names) => names.every((name) => relations.own.includes(name)))) return true;
  const tied = arms.flatMap((arm) => tieOf(arm, relations) ?? []);
  if (tied.length === 0) return false;
  const [only] = relations.joined.length === 1 && !bodyOf(relations.joined[0], 'JoinExpr') ? tied : [];
  const isTied = (name: string) => tied.includes(name) || (name === '' && only !== undefined);
  return (
    named.some((names) => names.every(isTied)) ||
    relations.joined.some((one) => isFew(one) && tied.includes(aliasOf(one)))
  );
}

function conjuncts(where: unknown): readonly unknown[] {
  const body = bodyOf(where, 'BoolExpr');
  return body?.boolop === 'AND_EXPR' ? items(body.args).flatMap(conjuncts) : [where];
}

/** The other table that an equality ties to ours: `customers` of `orders.customer = customers.id`. */
function tieOf(arm: unknown, { own }: Relations): string | undefined {
  const body = bodyOf(arm, 'A_Expr');
  if (body?.kind !== 'AEXPR_OP' || nameOf(body.name).join('') !== '=') return undefined;
  if (!isColumn(body.lexpr) || !isColumn(body.rexpr)) return undefined;
  const [left = '', right = ''] = [body.lexpr, body.rexpr].map((side) => relationsIn(side)[0]);
  if (own.includes(left) === own.includes(right)) return undefined;
  return own.includes(left) ? right : left;
}

/** A list of values, or one row that is written out. */
function isFew(source: unknown): boolean {
  const select = bodyOf(bodyOf(source, 'RangeSubselect')?.subquery, 'SelectStmt');
  if (!select || columnsIn(select).length > 0 || items(select.fromClause).length > 0) return false;
  return select.op === 'SETOP_NONE' && items(select.valuesLists).length <= fewest;
}

function aliasOf(source: unknown): string {
  const body = nodeOf(source)?.body ?? {};
  return String(part(body.alias).aliasname ?? body.relname ?? '');
}

function isNamed(value: unknown, relations: Relations): boolean {
  const node = nodeOf(value);
  switch (node?.kind) {
    case 'BoolExpr': {
      const arms = items(node.body.args).map((arm) => isNamed(arm, relations));
      if (node.body.boolop === 'AND_EXPR') return arms.some(Boolean);
      return node.body.boolop === 'OR_EXPR' && arms.every(Boolean);
    }
    case 'A_Expr':
      return ofComparison(node.body, relations);
    case 'CurrentOfExpr':
      return true;
    case 'SubLink':
      return ofSubquery(node.body, relations);
    case 'TypeCast':
      return isNamed(node.body.arg, relations);
    default:
      return false;
  }
}

function ofComparison(body: Ast, relations: Relations): boolean {
  if (nameOf(body.name).at(-1) !== '=') return false;
  const { lexpr, rexpr } = body;
  switch (body.kind) {
    case 'AEXPR_OP':
    case 'AEXPR_NOT_DISTINCT':
      return isNaming(lexpr, rexpr) || isNaming(rexpr, lexpr);
    case 'AEXPR_IN':
      return isColumn(lexpr) && isList(items(bodyOf(rexpr, 'List')?.items ?? rexpr));
    case 'AEXPR_OP_ANY':
      return isColumn(lexpr) && ofAny(lexpr, rexpr, relations);
    default:
      return false;
  }
}

/** `= ANY ($1)`, `= ANY ('{1,2}')`, `= ANY (ARRAY[1, 2])`, `= ANY (ARRAY(SELECT …))`. */
function ofAny(column: unknown, other: unknown, relations: Relations): boolean {
  const link = bodyOf(other, 'SubLink');
  if (link) return bringsFew(link.subselect, column, relations);
  const array = bodyOf(other, 'A_ArrayExpr');
  if (array) return isList(items(array.elements));
  const text = constantOf(other);
  if (typeof text !== 'string') return isValue(other);
  return isList(text.replace(/^\{|\}$/g, '').split(',')) && /[\p{L}\p{N}]/u.test(text);
}

function isList(values: readonly unknown[]): boolean {
  return values.length > 0 && values.length <= fewest && values.every((one) => isText(one) || isValue(one));
}

const isText = (value: unknown) => typeof value === 'string' && isTelling(value);

/** As PostgreSQL reads a boolean: also by the first letters. */
const truth = /^\s*(t(r(ue?)?)?|f(a(l(se?)?)?)?|y(es?)?|no?|on|off?|1)\s*$/i;

/** What many rows have alike does not tell: truths, nought, nothing. */
function isTelling(said: unknown): boolean {
  if (typeof said === 'string') return /[\p{L}\p{N}]/u.test(said) && !truth.test(said) && Number(said) !== 0;
  return typeof said !== 'boolean' && said !== 0 && said !== null;
}

/** A constant, a parameter, or a function of these that keeps them apart. */
function isValue(value: unknown): boolean {
  const said = constantOf(value);
  if (said !== undefined) return isTelling(said);
  const node = nodeOf(value);
  if (node?.kind === 'TypeCast') return isValue(node.body.arg);
  if (node?.kind === 'FuncCall')
    return keepingApart.test(nameOf(node.body.funcname).at(-1) ?? '') && items(node.body.args).some(isValue);
  return node?.kind === 'ParamRef' || node?.kind === 'SQLValueFunction';
}

const keepingApart = /^(lower|upper|btrim|ltrim|rtrim|left|right|substr|substring|split_part|date|md5)$/;

/** The column, or what has many values when the column has, is to be a certain value. */
function isNaming(value: unknown, other: unknown): boolean {
  if (isSame(value, other)) return false;
  const [row, values] = [bodyOf(value, 'RowExpr'), bodyOf(other, 'RowExpr')];
  if (row && values) return items(row.args).some((one, at) => isNaming(one, items(values.args)[at]));
  if (isColumn(value)) return isValue(other);
  const call = bodyOf(value, 'FuncCall');
  const isApart = call !== undefined && keepingApart.test(nameOf(call.funcname).at(-1) ?? '');
  const isWritten = constantOf(other) !== undefined || nodeOf(other)?.kind === 'ParamRef';
  return isApart && items(call.args).some(isColumn) && isWritten && isValue(other);
}

function ofSubquery(body: Ast, relations: Relations): boolean {
  if (body.subLinkType !== 'ANY_SUBLINK') return false;
  const isEquality = body.operName === undefined || nameOf(body.operName).at(-1) === '=';
  return isEquality && isColumn(body.testexpr) && bringsFew(body.subselect, body.testexpr, relations);
}

/** Whether a sub-query brings values that are written out, no more than a few, or those of rows that are named. */
function bringsFew(subselect: unknown, tested: unknown, relations: Relations): boolean {
  const select = bodyOf(subselect, 'SelectStmt');
  if (select?.op !== 'SETOP_NONE') return false;
  const values = items(select.valuesLists);
  if (values.length > 0) return columnsIn(values).length === 0 && values.length <= fewest;
  if (bringsOuter(select, tested, relations)) return false;
  const limit = constantOf(select.limitCount);
  if (typeof limit === 'number' && limit <= fewest) return true;
  return namesRows(select.whereClause, { own: [], joined: items(select.fromClause).slice(1) });
}

/**
 * `id IN (SELECT id FROM customers)`: where customers has no id, it is the id of the outer row, which equals itself.
 */
function bringsOuter(select: Ast, tested: unknown, { own }: Relations): boolean {
  const read = [...everything(select.fromClause)].flatMap(({ body }) =>
    typeof body.relname === 'string' ? [body.relname] : [],
  );
  if (read.some((name) => own.includes(name))) return false;
  const outer = columnsIn(tested).map((fields) => fields.at(-1));
  return items(select.targetList).some((target) => {
    const fields = nameOf(part(bodyOf(part(bodyOf(target, 'ResTarget')).val, 'ColumnRef')).fields);
    return fields.length > 1 ? own.includes(fields.at(-2) ?? '') : outer.includes(fields[0] ?? '');
  });
}

/** Columns of the system that every row of a table may have alike. */
const shared = /^(tableoid|xmin|xmax|cmin|cmax)$/;

/** The column itself, also cast, or one field of its JSON. */
function isColumn(value: unknown): boolean {
  const node = nodeOf(value);
  if (node?.kind === 'ColumnRef') return !shared.test(nameOf(node.body.fields).at(-1) ?? '');
  if (node?.kind === 'TypeCast') return isColumn(node.body.arg);
  if (node?.kind === 'RowExpr') return items(node.body.args).some(isColumn);
  return (
    node?.kind === 'A_Expr' &&
    /^#?->>?$|^#>>?$/.test(nameOf(node.body.name).at(-1) ?? '') &&
    isColumn(node.body.lexpr)
  );
}

/** The names of every column beneath: `['o', 'id']`. */
function columnsIn(value: unknown): string[][] {
  return [...everything(value)].flatMap(({ body }) => {
    const column = bodyOf(body, 'ColumnRef');
    return column ? [nameOf(column.fields)] : [];
  });
}

/** The tables whose columns stand there; an empty name for a column that is said alone. */
function relationsIn(value: unknown): string[] {
  return [...new Set(columnsIn(value).map((fields) => fields.at(-2) ?? ''))];
}
