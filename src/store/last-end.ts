/** What the store tells of the run before: how it ended, and until when it wrote. */
import { type EndBefore, endBefore, runKinds } from '../core/own-end.ts';
import type { Store } from './index.ts';
import * as journal from './journal.ts';
import type { SampleStore } from './samples/index.ts';

export interface Stored {
  readonly store: Pick<Store, 'db'>;
  readonly samples: Pick<SampleStore, 'latest'>;
}

/** The newest entry or sample, epoch milliseconds; null where nothing was stored yet. */
export async function newestAt({ store, samples }: Stored): Promise<number | null> {
  const [entry] = await journal.list(store.db, { limit: 1 });
  const newest = (await samples.latest()).reduce((last, { at }) => Math.max(last, at), entry?.at ?? 0);
  return newest === 0 ? null : newest;
}

/** To be asked before this run writes that it started. */
export async function readEndBefore(stored: Stored): Promise<EndBefore | null> {
  const [last] = await journal.list(stored.store.db, { limit: 1, kinds: runKinds });
  return endBefore(last, (await newestAt(stored)) ?? 0);
}
