/**
 * The class of one SQL statement, read from PostgreSQL's own parse tree: never from a pattern over its text.
 * What cannot be parsed is forbidden, what is not known is risky, the worst of everything inside decides.
 *
 * A verdict holds for a session with `search_path = pg_catalog`, where names mean what was parsed.
 */
import {
  because,
  type Classification,
  classified,
  type Lock,
  longestStatement,
  type Reason,
} from '../classes.ts';
import { type Ast, bodyOf, everything, isAst, items, nodeOf, optionOf } from './ast.ts';
import { judgeExpressions } from './expressions.ts';
import { locksOf, wordOf } from './locks.ts';
import { runComment } from './mysql-tokens.ts';
import { judgeStatement } from './statements.ts';

/** PostgreSQL's parser; both throw for what is no SQL. */
export interface SqlParser {
  /** `{ stmts: [{ stmt: { SelectStmt: … } }] }` */
  sql(text: string): unknown;
  /** Of a whole `DO` or `CREATE FUNCTION` statement. */
  plpgsql(text: string): unknown;
}

export function classifySql(text: string, parser: SqlParser): Classification {
  if (text.length > longestStatement)
    return rejected('sql.too-long', `the statement has more than ${longestStatement} characters`);
  // A comment to PostgreSQL; MySQL and MariaDB run what stands in it, and whoever asks may mean them.
  if (runComment.test(text))
    return rejected(
      'sql.mysql-comment',
      'MySQL and MariaDB run what stands in /*! … */; ask with language mysql',
    );
  let statements: readonly unknown[];
  try {
    statements = statementsOf(parser.sql(text));
  } catch (error) {
    return rejected(
      'sql.syntax',
      `cannot be parsed: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  const [only] = statements;
  if (statements.length !== 1)
    return rejected('sql.one-statement', `${statements.length} statements; exactly one is judged at a time`);
  const found = judgeTree(only, text, parser);
  return classified(found.reasons, because('read', 'sql.read', 'only reads'), found.locks);
}

function rejected(id: string, text: string): Classification {
  return classified([], because('forbidden', id, text));
}

function statementsOf(tree: unknown): readonly unknown[] {
  return items(isAst(tree) ? tree.stmts : undefined).map((one) => (isAst(one) ? one.stmt : undefined));
}

interface Found {
  readonly reasons: readonly Reason[];
  readonly locks: readonly Lock[];
}

function judgeTree(tree: unknown, text: string, parser: SqlParser): Found {
  const top = nodeOf(tree);
  if (!top) return { reasons: [because('forbidden', 'sql.syntax', 'no statement')], locks: [] };
  const all = [...everything(tree)];
  // What EXPLAIN only plans is not run; what is in it is looked at for the functions that planning may call.
  const isPlannedOnly =
    top.kind === 'ExplainStmt' &&
    judgeStatement(top.kind, top.body).every(({ id }) => id === 'sql.explain') &&
    /^(Select|Insert|Update|Delete|Merge)Stmt$/.test(nodeOf(top.body.query)?.kind ?? '');
  const statements = all
    .flatMap(({ body }) => nodeOf(body) ?? [])
    .filter(({ kind }) => kind.endsWith('Stmt'));
  const judged = isPlannedOnly ? statements.slice(0, 1) : statements;
  return {
    reasons: [
      ...judged.flatMap(({ kind, body }) => judgeStatement(kind, body)),
      ...judgeExpressions(tree),
      ...judgeCode(top.kind, top.body, text, parser),
    ],
    locks: judged.flatMap(({ kind, body }) => locksOf(kind, body)),
  };
}

/** The code inside DO and CREATE FUNCTION. */
function judgeCode(kind: string, body: Ast, text: string, parser: SqlParser): readonly Reason[] {
  if (kind !== 'DoStmt' && kind !== 'CreateFunctionStmt') return [];
  const options = kind === 'DoStmt' ? body.args : body.options;
  const language = wordOf(optionOf(options, 'language')) || (kind === 'DoStmt' ? 'plpgsql' : 'sql');
  if (language === 'plpgsql') return judgePlpgsql(text, parser);
  if (language !== 'sql')
    return [because('forbidden', 'sql.untrusted-language', `code in ${language} cannot be judged`)];
  return sourceOf(options).flatMap((source) => judgeInner(source, parser));
}

function sourceOf(options: unknown): string[] {
  const list = bodyOf(optionOf(options, 'as'), 'List');
  return items(list?.items).flatMap((one) => {
    const text = bodyOf(one, 'String')?.sval;
    return typeof text === 'string' ? [text] : [];
  });
}

function judgePlpgsql(text: string, parser: SqlParser): readonly Reason[] {
  let tree: unknown;
  try {
    tree = parser.plpgsql(text);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return [because('forbidden', 'sql.syntax', `the block cannot be parsed: ${said}`)];
  }
  return [...everything(tree)].flatMap(({ body }) => {
    const node = nodeOf(body);
    const reasons: Reason[] = [];
    if (/dyn(execute|fors)$/.test(node?.kind ?? '') || isAst(node?.body.dynquery))
      reasons.push(
        because('forbidden', 'sql.runs-text', 'EXECUTE runs text as SQL that cannot be seen here'),
      );
    if (/_(commit|rollback)$/.test(node?.kind ?? ''))
      reasons.push(because('risky', 'sql.transaction', 'leaves the transaction that the guard opened'));
    const expression = bodyOf(body, 'PLpgSQL_expr');
    if (typeof expression?.query === 'string')
      reasons.push(...judgeInner(asStatement(expression.query, expression.parseMode), parser));
    return reasons;
  });
}

/** Expressions and assignments of PL/pgSQL as the statement that PostgreSQL makes of them (RawParseMode). */
function asStatement(query: string, mode: unknown): string {
  if (mode === 2) return `SELECT ${query}`;
  if (typeof mode === 'number' && mode > 2) return `SELECT ${query.replace(/^[^=]*?:?=/, '')}`;
  return query;
}

function judgeInner(text: string, parser: SqlParser): readonly Reason[] {
  try {
    return statementsOf(parser.sql(text)).flatMap((one) => judgeTree(one, text, parser).reasons);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return [because('forbidden', 'sql.syntax', `code inside cannot be parsed: ${said}`)];
  }
}
