/** Silences: made by people, ended by time or by hand; kept for the record. */
import type { Selectable } from 'kysely';
import type { Silence } from '../core/mute.ts';
import type { Tx } from './index.ts';
import type { Schema } from './schema.ts';

export async function insert(tx: Tx, silence: Silence): Promise<void> {
  await tx.insertInto('silences').values(toRow(silence)).execute();
}

/** Those that hold now or will, the first to end first. */
export async function active(tx: Tx, now: number): Promise<Silence[]> {
  const rows = await tx
    .selectFrom('silences')
    .selectAll()
    .where('ends_at', '>', now)
    .orderBy('ends_at')
    .orderBy('id')
    .execute();
  return rows.map(fromRow);
}

/** The newest first, ended ones too. */
export async function list(tx: Tx, limit: number): Promise<Silence[]> {
  const rows = await tx
    .selectFrom('silences')
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(fromRow);
}

/** Ends it now; undefined where there is none with this id that still holds or will. */
export async function end(tx: Tx, id: string, at: number): Promise<Silence | undefined> {
  const row = await tx
    .updateTable('silences')
    .set({ ends_at: at })
    .where('id', '=', id)
    .where('ends_at', '>', at)
    .returningAll()
    .executeTakeFirst();
  return row && fromRow(row);
}

function toRow(silence: Silence): Schema['silences'] {
  return {
    id: silence.id,
    matchers: JSON.stringify(silence.matchers),
    reason: silence.reason,
    created_by: silence.createdBy,
    created_at: silence.createdAt,
    starts_at: silence.startsAt,
    ends_at: silence.endsAt,
  };
}

function fromRow(row: Selectable<Schema['silences']>): Silence {
  return {
    id: row.id,
    matchers: JSON.parse(row.matchers),
    reason: row.reason,
    createdBy: row.created_by,
    createdAt: row.created_at,
    startsAt: row.starts_at,
    endsAt: row.ends_at,
  };
}
