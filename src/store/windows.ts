/** Maintenance windows that were planned by hand. */
import type { MaintenanceWindow } from '../core/maintenance.ts';
import type { Tx } from './index.ts';

/** False when there is one of this name already. */
export async function insert(
  tx: Tx,
  window: MaintenanceWindow & { readonly createdBy: string },
  at: number,
  endsAt: number | null,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('windows')
    .values({
      name: window.name,
      settings: JSON.stringify(window),
      created_by: window.createdBy,
      created_at: at,
      ends_at: endsAt,
    })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

/** Those that are not over for good by `since`. */
export async function list(tx: Tx, since: number): Promise<MaintenanceWindow[]> {
  const rows = await tx
    .selectFrom('windows')
    .select('settings')
    .where((eb) => eb.or([eb('ends_at', 'is', null), eb('ends_at', '>', since)]))
    .orderBy('created_at')
    .orderBy('name')
    .execute();
  return rows.map(({ settings }) => JSON.parse(settings));
}

/** False when there is none of this name. */
export async function remove(tx: Tx, name: string): Promise<boolean> {
  const { numDeletedRows } = await tx.deleteFrom('windows').where('name', '=', name).executeTakeFirst();
  return numDeletedRows === 1n;
}
