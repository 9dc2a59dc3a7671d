/** ALTER TABLE by what each of its commands does. */
import { because, type Reason } from '../classes.ts';
import { type Ast, bodyOf, items, nameOf, part } from './ast.ts';
import { plainWords } from './node-words.ts';

const destructive: Readonly<Record<string, string>> = {
  AT_DropColumn: 'drops a column with its data',
  AT_DropConstraint: 'drops a constraint, and the index that bore it',
  AT_DropExpression: 'drops what computed the column',
  AT_DropIdentity: 'drops the sequence of the column',
  AT_SetUnLogged: 'an unlogged table is empty after a crash',
  AT_DetachPartition: 'takes rows out of the table',
  AT_DetachPartitionFinalize: 'takes rows out of the table',
  AT_DropInherit: 'takes rows out of the table',
  AT_ChangeOwner: 'changes who may do everything with it',
  AT_DisableTrig: 'turns triggers off, those of foreign keys too',
  AT_DisableTrigAll: 'turns triggers off, those of foreign keys too',
  AT_DisableTrigUser: 'turns triggers off',
  AT_EnableReplicaTrig: 'changes when triggers run',
  AT_EnableAlwaysTrig: 'changes when triggers run',
  AT_DisableRule: 'turns rules off',
  AT_EnableReplicaRule: 'changes when rules run',
  AT_EnableAlwaysRule: 'changes when rules run',
  AT_DisableRowSecurity: 'shows every row to everybody who may read the table',
  AT_NoForceRowSecurity: 'shows every row to the owner',
  AT_GenericOptions: 'changes where a foreign table reaches',
  AT_AlterColumnGenericOptions: 'changes where a foreign table reaches',
};

export function judgeAlterTable(body: Ast): Reason[] {
  return items(body.cmds).map((one) => judgeCommand(part(bodyOf(one, 'AlterTableCmd'))));
}

function judgeCommand(cmd: Ast): Reason {
  const subtype = String(cmd.subtype ?? 'unknown');
  const what = plainWords(subtype.replace('AT_', ''));
  if (subtype === 'AT_AlterColumnType') return ofNewType(part(bodyOf(cmd.def, 'ColumnDef')));
  const loss = destructive[subtype];
  return loss === undefined
    ? because('risky', 'sql.alter-table', `ALTER TABLE … ${what} changes the schema under a lock`)
    : because('destructive', 'sql.alter-table-loses', `ALTER TABLE … ${what} ${loss}`);
}

/** Only text holds whatever there was. */
function ofNewType(column: Ast): Reason {
  const isText = nameOf(part(column.typeName).names).at(-1) === 'text';
  return isText && column.raw_default === undefined
    ? because('risky', 'sql.alter-table', 'ALTER COLUMN TYPE text keeps every value, under a lock')
    : because(
        'destructive',
        'sql.narrows-type',
        'ALTER COLUMN TYPE may cut values; that cannot be seen from here',
      );
}
