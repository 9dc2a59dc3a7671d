/** What may stand in a statement that only reads: anything else in a parse tree is at least risky. */
import { because, type Reason } from '../classes.ts';
import { type Ast, bodyOf, constantOf, everything, isAst, items, nameOf, nodeOf } from './ast.ts';
import { judgeFunction } from './functions.ts';
import { judgeSetting } from './settings.ts';

/** Nodes that cannot do anything by themselves. Statements and function calls are judged for what they are. */
const plainNodes: ReadonlySet<string> = new Set(
  `Integer Float Boolean String BitString List A_Const A_Star A_Indices A_Indirection A_ArrayExpr A_Expr Alias RangeVar
  ColumnRef ParamRef TypeCast TypeName CollateClause RoleSpec FuncCall NamedArgExpr BoolExpr SubLink CaseExpr CaseWhen
  RowExpr CoalesceExpr MinMaxExpr SQLValueFunction XmlExpr XmlSerialize NullTest BooleanTest GroupingFunc GroupingSet
  SetToDefault CurrentOfExpr JoinExpr ResTarget MultiAssignRef SortBy WindowDef RangeSubselect RangeFunction
  RangeTableFunc RangeTableFuncCol RangeTableSample WithClause CommonTableExpr CTESearchClause CTECycleClause
  DefElem LockingClause IntoClause VacuumRelation MergeWhenClause MergeAction MergeSupportFunc ReturningOption
  ReturningClause JsonFormat JsonReturning JsonValueExpr JsonOutput JsonArgument JsonFuncExpr JsonTablePathSpec
  JsonTable JsonTableColumn JsonKeyValue JsonParseExpr JsonScalarExpr JsonSerializeExpr JsonObjectConstructor
  JsonArrayConstructor JsonArrayQueryConstructor JsonAggConstructor JsonObjectAgg JsonArrayAgg JsonIsPredicate
  JsonBehavior ColumnDef Constraint IndexElem AlterTableCmd PartitionCmd PartitionBoundSpec PartitionSpec PartitionElem
  PartitionRangeDatum ObjectWithArgs AccessPriv FunctionParameter TableLikeClause StatsElem TriggerTransition
  PublicationObjSpec PublicationTable OnConflictClause InferClause ReplicaIdentityStmt CreateOpClassItem`
    .trim()
    .split(/\s+/),
);

const builtInTypes: ReadonlySet<string> = new Set(
  `bool boolean int2 int4 int8 int integer smallint bigint float4 float8 real numeric decimal money text varchar bpchar
  char name bytea date time timetz timestamp timestamptz interval uuid json jsonb jsonpath xml inet cidr macaddr macaddr8
  oid regclass regproc regprocedure regoper regoperator regtype regrole regnamespace regconfig regdictionary
  regcollation pg_lsn xid xid8 cid tid txid_snapshot pg_snapshot bit varbit point line lseg box path polygon circle
  int4range int8range numrange tsrange tstzrange daterange int4multirange int8multirange nummultirange tsmultirange
  tstzmultirange datemultirange tsvector tsquery record void anyelement aclitem refcursor oidvector int2vector serial
  bigserial smallserial serial4 serial8 serial2 trigger cstring`
    .trim()
    .split(/\s+/),
);

/** Password hashes and connection strings of others. */
const secretRelations = /^(pg_authid|pg_shadow|pg_user_mapping|pg_user_mappings)$/;
const delicateRelations = /^(pg_subscription|pg_largeobject|pg_statistic|pg_statistic_ext_data)$/;

/** Everything in the tree but its statements. */
export function judgeExpressions(tree: unknown): Reason[] {
  return [...everything(tree)].flatMap(({ field, body }) => [...judgeNode(body), ...judgeBody(field, body)]);
}

function judgeNode(value: Ast): Reason[] {
  const node = nodeOf(value);
  if (!node) return [];
  const { kind, body } = node;
  if (kind.endsWith('Stmt')) return [];
  if (!plainNodes.has(kind))
    return [because('risky', 'sql.unknown-node', `${kind} is nothing that is known to only read`)];
  if (kind === 'A_Expr') return operatorOf(body);
  if (kind === 'RangeTableSample') return sampleOf(body);
  return [];
}

function judgeBody(field: string, body: Ast): Reason[] {
  const found: Reason[] = [];
  if (Array.isArray(body.funcname) && 'funcformat' in body) {
    const reason = judgeFunction(nameOf(body.funcname));
    if (reason) found.push(reason);
    found.push(...judgeCall(body));
  }
  if (Array.isArray(body.names) && 'typemod' in body) found.push(...typeOf(nameOf(body.names)));
  if (isAst(body.intoClause)) found.push(because('risky', 'sql.select-into', 'SELECT INTO makes a table'));
  if (items(body.lockingClause).length > 0)
    found.push(because('risky', 'sql.row-locks', 'FOR UPDATE and FOR SHARE lock rows that others wait for'));
  if (body.behavior === 'DROP_CASCADE')
    found.push(because('destructive', 'sql.cascade', 'CASCADE also drops what depends on it'));
  if (typeof body.relname === 'string' && field !== 'rel') found.push(...relationOf(body));
  return found;
}

/** `set_config` sets what its first argument names. */
function judgeCall(body: Ast): Reason[] {
  if (nameOf(body.funcname).at(-1)?.toLowerCase() !== 'set_config') return [];
  const [name, value] = items(body.args).map(constantOf);
  if (typeof name !== 'string')
    return [because('forbidden', 'sql.set-config', 'set_config() sets what cannot be seen here')];
  return [judgeSetting(name, false, value ?? undefined)];
}

function operatorOf(body: Ast): Reason[] {
  const schema = nameOf(body.name).slice(0, -1).join('.');
  return schema === '' || schema === 'pg_catalog'
    ? []
    : [
        because(
          'risky',
          'sql.unknown-operator',
          `an operator of ${schema} calls a function that is not known`,
        ),
      ];
}

function sampleOf(body: Ast): Reason[] {
  const method = nameOf(body.method).join('.');
  return ['bernoulli', 'system'].includes(method)
    ? []
    : [because('risky', 'sql.unknown-function', `the sampling method ${method} is not known`)];
}

function typeOf(name: readonly string[]): Reason[] {
  const schema = name.slice(0, -1).join('.');
  const own = name.at(-1) ?? '';
  if (schema === 'pg_catalog' || (schema === '' && builtInTypes.has(own))) return [];
  return [
    because('risky', 'sql.unknown-type', `converting to ${name.join('.')} may call functions of its own`),
  ];
}

function relationOf(body: Ast): Reason[] {
  const name = String(body.relname);
  const schema = typeof body.schemaname === 'string' ? body.schemaname : '';
  if (schema !== '' && schema !== 'pg_catalog') return [];
  if (secretRelations.test(name))
    return [because('forbidden', 'sql.reads-secrets', `${name} holds passwords and their like`)];
  if (delicateRelations.test(name))
    return [because('risky', 'sql.reads-secrets', `${name} may show connection strings or data of others`)];
  return [];
}

/** Whether a statement names a table of the catalogue. */
export function isCatalogue(relation: unknown): boolean {
  const body = bodyOf(relation, 'RangeVar') ?? (isAst(relation) ? relation : {});
  const schema = String(body.schemaname ?? '');
  return (
    /^(pg_catalog|information_schema|pg_toast)$/.test(schema) ||
    (schema === '' && String(body.relname ?? '').startsWith('pg_'))
  );
}
