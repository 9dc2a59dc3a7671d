/**
 * Whether a WHERE really leaves rows out. Only forms that surely compare a column with something else count, so that
 * `true`, `1 = 1`, `id = id`, `id IS NULL OR id IS NOT NULL` and their relatives count as no WHERE at all.
 */
import { type Ast, bodyOf, constantOf, everything, isSame, items, nameOf, nodeOf, part } from './ast.ts';

/**
 * `named`: only rows with a certain value stay. `cut`: some rows are left out, and the opposite leaves out the others,
 * so that two of these joined by OR may well be everything. `none`: nothing is left out as far as can be told.
 */
type Restriction = 'named' | 'cut' | 'none';

/** Of the statement that changes rows. */
export interface Relations {
  /** Names and aliases of the table that is changed. */
  readonly own: readonly string[];
  /** Names of queries of this statement: what they bring may be all of it. */
  readonly doubles: readonly string[];
}

export function restricts(where: unknown, relations: Relations): boolean {
  return restriction(where, false, relations) !== 'none';
}

/**
 * The same where other tables are joined: leaving out rows of theirs leaves out none of ours, unless they are tied to
 * ours by an equality.
 */
export function restrictsJoined(where: unknown, relations: Relations): boolean {
  const arms = conjuncts(where);
  const isTie = (arm: unknown) => {
    const body = bodyOf(arm, 'A_Expr');
    return (
      body?.kind === 'AEXPR_OP' &&
      nameOf(body.name).join('') === '=' &&
      isColumn(body.lexpr) &&
      isColumn(body.rexpr) &&
      mentions(body.lexpr, relations) !== mentions(body.rexpr, relations)
    );
  };
  return (
    arms.some((arm) => mentions(arm, relations) && restricts(arm, relations)) ||
    (arms.some(isTie) && arms.some((arm) => restricts(arm, relations)))
  );
}

export function conjuncts(where: unknown): readonly unknown[] {
  const body = bodyOf(where, 'BoolExpr');
  return body?.boolop === 'AND_EXPR' ? items(body.args).flatMap(conjuncts) : [where];
}

function mentions(value: unknown, { own }: Relations): boolean {
  return columnsIn(value).some((name) => own.some((relation) => name.startsWith(`${relation}.`)));
}

function restriction(value: unknown, negated: boolean, relations: Relations): Restriction {
  const node = nodeOf(value);
  if (!node) return 'none';
  const { kind, body } = node;
  switch (kind) {
    case 'BoolExpr':
      return ofLogic(body, negated, relations);
    case 'A_Expr':
      return ofComparison(body, negated, relations);
    case 'NullTest':
      // A column that is never null is the usual case, so IS NOT NULL leaves nothing out.
      return isColumn(body.arg) && (body.nulltesttype === 'IS_NULL') !== negated ? 'named' : 'none';
    case 'BooleanTest':
      return isColumn(body.arg) && /^IS_(TRUE|FALSE|UNKNOWN)$/.test(String(body.booltesttype))
        ? 'cut'
        : 'none';
    case 'ColumnRef':
      return 'cut';
    case 'CurrentOfExpr':
      return negated ? 'none' : 'named';
    case 'SubLink':
      return turned(ofSubquery(body, relations), negated);
    case 'TypeCast':
      return restriction(body.arg, negated, relations);
    default:
      return 'none';
  }
}

function turned(found: Restriction, negated: boolean): Restriction {
  return negated && found === 'named' ? 'cut' : found;
}

function ofLogic(body: Ast, negated: boolean, relations: Relations): Restriction {
  const args = items(body.args);
  if (body.boolop === 'NOT_EXPR') return restriction(args[0], !negated, relations);
  const arms = args.map((arm) => ({
    found: restriction(arm, negated, relations),
    columns: columnsIn(arm),
    said: saidOf(arm),
  }));
  const isAnd = (body.boolop === 'AND_EXPR') !== negated;
  if (isAnd)
    return (
      arms.find(({ found }) => found === 'named')?.found ??
      (arms.some(({ found }) => found === 'cut') ? 'cut' : 'none')
    );
  if (arms.some(({ found }) => found === 'none')) return 'none';
  const isSplit = arms.some(
    (one, at) =>
      one.found === 'cut' &&
      arms.some((other, index) => index !== at && one.columns.some((name) => other.columns.includes(name))),
  );
  // `b = true OR b = false` names every value there is.
  const truths = new Set(arms.map(({ said }) => said).filter((said) => typeof said === 'boolean'));
  if (isSplit || truths.size > 1) return 'none';
  return arms.every(({ found }) => found === 'named') ? 'named' : 'cut';
}

function saidOf(arm: unknown): unknown {
  const body = bodyOf(arm, 'A_Expr');
  return body && (constantOf(body.rexpr) ?? constantOf(body.lexpr));
}

const opposite: Readonly<Record<string, string>> = {
  ...{ '=': '<>', '<>': '=', '!=': '=', '<': '>=', '>=': '<', '>': '<=', '<=': '>' },
};
const mirrored: Readonly<Record<string, string>> = { '<': '>', '>': '<', '<=': '>=', '>=': '<=' };

function ofComparison(body: Ast, negated: boolean, relations: Relations): Restriction {
  const operator = nameOf(body.name).at(-1) ?? '';
  const { lexpr, rexpr } = body;
  const link = bodyOf(rexpr, 'SubLink');
  if (body.kind === 'AEXPR_OP_ANY' && link) {
    const isSome = operator === '=' && isColumn(lexpr) && bringsSome(link.subselect, lexpr, relations);
    return isSome ? turned('named', negated) : 'none';
  }
  const [left, right] = [columnsIn(lexpr), columnsIn(rexpr)];
  if (left.length === 0 && right.length === 0) return 'none';
  if (left.some((name) => right.includes(name)) || isSame(lexpr, rexpr)) return 'none';
  const isWithinRow =
    left.length > 0 && right.length > 0 && !isOfOthers(lexpr, relations) && !isOfOthers(rexpr, relations);
  // Two columns of one row may well be equal everywhere.
  if (isWithinRow) return 'none';
  const [column, other] = left.length > 0 ? [lexpr, rexpr] : [rexpr, lexpr];
  if (body.kind === 'AEXPR_OP' && operator in opposite) {
    const said = negated ? (opposite[operator] ?? operator) : operator;
    return ofOrder(left.length > 0 ? said : (mirrored[said] ?? said), column, other);
  }
  return turned(ofOther(body, operator, column, other), negated);
}

function ofOrder(operator: string, column: unknown, other: unknown): Restriction {
  if (operator === '=') return isNaming(column, other) ? 'named' : 'none';
  const isSubquery = [...everything(other)].some(({ body }) => 'SubLink' in body);
  if (!isColumn(column) || isSubquery) return 'none';
  // Keys, amounts and counts are hardly ever negative: `id > 0` is a long word for true.
  const limit = constantOf(other);
  const isAll =
    (/^>=?$/.test(operator) && typeof limit === 'number' && limit <= 1) ||
    (/^(<>|!=)$/.test(operator) &&
      ((typeof limit === 'number' && limit < 0) || limit === '' || limit === null));
  return isAll ? 'none' : 'cut';
}

function ofOther(body: Ast, operator: string, column: unknown, other: unknown): Restriction {
  switch (body.kind) {
    case 'AEXPR_OP':
      if (/^(@>|<@|&&|\?|@@)$/.test(operator))
        return isColumn(column) && hasContent(other) ? 'named' : 'none';
      if (/^!?~~?\*?$/.test(operator)) return ofPattern(column, other, operator.startsWith('!'));
      return 'none';
    case 'AEXPR_OP_ANY':
      return operator === '=' && isColumn(column) ? ofList(other) : 'none';
    case 'AEXPR_OP_ALL':
      return operator === '<>' && isColumn(column) ? turned(ofList(other), true) : 'none';
    case 'AEXPR_IN':
      return isColumn(column) ? turned(ofList(other), operator === '<>') : 'none';
    case 'AEXPR_LIKE':
    case 'AEXPR_ILIKE':
      return ofPattern(column, other, operator.startsWith('!'));
    case 'AEXPR_BETWEEN':
    case 'AEXPR_BETWEEN_SYM':
      return isColumn(column) ? 'cut' : 'none';
    case 'AEXPR_NOT_DISTINCT':
      return isColumn(column) ? 'named' : 'none';
    case 'AEXPR_DISTINCT':
      return isColumn(column) ? 'cut' : 'none';
    default:
      return 'none';
  }
}

/** A list of values, an array, or a parameter; not both truths. */
function ofList(list: unknown): Restriction {
  const values = items(bodyOf(list, 'List')?.items ?? bodyOf(list, 'A_ArrayExpr')?.elements ?? list);
  const said = new Set(values.map(constantOf).filter((one) => typeof one === 'boolean'));
  return said.size > 1 || bodyOf(list, 'SubLink') ? 'none' : 'named';
}

function ofPattern(column: unknown, pattern: unknown, isNegated: boolean): Restriction {
  if (!isColumn(column)) return 'none';
  const text = constantOf(pattern);
  if (text === undefined) return nodeOf(pattern)?.kind === 'ParamRef' ? 'cut' : 'none';
  if (typeof text !== 'string' || !/[\p{L}\p{N}]/u.test(text) || /[|*?{}]/.test(text)) return 'none';
  return isNegated ? 'cut' : 'named';
}

function ofSubquery(body: Ast, relations: Relations): Restriction {
  if (body.subLinkType === 'ANY_SUBLINK') {
    const isEquality = body.operName === undefined || nameOf(body.operName).at(-1) === '=';
    return isEquality && isColumn(body.testexpr) && bringsSome(body.subselect, body.testexpr, relations)
      ? 'named'
      : 'none';
  }
  if (body.subLinkType !== 'EXISTS_SUBLINK') return 'none';
  const where = part(bodyOf(body.subselect, 'SelectStmt')).whereClause;
  return conjuncts(where).some((arm) => mentions(arm, relations) && restricts(arm, relations))
    ? 'cut'
    : 'none';
}

/** More rows than this are no batch. */
const largestBatch = 100_000;

/** Whether a sub-query surely brings less than the whole of the table that is changed. */
function bringsSome(subselect: unknown, tested: unknown, relations: Relations): boolean {
  const select = bodyOf(subselect, 'SelectStmt');
  if (select?.op !== 'SETOP_NONE') return false;
  if (items(select.valuesLists).length > 0) return columnsIn(select.valuesLists).length === 0;
  const read = [...everything(select.fromClause)].flatMap(({ body }) =>
    typeof body.relname === 'string' ? [body.relname] : [],
  );
  const isOfOwn = read.some((name) => relations.own.includes(name));
  if (bringsOuter(select, tested, isOfOwn, relations)) return false;
  const limit = constantOf(select.limitCount);
  if (typeof limit === 'number' && limit <= largestBatch) return true;
  if (restricts(select.whereClause, { own: [], doubles: [] })) return true;
  if (select.withClause !== undefined) return false;
  return read.length > 0 && !isOfOwn && !read.some((name) => relations.doubles.includes(name));
}

/**
 * `id IN (SELECT id FROM customers)`: where customers has no id, it is the id of the outer row, which equals itself.
 */
function bringsOuter(select: Ast, tested: unknown, isOfOwn: boolean, relations: Relations): boolean {
  const outer = columnsIn(tested).filter((name) => !name.includes('.'));
  return items(select.targetList).some((target) => {
    const fields = nameOf(part(bodyOf(part(bodyOf(target, 'ResTarget')).val, 'ColumnRef')).fields);
    const isQualified = fields.length > 1;
    if (isQualified) return !isOfOwn && relations.own.includes(fields.at(-2) ?? '');
    return !isOfOwn && outer.includes(fields[0] ?? '');
  });
}

/** The column itself, also cast, as a row of columns, or one field of its JSON. */
function isColumn(value: unknown): boolean {
  const node = nodeOf(value);
  // Every row of a table has the same tableoid.
  if (node?.kind === 'ColumnRef') return nameOf(node.body.fields).at(-1) !== 'tableoid';
  if (node?.kind === 'TypeCast') return isColumn(node.body.arg);
  if (node?.kind === 'RowExpr') return items(node.body.args).some(isColumn);
  return (
    node?.kind === 'A_Expr' &&
    /^#?->>?$|^#>>?$/.test(nameOf(node.body.name).at(-1) ?? '') &&
    isColumn(node.body.lexpr)
  );
}

const keepingApart = /^(lower|upper|btrim|ltrim|rtrim|left|right|substr|substring|split_part|date|md5)$/;

/** The column, or what has many values when the column has, compared with one that is not nothing. */
function isNaming(value: unknown, other: unknown): boolean {
  if (isColumn(value)) return true;
  const call = bodyOf(value, 'FuncCall');
  const isApart = call !== undefined && keepingApart.test(nameOf(call.funcname).at(-1) ?? '');
  return isApart && items(call.args).some(isColumn) && hasContent(other);
}

function hasContent(value: unknown): boolean {
  const text = constantOf(value);
  return text === undefined
    ? nodeOf(value)?.kind === 'ParamRef'
    : typeof text === 'string' && /[\p{L}\p{N}]/u.test(text);
}

/** A column that is surely of another table. */
function isOfOthers(value: unknown, { own }: Relations): boolean {
  return columnsIn(value).some(
    (name) => name.includes('.') && !own.some((relation) => name.startsWith(`${relation}.`)),
  );
}

/** `o.id` and `id` alike under both names, so that one column named in two ways is the same. */
function columnsIn(value: unknown): string[] {
  const found = [...everything(value)].flatMap(({ body }) => {
    const column = bodyOf(body, 'ColumnRef');
    if (!column) return [];
    const name = nameOf(column.fields);
    return [name.join('.'), name.at(-1) ?? ''];
  });
  return [...new Set(found)];
}
