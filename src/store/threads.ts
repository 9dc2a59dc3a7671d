/** Where the message of an incident is with each receiver, so that it is updated in place and threaded below it. */
import type { Thread } from '../core/notifier.ts';
import type { Tx } from './index.ts';

export interface ThreadPlace {
  readonly incidentId: string;
  readonly notifier: string;
  /** Null where the channel as a whole is told. */
  readonly person: string | null;
}

export async function read(tx: Tx, { incidentId, notifier, person }: ThreadPlace): Promise<Thread | null> {
  const row = await tx
    .selectFrom('threads')
    .select('thread')
    .where('incident_id', '=', incidentId)
    .where('notifier', '=', notifier)
    .where('person', '=', person ?? '')
    .executeTakeFirst();
  return row === undefined ? null : (JSON.parse(row.thread) as Thread);
}

export async function write(tx: Tx, place: ThreadPlace, thread: Thread, at: number): Promise<void> {
  const values = { thread: JSON.stringify(thread), updated_at: at };
  await tx
    .insertInto('threads')
    .values({
      incident_id: place.incidentId,
      notifier: place.notifier,
      person: place.person ?? '',
      ...values,
    })
    .onConflict((conflict) => conflict.columns(['incident_id', 'notifier', 'person']).doUpdateSet(values))
    .execute();
}

/** Forgets those that nothing was added to since `before`; returns how many. */
export async function prune(tx: Tx, before: number): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom('threads')
    .where('updated_at', '<', before)
    .executeTakeFirst();
  return Number(numDeletedRows);
}
