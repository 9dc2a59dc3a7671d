/** Every kind of statement by what it does; what is not in the table is risky. */
import { because, type CommandClass, type Reason } from '../classes.ts';
import { judgeAlterTable } from './alter-table.ts';
import { type Ast, bodyOf, constantOf, isOn, items, nodeOf, optionOf, part } from './ast.ts';
import { isCatalogue } from './expressions.ts';
import { wordOf } from './locks.ts';
import { statementName } from './node-words.ts';
import { namesRows } from './restriction.ts';
import { judgeSetting } from './settings.ts';

type Judge = (body: Ast) => readonly Reason[];

const fixed: Readonly<Record<CommandClass, string>> = {
  read: 'SelectStmt VariableShowStmt SetOperationStmt ReturnStmt',
  safe: 'DeallocateStmt ClosePortalStmt UnlistenStmt',
  risky: `InsertStmt CreateStmt CreateSeqStmt CreateEnumStmt CreateRangeStmt CompositeTypeStmt CreateDomainStmt
    CreateSchemaStmt CreateStatsStmt AlterStatsStmt CommentStmt LockStmt CheckPointStmt NotifyStmt ListenStmt
    DiscardStmt ConstraintsSetStmt PrepareStmt DeclareCursorStmt FetchStmt CreatedbStmt
    AlterDatabaseRefreshCollStmt AlterEnumStmt AlterTypeStmt AlterCollationStmt AlterObjectSchemaStmt
    AlterObjectDependsStmt RenameStmt CallStmt CreateTrigStmt IndexStmt ReindexStmt CreatePublicationStmt
    AlterTSDictionaryStmt AlterTSConfigurationStmt CreateTableAsStmt AlterExtensionStmt AlterTableSpaceOptionsStmt
    CreateConversionStmt CreateCastStmt CreateTransformStmt CreateOpClassStmt CreateOpFamilyStmt AlterOpFamilyStmt
    AlterOperatorStmt CreateAmStmt PLAssignStmt SecLabelStmt ReplicaIdentityStmt`,
  destructive: `DropStmt DropdbStmt DropRoleStmt DropOwnedStmt DropTableSpaceStmt DropUserMappingStmt
    DropSubscriptionStmt TruncateStmt ClusterStmt GrantStmt GrantRoleStmt AlterDefaultPrivilegesStmt CreateRoleStmt
    AlterRoleStmt ReassignOwnedStmt AlterOwnerStmt AlterPolicyStmt CreatePolicyStmt CreateEventTrigStmt
    AlterEventTrigStmt AlterPublicationStmt CreateSubscriptionStmt AlterSubscriptionStmt CreateTableSpaceStmt
    AlterTableMoveAllStmt AlterFunctionStmt AlterExtensionContentsStmt RuleStmt`,
  forbidden: `LoadStmt CreatePLangStmt CreateFdwStmt AlterFdwStmt CreateForeignServerStmt AlterForeignServerStmt
    CreateForeignTableStmt CreateUserMappingStmt AlterUserMappingStmt ImportForeignSchemaStmt ExecuteStmt`,
};

const why: Readonly<Record<string, string>> = {
  ExecuteStmt: 'EXECUTE runs a prepared statement that cannot be seen here',
  LoadStmt: 'LOAD runs a library of the server',
  CreatePLangStmt: 'CREATE LANGUAGE lets anything run in the server',
  TruncateStmt: 'TRUNCATE removes every row',
  CallStmt: 'CALL runs a procedure that may do anything',
  LockStmt: 'LOCK keeps others out until the transaction ends',
};

const wordsByClass: Readonly<Record<CommandClass, string>> = {
  read: 'only reads',
  safe: 'changes nothing that others notice',
  risky: 'changes the database',
  destructive: 'loses data, or changes who may do what',
  forbidden: 'reaches out of the database or runs what cannot be seen',
};

const classByKind = new Map(
  Object.entries(fixed).flatMap(([level, kinds]) =>
    kinds
      .trim()
      .split(/\s+/)
      .map((kind): [string, string] => [kind, level]),
  ),
);

export function judgeStatement(kind: string, body: Ast): readonly Reason[] {
  const replaced =
    body.replace === true || body.or_replace === true
      ? [because('destructive', 'sql.replaces', 'OR REPLACE changes what others build on')]
      : [];
  const own = judges[kind]?.(body) ?? changesOf(kind, body) ?? [ofKind(kind)];
  const catalogue =
    /^(Insert|Update|Delete|Merge|Truncate|Copy|AlterTable|Drop)Stmt$/.test(kind) &&
    isCatalogue(body.relation)
      ? [because('forbidden', 'sql.changes-catalogue', 'the catalogue is never changed by hand')]
      : [];
  return [...own, ...replaced, ...catalogue];
}

function ofKind(kind: string): Reason {
  const level = classByKind.get(kind);
  const said = statementName(kind);
  if (level === undefined)
    return because('risky', 'sql.unknown-statement', `${said} is no statement that is known`);
  const known =
    (['read', 'safe', 'risky', 'destructive', 'forbidden'] as const).find((one) => one === level) ?? 'risky';
  return because(
    known,
    `sql.${said.toLowerCase().replaceAll(' ', '-')}`,
    why[kind] ?? `${said} ${wordsByClass[known]}`,
  );
}

function changesOf(kind: string, body: Ast): readonly Reason[] | undefined {
  if (kind === 'DeleteStmt') return [takesRows('DELETE', body, items(body.usingClause))];
  if (kind === 'UpdateStmt') return [takesRows('UPDATE', body, items(body.fromClause))];
  return kind === 'MergeStmt' ? [merges(body)] : undefined;
}

/** MERGE takes every row that its source matches, and those that an empty source does not name. */
function merges(body: Ast): Reason {
  const changing = items(body.mergeWhenClauses)
    .map((one) => part(bodyOf(one, 'MergeWhenClause')))
    .filter(({ commandType }) => /^CMD_(DELETE|UPDATE)$/.test(String(commandType)));
  const takesTheRest = changing.some(({ matchKind }) => matchKind === 'MERGE_WHEN_NOT_MATCHED_BY_SOURCE');
  const relations = { own: namesOf(body.relation), joined: [body.sourceRelation] };
  if (changing.length === 0) return because('risky', 'sql.merge', 'MERGE adds rows');
  return !takesTheRest && namesRows(body.joinCondition, relations)
    ? because('risky', 'sql.merge', `MERGE changes ${named}`)
    : because('destructive', 'sql.merge-unbounded', `MERGE changes every row that matches: ${unknownMany}`);
}

const named = 'the rows that have the values it names; how many these are is not known without the table';
const unknownMany = 'nobody knows how many rows, it may be all of them';

function takesRows(verb: string, body: Ast, joined: readonly unknown[]): Reason {
  const id = verb.toLowerCase();
  if (body.whereClause === undefined)
    return because('destructive', `sql.${id}-without-where`, `${verb} without WHERE takes every row`);
  const isSelfJoined = joined.some((one) =>
    JSON.stringify(one).includes(`"relname":${JSON.stringify(part(body.relation).relname ?? '')}`),
  );
  return !isSelfJoined && namesRows(body.whereClause, { own: namesOf(body.relation), joined })
    ? because('risky', `sql.${id}`, `${verb} changes ${named}`)
    : because(
        'destructive',
        `sql.${id}-unbounded`,
        `the WHERE of ${verb} names no rows by their values: ${unknownMany}`,
      );
}

/** A table is said by its name, or by its alias where it has one. */
function namesOf(relation: unknown): string[] {
  const { relname, alias } = part(relation);
  return [String(relname ?? ''), String(part(alias).aliasname ?? '')].filter((one) => one !== '');
}

function ofSet(body: Ast, lasting: boolean): Reason {
  const [value] = items(body.args).map(constantOf);
  const name = String(body.name ?? '');
  if (body.kind === 'VAR_RESET_ALL' && lasting)
    return because('destructive', 'sql.reset-all', 'RESET ALL forgets every setting of the server');
  return judgeSetting(name, lasting, body.kind === 'VAR_SET_VALUE' && value !== null ? value : undefined);
}

const outsideExtensions =
  /^(dblink|postgres_fdw|file_fdw|adminpack|pg_surgery|.*_fdw|pl.*u|http|pg_net|lo|xml2)$/;

const judges: Readonly<Record<string, Judge>> = {
  ExplainStmt: ({ options, query }) => {
    if (isOn(options, 'analyze'))
      return [because('risky', 'sql.explain-analyze', 'EXPLAIN ANALYZE runs the statement')];
    return nodeOf(query)?.kind === 'SelectStmt'
      ? [because('read', 'sql.explain', 'EXPLAIN without ANALYZE plans and does not run')]
      : [because('safe', 'sql.explain', 'EXPLAIN without ANALYZE plans and does not run')];
  },
  VacuumStmt: ({ options, is_vacuumcmd }) =>
    isOn(options, 'full')
      ? [because('destructive', 'sql.vacuum-full', 'VACUUM FULL rewrites the table while nobody can read it')]
      : [
          because(
            'safe',
            is_vacuumcmd === true ? 'sql.vacuum' : 'sql.analyze',
            'upkeep that readers and writers do not notice',
          ),
        ],
  RefreshMatViewStmt: ({ concurrent, skipData }) =>
    concurrent === true && skipData !== true
      ? [because('risky', 'sql.refresh', 'REFRESH CONCURRENTLY replaces the rows of the view')]
      : [
          because(
            'destructive',
            'sql.refresh-blocking',
            'nobody can read the view meanwhile; CONCURRENTLY would let them',
          ),
        ],
  AlterTableStmt: judgeAlterTable,
  AlterDatabaseStmt: ({ options }) =>
    items(options).some((one) =>
      /^(allow_connections|is_template)$/.test(String(part(bodyOf(one, 'DefElem')).defname)),
    )
      ? [because('destructive', 'sql.alter-database', 'decides who may connect to the database')]
      : [because('risky', 'sql.alter-database', 'changes the database for everybody')],
  AlterDomainStmt: ({ subtype }) => [
    because(
      /^[XO]$/.test(String(subtype)) ? 'destructive' : 'risky',
      'sql.alter-domain',
      'ALTER DOMAIN changes what every column of it takes',
    ),
  ],
  AlterSeqStmt: ({ options }) =>
    optionOf(options, 'restart') !== undefined ||
    items(options).some((one) => part(bodyOf(one, 'DefElem')).defname === 'restart')
      ? [because('destructive', 'sql.setval', 'a sequence set back gives out numbers that are in use')]
      : [because('risky', 'sql.alter-sequence', 'changes what the sequence gives out')],
  DefineStmt: () => [because('risky', 'sql.define', 'makes an object that others may come to use')],
  ViewStmt: () => [because('risky', 'sql.view', 'makes a view')],
  TransactionStmt: ({ kind }) =>
    /PREPARED$/.test(String(kind))
      ? [because('destructive', 'sql.prepared-transaction', "ends somebody's prepared transaction for good")]
      : [because('risky', 'sql.transaction', 'leaves the transaction that the guard opened')],
  VariableSetStmt: (body) => [
    ...[ofSet(body, false)],
    ...(body.kind === 'VAR_SET_MULTI'
      ? [because('risky', 'sql.transaction', 'changes what the transaction may do')]
      : []),
  ],
  AlterSystemStmt: ({ setstmt }) => [
    because('risky', 'sql.alter-system', 'ALTER SYSTEM holds for the whole server'),
    ofSet(part(setstmt), true),
  ],
  AlterDatabaseSetStmt: ({ setstmt }) => [
    because('risky', 'sql.alter-database', 'holds for every new session of the database'),
    ofSet(part(setstmt), true),
  ],
  AlterRoleSetStmt: ({ setstmt }) => [
    because('destructive', 'sql.alter-role', 'ALTER ROLE changes what somebody may do'),
    ofSet(part(setstmt), true),
  ],
  CopyStmt: ({ is_program, is_from, filename }) => {
    if (is_program === true)
      return [because('forbidden', 'sql.copy-program', 'COPY … PROGRAM runs a program on the server')];
    if (filename !== undefined)
      return [because('forbidden', 'sql.server-files', 'COPY reads or writes a file of the server')];
    return is_from === true
      ? [because('risky', 'sql.copy-from', 'COPY FROM STDIN adds rows')]
      : [because('safe', 'sql.copy-to', 'COPY TO STDOUT gives out rows')];
  },
  CreateExtensionStmt: ({ extname }) =>
    outsideExtensions.test(wordOf(extname))
      ? [
          because(
            'forbidden',
            'sql.outside-extension',
            `${wordOf(extname)} reaches out of the database or runs anything`,
          ),
        ]
      : [because('risky', 'sql.create-extension', 'CREATE EXTENSION runs a script in the database')],
  DoStmt: () => [because('risky', 'sql.do', 'DO runs a block of code')],
  CreateFunctionStmt: ({ options }) => [
    because('risky', 'sql.create-function', 'makes a function that others may call'),
    ...(bodyOf(optionOf(options, 'security'), 'Boolean')?.boolval === true
      ? [because('destructive', 'sql.security-definer', 'SECURITY DEFINER lends the rights of its owner')]
      : []),
  ],
};
