/** After a look: two open incidents that the same cause leads become one, so that one trouble is told and handled once. */
import { sameCause } from '../core/incident/one-trouble.ts';
import { UpkeepError } from '../core/verb.ts';
import * as incidentRows from '../store/incidents.ts';
import type { Desk } from './desk.ts';
import type { Joining } from './merge.ts';

const mostOpen = 200;

/** True where this one has ended by it. */
export async function joinAlike(
  { store }: Pick<Desk, 'store'>,
  { merge }: Pick<Joining, 'merge'>,
  incidentId: string,
): Promise<boolean> {
  const open = await incidentRows.list(store.db, { status: 'open', limit: mostOpen });
  const looked = open.find(({ id }) => id === incidentId);
  const joined = looked && sameCause(looked, open);
  if (!joined) return false;
  try {
    await merge(joined.ending, joined.into, 'upkeep', joined.reason);
  } catch (error) {
    // One of them ended meanwhile, or somebody else merged them: nothing is left to do.
    if (!(error instanceof UpkeepError && error.code === 'conflict')) throw error;
    return false;
  }
  return joined.ending === incidentId;
}
