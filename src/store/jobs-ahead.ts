/** Jobs that were planned by a clock that was ahead. */
import type { Tx } from './index.ts';

/** Takes out what waits for a later moment than that; returns how many. */
export async function withdrawAfter(tx: Tx, kind: string, after: number): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom('jobs')
    .where('kind', '=', kind)
    .where('state', '=', 'waiting')
    .where('run_at', '>', after)
    .executeTakeFirst();
  return Number(numDeletedRows);
}
