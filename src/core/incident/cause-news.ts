/** Whether who cannot see a message change is told of the cause by one message more. Pure. */
import type { Finding } from '../evidence.ts';
import type { Topology } from '../topology.ts';

/** More likely than not: below that it is a guess, and no reason for a message of its own. */
const worthAMessageFrom = 0.5;

/** With the first message and the last, an incident is four at most: the flood rule. */
const mostMessages = 2;

export type CauseNews =
  | { readonly tell: 'cause-found' | 'other-cause'; readonly cause: string }
  | { readonly keep: 'no-cause' | 'unsure' | 'told-already' | 'told-enough' };

/**
 * @param cause name of what leads now, as of `causeName`; null where nothing was found
 * @param confidence of it, 0 to 1
 * @param told names of causes that were told since the incident was opened (again)
 */
export function causeNews(cause: string | null, confidence: number, told: readonly string[]): CauseNews {
  if (cause === null) return { keep: 'no-cause' };
  if (told.includes(cause)) return { keep: 'told-already' };
  if (confidence < worthAMessageFrom) return { keep: 'unsure' };
  if (told.length >= mostMessages) return { keep: 'told-enough' };
  return { tell: told.length === 0 ? 'cause-found' : 'other-cause', cause };
}

/** What tells only where it fails is the same of all that is reached at one host and port: they fail in turn. */
export function causeName(
  { id, target, isWhereOnly }: Pick<Finding, 'id' | 'target' | 'isWhereOnly'>,
  { placeOf }: Pick<Topology, 'placeOf'>,
): string {
  return `${id}@${(isWhereOnly ? placeOf?.get(target) : undefined) ?? target}`;
}
