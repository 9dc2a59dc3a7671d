/** Every call of a person, also those that wait until the end of quiet hours. */
import { type Selectable, sql } from 'kysely';
import type { Level } from '../core/severity.ts';
import type { Tx } from './index.ts';
import type { Schema } from './schema.ts';

export interface Page {
  readonly id: string;
  /** `<incident>:page:<level>:<run>:<round>:<step>:to:<person>`; never two with one. */
  readonly key: string;
  readonly incidentId: string;
  readonly person: string;
  /** Of the rotation that named them. */
  readonly rotation: string | null;
  readonly level: Level;
  readonly notifiers: readonly string[];
  /** `dropped` was held, and the incident was over or in hand by the morning, or another call told it. */
  readonly state: 'sent' | 'held' | 'dropped';
  /** When it was sent or should have been. */
  readonly at: number;
  readonly heldUntil: number | null;
}

/** False when there is one with this key. */
export async function insert(tx: Tx, page: Page): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('oncall_pages')
    .values({
      id: page.id,
      key: page.key,
      incident_id: page.incidentId,
      person: page.person,
      rotation: page.rotation,
      level: page.level,
      notifiers: JSON.stringify(page.notifiers),
      state: page.state,
      at: page.at,
      held_until: page.heldUntil,
    })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

export async function ofIncident(tx: Tx, incidentId: string): Promise<Page[]> {
  const rows = await tx
    .selectFrom('oncall_pages')
    .selectAll()
    .where('incident_id', '=', incidentId)
    .orderBy('at')
    .orderBy('id')
    .execute();
  return rows.map(fromRow);
}

/** Those of it that left. */
export async function sentOf(tx: Tx, incidentId: string): Promise<Page[]> {
  return (await ofIncident(tx, incidentId)).filter(({ state }) => state === 'sent');
}

/** What waits for a person, the oldest first. */
export async function heldFor(tx: Tx, person: string): Promise<Page[]> {
  const rows = await tx
    .selectFrom('oncall_pages')
    .selectAll()
    .where('person', '=', person)
    .where('state', '=', sql.lit('held'))
    .orderBy('at')
    .orderBy('id')
    .execute();
  return rows.map(fromRow);
}

/** Ends the waiting of a page. */
export async function release(tx: Tx, id: string, state: 'sent' | 'dropped', at: number): Promise<void> {
  await tx.updateTable('oncall_pages').set({ state, at }).where('id', '=', id).execute();
}

/** Another call told it to the person: it is none of its own. */
export async function drop(tx: Tx, key: string, at: number): Promise<void> {
  await tx.updateTable('oncall_pages').set({ state: 'dropped', at }).where('key', '=', key).execute();
}

/** Those sent in [from, to), the oldest first. */
export async function sentBetween(tx: Tx, from: number, to: number): Promise<Page[]> {
  const rows = await tx
    .selectFrom('oncall_pages')
    .selectAll()
    .where('state', '=', 'sent')
    .where('at', '>=', from)
    .where('at', '<', to)
    .orderBy('at')
    .orderBy('id')
    .execute();
  return rows.map(fromRow);
}

/** Forgets pages from before that time; returns how many. */
export async function prune(tx: Tx, before: number): Promise<number> {
  const { numDeletedRows } = await tx.deleteFrom('oncall_pages').where('at', '<', before).executeTakeFirst();
  return Number(numDeletedRows);
}

function fromRow(row: Selectable<Schema['oncall_pages']>): Page {
  return {
    id: row.id,
    key: row.key,
    incidentId: row.incident_id,
    person: row.person,
    rotation: row.rotation,
    level: row.level,
    notifiers: JSON.parse(row.notifiers),
    state: row.state,
    at: row.at,
    heldUntil: row.held_until,
  };
}
