/** The key that signed links are made with, and which of them have been used. */
import { newSecret } from '../id.ts';
import type { Store, Tx } from './index.ts';
import * as meta from './meta.ts';

const keyName = 'link_key';

/** Made at the first start; with another key no earlier link is good. */
export async function linkKey(store: Store): Promise<string> {
  const known = await meta.read(store.db, keyName);
  if (known !== undefined) return known;
  const made = newSecret();
  return store.transaction(async (tx) => {
    const meanwhile = await meta.read(tx, keyName);
    if (meanwhile !== undefined) return meanwhile;
    await meta.write(tx, keyName, made);
    return made;
  });
}

export interface LinkUse {
  readonly id: string;
  readonly at: number;
  readonly expiresAt: number;
}

/** False when it has been used before. */
export async function use(tx: Tx, { id, at, expiresAt }: LinkUse): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('used_links')
    .values({ id, used_at: at, expires_at: expiresAt })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

export async function isUsed(tx: Tx, id: string): Promise<boolean> {
  const row = await tx.selectFrom('used_links').select('id').where('id', '=', id).executeTakeFirst();
  return row !== undefined;
}

/** Forgets uses of links that had expired before; returns how many. */
export async function prune(tx: Tx, before: number): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom('used_links')
    .where('expires_at', '<', before)
    .executeTakeFirst();
  return Number(numDeletedRows);
}
