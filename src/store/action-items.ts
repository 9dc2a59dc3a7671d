/** Action items of post-mortems. */
import type { Selectable } from 'kysely';
import type { ActionItem } from '../core/incident/action-item.ts';
import { onlyOne, prefixLimit, prefixPattern } from './by-prefix.ts';
import type { Tx } from './index.ts';
import type { Schema } from './schema.ts';

export async function insert(tx: Tx, item: ActionItem): Promise<void> {
  await tx.insertInto('action_items').values(toRow(item)).execute();
}

export async function update(tx: Tx, item: ActionItem): Promise<void> {
  const { id, ...columns } = toRow(item);
  await tx.updateTable('action_items').set(columns).where('id', '=', id).execute();
}

export async function byId(tx: Tx, id: string): Promise<ActionItem | undefined> {
  const row = await tx.selectFrom('action_items').selectAll().where('id', '=', id).executeTakeFirst();
  return row && fromRow(row);
}

/** By its id or the beginning of it. @throws UpkeepError not-found, or bad-input when several begin so */
export async function find(tx: Tx, id: string): Promise<ActionItem> {
  const rows = await tx
    .selectFrom('action_items')
    .selectAll()
    .where('id', 'like', prefixPattern('action item', id))
    .limit(prefixLimit)
    .execute();
  return fromRow(onlyOne('action item', id, rows));
}

/** The first due first, those without a day last. */
export async function list(
  tx: Tx,
  filter: { readonly isOpen?: boolean; readonly incidentId?: string; readonly owner?: string },
): Promise<ActionItem[]> {
  const { isOpen, incidentId, owner } = filter;
  const rows = await tx
    .selectFrom('action_items')
    .selectAll()
    .$if(isOpen === true, (query) => query.where('ended_at', 'is', null))
    .$if(isOpen === false, (query) => query.where('ended_at', 'is not', null))
    .$if(incidentId !== undefined, (query) => query.where('incident', '=', incidentId ?? ''))
    .$if(owner !== undefined, (query) => query.where('owner', '=', owner ?? ''))
    .orderBy('id')
    .limit(1_000)
    .execute();
  const day = ({ dueAt }: ActionItem) => dueAt ?? Number.POSITIVE_INFINITY;
  return rows.map(fromRow).sort((a, b) => (day(a) === day(b) ? 0 : day(a) - day(b)));
}

function toRow(item: ActionItem): Schema['action_items'] {
  return {
    id: item.id,
    incident: item.incidentId,
    task: item.task,
    owner: item.owner,
    due_at: item.dueAt,
    created_by: item.createdBy,
    created_at: item.createdAt,
    ended_at: item.endedAt,
    ended_by: item.endedBy,
    outcome: item.outcome,
  };
}

function fromRow(row: Selectable<Schema['action_items']>): ActionItem {
  return {
    id: row.id,
    incidentId: row.incident,
    task: row.task,
    owner: row.owner,
    dueAt: row.due_at,
    createdBy: row.created_by,
    createdAt: row.created_at,
    endedAt: row.ended_at,
    endedBy: row.ended_by,
    outcome: row.outcome,
  };
}
