/** What upkeep.yaml cannot hold of on-call: overrides made by hand, imported absences, addresses of calendar feeds. */
import type { Selectable } from 'kysely';
import type { Absence, Override } from '../core/oncall/model.ts';
import type { Adjustments } from '../core/oncall/schedule.ts';
import type { FeedView } from '../core/oncall/view.ts';
import { newId } from '../id.ts';
import type { Tx } from './index.ts';
import type { Schema } from './schema.ts';

export interface StoredOverride extends Override {
  readonly id: string;
}

export async function insertOverride(tx: Tx, one: StoredOverride): Promise<void> {
  await tx
    .insertInto('oncall_overrides')
    .values({
      id: one.id,
      rotation: one.rotation,
      person: one.person,
      replaces: one.replaces,
      from_at: one.from,
      to_at: one.to,
      made_by: one.by,
      why: one.why,
      made_at: one.madeAt,
      cancelled_at: null,
    })
    .execute();
}

/** False when there is none with that id, or it was taken back before. */
export async function cancelOverride(tx: Tx, id: string, at: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('oncall_overrides')
    .set({ cancelled_at: at })
    .where('id', '=', id)
    .where('cancelled_at', 'is', null)
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** Those that touch [from, to), the oldest first. */
export async function overrides(tx: Tx, from: number, to: number): Promise<StoredOverride[]> {
  const rows = await tx
    .selectFrom('oncall_overrides')
    .selectAll()
    .where('cancelled_at', 'is', null)
    .where('to_at', '>', from)
    .where('from_at', '<', to)
    .orderBy('made_at')
    .orderBy('id')
    .execute();
  return rows.map(overrideFrom);
}

/** Puts what a person's calendar says now in the place of what it said before. */
export async function replaceAbsences(tx: Tx, person: string, found: readonly Absence[]): Promise<void> {
  await tx.deleteFrom('oncall_absences').where('person', '=', person).execute();
  for (const { from, to, why } of found) {
    const row = { id: newId(from), person, from_at: from, to_at: to, why };
    await tx.insertInto('oncall_absences').values(row).execute();
  }
}

export async function absences(tx: Tx, from: number, to: number): Promise<Absence[]> {
  const rows = await tx
    .selectFrom('oncall_absences')
    .selectAll()
    .where('to_at', '>', from)
    .where('from_at', '<', to)
    .orderBy('from_at')
    .orderBy('id')
    .execute();
  return rows.map(({ person, from_at, to_at, why }) => ({ person, from: from_at, to: to_at, why }));
}

/** All that changes the rotations in [from, to); `planned` are the absences of upkeep.yaml. */
export async function adjustments(
  tx: Tx,
  planned: readonly Absence[],
  from: number,
  to: number,
): Promise<Adjustments> {
  return {
    overrides: await overrides(tx, from, to),
    absences: [...planned, ...(await absences(tx, from, to))],
  };
}

export interface Feed {
  readonly kind: 'person' | 'rotation';
  readonly name: string;
}

/** The address given out before for the same calendar ends. */
export async function putFeed(
  tx: Tx,
  feed: Feed & { readonly hash: string; readonly by: string; readonly at: number },
): Promise<void> {
  await dropFeed(tx, feed);
  const { hash, kind, name, by, at } = feed;
  await tx.insertInto('oncall_feeds').values({ hash, kind, name, created_by: by, created_at: at }).execute();
}

/** False when none was given out. */
export async function dropFeed(tx: Tx, { kind, name }: Feed): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('oncall_feeds')
    .where('kind', '=', kind)
    .where('name', '=', name)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

export async function feeds(tx: Tx): Promise<FeedView[]> {
  const rows = await tx
    .selectFrom('oncall_feeds')
    .select(['kind', 'name', 'created_at', 'created_by'])
    .orderBy('kind')
    .orderBy('name')
    .execute();
  return rows.map((row) => {
    return { kind: row.kind, name: row.name, createdAt: row.created_at, createdBy: row.created_by };
  });
}

export async function feedByHash(tx: Tx, hash: string): Promise<Feed | undefined> {
  const row = await tx
    .selectFrom('oncall_feeds')
    .select(['kind', 'name'])
    .where('hash', '=', hash)
    .executeTakeFirst();
  return row && { kind: row.kind, name: row.name };
}

function overrideFrom(row: Selectable<Schema['oncall_overrides']>): StoredOverride {
  const { id, rotation, person, replaces, from_at, to_at, made_by, why, made_at } = row;
  return { id, rotation, person, replaces, from: from_at, to: to_at, by: made_by, why, madeAt: made_at };
}
