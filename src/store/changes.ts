/** The change ledger, and how things stood when they were last looked at. */
import type { Selectable } from 'kysely';
import type { Change } from '../core/change.ts';
import type { Tx } from './index.ts';
import type { Schema } from './schema.ts';

export async function insert(tx: Tx, change: Change): Promise<void> {
  const { differences, isReported, ...rest } = change;
  await tx
    .insertInto('changes')
    .values({ ...rest, differences: JSON.stringify(differences), is_reported: isReported ? 1 : 0 })
    .execute();
}

export interface ChangeQuery {
  /** Made to one of these, to one of `services`, or to nobody knows what; to anything where both are left out. */
  readonly targets?: readonly string[];
  readonly services?: readonly string[];
  /** Epoch milliseconds, both inclusive. */
  readonly from: number;
  readonly to: number;
  readonly limit: number;
}

/** Newest first. */
export async function list(db: Tx, query: ChangeQuery): Promise<Change[]> {
  const { targets, services } = query;
  let rows = db
    .selectFrom('changes')
    .selectAll()
    .where('at', '>=', query.from)
    .where('at', '<=', query.to)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(query.limit);
  if (targets !== undefined || services !== undefined) {
    rows = rows.where((where) =>
      where.or([
        where.and([where('target', 'is', null), where('service', 'is', null)]),
        ...(targets?.length ? [where('target', 'in', targets)] : []),
        ...(services?.length ? [where('service', 'in', services)] : []),
      ]),
    );
  }
  return (await rows.execute()).map(fromRow);
}

export async function prune(db: Tx, before: number): Promise<void> {
  await db.deleteFrom('changes').where('at', '<', before).execute();
}

export interface KeptSnapshot {
  readonly at: number;
  readonly values: Readonly<Record<string, string>>;
}

export async function snapshot(db: Tx, target: string, document: string): Promise<KeptSnapshot | null> {
  const row = await db
    .selectFrom('snapshots')
    .select(['at', 'content'])
    .where('target', '=', target)
    .where('document', '=', document)
    .executeTakeFirst();
  return row ? { at: row.at, values: JSON.parse(row.content) } : null;
}

export async function keepSnapshot(
  tx: Tx,
  target: string,
  document: string,
  { at, values }: KeptSnapshot,
): Promise<void> {
  const content = JSON.stringify(values);
  await tx
    .insertInto('snapshots')
    .values({ target, document, at, content })
    .onConflict((conflict) => conflict.columns(['target', 'document']).doUpdateSet({ at, content }))
    .execute();
}

/** It stood so at that moment as well. */
export async function confirmSnapshot(tx: Tx, target: string, document: string, at: number): Promise<void> {
  await tx
    .updateTable('snapshots')
    .set({ at })
    .where('target', '=', target)
    .where('document', '=', document)
    .execute();
}

function fromRow(row: Selectable<Schema['changes']>): Change {
  const { differences, is_reported, ...rest } = row;
  return { ...rest, differences: JSON.parse(differences), isReported: is_reported === 1 };
}
