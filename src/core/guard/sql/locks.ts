/**
 * What schema changes hold and for how long, and the form that holds up nobody. After the table of locks of the
 * PostgreSQL manual (13.3) and the rules of squawk and strong_migrations.
 */
import type { Lock } from '../classes.ts';
import { type Ast, bodyOf, isOn, items, nameOf, nodeOf, part, stringOf } from './ast.ts';

const exclusive = 'ACCESS EXCLUSIVE';
const shareUpdate = 'SHARE UPDATE EXCLUSIVE';
const retry = "SET lock_timeout = '2s', and try again: what waits for the lock stops every reader behind it";
const later = 'stop using it first, wait one release, then drop it';

const lock = (statement: string, name: string, held: string, safeForm: string): Lock => ({
  ...{ statement, lock: name, held, safeForm },
});

type Locking = (body: Ast) => readonly Lock[];

const byStatement: Readonly<Record<string, Locking>> = {
  IndexStmt: ({ concurrent }) => [
    concurrent === true
      ? lock(
          'CREATE INDEX CONCURRENTLY',
          shareUpdate,
          'index build, two scans',
          'assert indisvalid afterwards; IF NOT EXISTS would keep an invalid left-over',
        )
      : lock(
          'CREATE INDEX',
          'SHARE',
          'index build: no writes meanwhile',
          'CREATE INDEX CONCURRENTLY, then assert indisvalid',
        ),
  ],
  ReindexStmt: ({ params }) => [
    isOn(params, 'concurrently')
      ? lock(
          'REINDEX CONCURRENTLY',
          shareUpdate,
          'index build',
          'assert that no invalid _ccnew index is left over',
        )
      : lock(
          'REINDEX',
          `${exclusive} on the index, SHARE on the table`,
          'index build',
          'REINDEX … CONCURRENTLY',
        ),
  ],
  DropStmt: ({ removeType, concurrent }) => [
    concurrent === true
      ? lock(
          'DROP INDEX CONCURRENTLY',
          shareUpdate,
          'waits for older transactions',
          'keep its definition for the way back',
        )
      : lock(`DROP ${String(removeType).replace('OBJECT_', '')}`, exclusive, 'ms', later),
  ],
  TruncateStmt: () => [lock('TRUNCATE', exclusive, 'ms', 'DELETE in batches')],
  RenameStmt: () => [
    lock(
      'RENAME',
      exclusive,
      'ms',
      'add the new name beside the old (a view, a column that is kept in step), drop later',
    ),
  ],
  ClusterStmt: () => [lock('CLUSTER', exclusive, 'rewrite', 'pg_repack')],
  VacuumStmt: ({ options, is_vacuumcmd }) => [
    isOn(options, 'full')
      ? lock('VACUUM FULL', exclusive, 'rewrite', 'pg_repack, or VACUUM without FULL')
      : lock(is_vacuumcmd === true ? 'VACUUM' : 'ANALYZE', shareUpdate, 'scan', 'in hours of low load'),
  ],
  RefreshMatViewStmt: ({ concurrent }) => [
    concurrent === true
      ? lock('REFRESH MATERIALIZED VIEW CONCURRENTLY', 'EXCLUSIVE', 'query', 'needs a unique index')
      : lock(
          'REFRESH MATERIALIZED VIEW',
          exclusive,
          'query: no reads meanwhile',
          'CONCURRENTLY, with a unique index',
        ),
  ],
  CreateTrigStmt: () => [lock('CREATE TRIGGER', 'SHARE ROW EXCLUSIVE', 'ms', retry)],
  AlterTableStmt: ({ cmds }) =>
    items(cmds).flatMap((one) => ofAlterTable(part(bodyOf(one, 'AlterTableCmd')))),
  LockStmt: () => [lock('LOCK', 'as it says', 'until the transaction ends', retry)],
};

export function locksOf(kind: string, body: Ast): readonly Lock[] {
  return byStatement[kind]?.(body) ?? [];
}

function ofAlterTable(cmd: Ast): readonly Lock[] {
  const column = part(bodyOf(cmd.def, 'ColumnDef'));
  switch (cmd.subtype) {
    case 'AT_AddColumn':
      return [ofNewColumn(column)];
    case 'AT_AlterColumnType':
      return [
        lock(
          'ALTER COLUMN TYPE',
          exclusive,
          'rewrite, but for a longer varchar or text',
          'a new column, kept in step, then swapped',
        ),
      ];
    case 'AT_SetNotNull':
      return [
        lock(
          'SET NOT NULL',
          exclusive,
          'scan',
          'CHECK (… IS NOT NULL) NOT VALID, VALIDATE, SET NOT NULL, drop the CHECK',
        ),
      ];
    case 'AT_AddConstraint':
      return ofConstraint(part(bodyOf(cmd.def, 'Constraint')));
    case 'AT_ValidateConstraint':
      return [lock('VALIDATE CONSTRAINT', shareUpdate, 'scan', 'in hours of low load')];
    case 'AT_DropColumn':
    case 'AT_DropConstraint':
      return [lock('DROP COLUMN or CONSTRAINT', exclusive, 'ms', later)];
    case 'AT_AttachPartition':
      return [lock('ATTACH PARTITION', shareUpdate, 'scan of the part', 'a matching CHECK first')];
    case 'AT_DetachPartition':
      return [
        part(bodyOf(cmd.def, 'PartitionCmd')).concurrent === true
          ? lock('DETACH PARTITION CONCURRENTLY', shareUpdate, 'waits for older transactions', 'none needed')
          : lock('DETACH PARTITION', exclusive, 'ms', 'CONCURRENTLY'),
      ];
    case 'AT_SetLogged':
    case 'AT_SetUnLogged':
    case 'AT_SetTableSpace':
    case 'AT_SetAccessMethod':
      return [
        lock(String(cmd.subtype).slice(3), exclusive, 'rewrite', 'pg_repack, or a new table kept in step'),
      ];
    case 'AT_SetStatistics':
    case 'AT_SetRelOptions':
    case 'AT_ResetRelOptions':
      return [lock('SET (storage, statistics)', shareUpdate, 'ms', 'none needed')];
    default:
      return [lock('ALTER TABLE', exclusive, 'ms', retry)];
  }
}

function ofNewColumn(column: Ast): Lock {
  const constraints = items(column.constraints).map((one) => part(bodyOf(one, 'Constraint')));
  const isSerial = /serial/.test(nameOf(part(column.typeName).names).at(-1) ?? '');
  const isRewritten = constraints.some(
    ({ contype, raw_expr }) =>
      contype === 'CONSTR_GENERATED' ||
      contype === 'CONSTR_IDENTITY' ||
      (contype === 'CONSTR_DEFAULT' && nodeOf(raw_expr)?.kind !== 'A_Const'),
  );
  return isSerial || isRewritten
    ? lock(
        'ADD COLUMN with a computed default',
        exclusive,
        'rewrite unless the default is stable',
        'add it bare, fill in batches, then SET DEFAULT',
      )
    : lock('ADD COLUMN', exclusive, 'ms', retry);
}

function ofConstraint(body: Ast): readonly Lock[] {
  const isLater = body.skip_validation === true;
  switch (body.contype) {
    case 'CONSTR_FOREIGN':
      return [
        lock(
          'ADD FOREIGN KEY',
          'SHARE ROW EXCLUSIVE on both tables',
          isLater ? 'ms' : 'scan',
          isLater ? 'then VALIDATE CONSTRAINT' : 'NOT VALID, then VALIDATE CONSTRAINT',
        ),
      ];
    case 'CONSTR_UNIQUE':
    case 'CONSTR_PRIMARY':
      return [
        typeof body.indexname === 'string'
          ? lock('ADD CONSTRAINT USING INDEX', exclusive, 'ms', retry)
          : lock(
              'ADD UNIQUE or PRIMARY KEY',
              exclusive,
              'index build',
              'CREATE UNIQUE INDEX CONCURRENTLY, then ADD … USING INDEX',
            ),
      ];
    default:
      return [
        lock(
          'ADD CONSTRAINT',
          exclusive,
          isLater ? 'ms' : 'scan',
          isLater ? 'then VALIDATE CONSTRAINT' : 'NOT VALID, then VALIDATE CONSTRAINT',
        ),
      ];
  }
}

/** Languages, extensions and the like by their name, in lower case. */
export function wordOf(value: unknown): string {
  return (stringOf(value) ?? (typeof value === 'string' ? value : '')).toLowerCase();
}
