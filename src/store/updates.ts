/** Stakeholder updates of incidents; the status page shows the public ones. */
import type { Selectable } from 'kysely';
import type { StakeholderUpdate } from '../core/incident/update.ts';
import type { Tx } from './index.ts';
import type { Schema } from './schema.ts';

export async function insert(tx: Tx, update: StakeholderUpdate): Promise<void> {
  const { id, incidentId, at, by, status, text, isPublic } = update;
  const row = { id, incident: incidentId, at, by, status, text, is_public: isPublic ? 1 : 0 };
  await tx.insertInto('updates').values(row).execute();
}

/** Oldest first. */
export async function ofIncident(tx: Tx, incidentId: string): Promise<StakeholderUpdate[]> {
  const rows = await tx
    .selectFrom('updates')
    .selectAll()
    .where('incident', '=', incidentId)
    .orderBy('at')
    .orderBy('id')
    .execute();
  return rows.map(fromRow);
}

/** Of all incidents since that time, oldest first. */
export async function publicSince(tx: Tx, since: number): Promise<StakeholderUpdate[]> {
  const rows = await tx
    .selectFrom('updates')
    .selectAll()
    .where('is_public', '=', 1)
    .where('at', '>=', since)
    .orderBy('at')
    .orderBy('id')
    .execute();
  return rows.map(fromRow);
}

/** A merged incident's words go on under the one that stays. */
export async function move(tx: Tx, from: string, to: string): Promise<void> {
  await tx.updateTable('updates').set({ incident: to }).where('incident', '=', from).execute();
}

function fromRow(row: Selectable<Schema['updates']>): StakeholderUpdate {
  const { id, incident, at, by, status, text, is_public } = row;
  return { id, incidentId: incident, at, by, status, text, isPublic: is_public === 1 };
}
