/** Whose week of waiting for removal began anew, as the journal has it: a doubt of the clock takes marks away. */
import { z } from 'zod';
import type { Decision } from '../../core/backup/retention.ts';
import type { BackupView } from '../../core/backup/view.ts';
import * as journal from '../../store/journal.ts';
import type { Ground } from './ground.ts';

const entry = z.object({ id: z.string(), why: z.string().optional() });
const looked = 2_000;

/** Of each backup that was marked and then unmarked last: both moments, and why. */
export async function unmarkedIn(
  { desk }: Pick<Ground, 'desk'>,
  plan: string,
): Promise<Map<string, { readonly markedAt: number | null; readonly at: number; readonly why: string }>> {
  const kinds = ['backup.marked', 'backup.unmarked'];
  const filter = { subject: `backup:${plan}`, kinds, limit: looked };
  const last = new Map<string, { markedAt: number | null; at: number; why: string }>();
  const isMarkedAgain = new Set<string>();
  // Newest first.
  for (const { kind, at, payload } of await desk.store.transaction((tx) => journal.list(tx, filter))) {
    const { success, data } = entry.safeParse(payload);
    if (!success || isMarkedAgain.has(data.id)) continue;
    const before = last.get(data.id);
    if (kind === 'backup.unmarked' && before === undefined)
      last.set(data.id, { markedAt: null, at, why: data.why ?? '' });
    else if (before === undefined) isMarkedAgain.add(data.id);
    else if (kind === 'backup.marked' && before.markedAt === null) before.markedAt = at;
  }
  return last;
}

/** Said beside the reason; empty where no week begins anew. */
export function anewWords(
  { id, kind }: Pick<Decision, 'id' | 'kind'>,
  { markedAt }: Pick<BackupView, 'markedAt'>,
  unmarked: Awaited<ReturnType<typeof unmarkedIn>>,
  moment: Ground['moment'],
): string {
  if (kind === 'unmark' && markedAt !== null)
    return `; it was marked on ${moment(markedAt)}, and its week begins anew when it is marked again`;
  const before = kind === 'mark' ? unmarked.get(id) : undefined;
  if (before === undefined) return '';
  const since = before.markedAt === null ? '' : `was marked on ${moment(before.markedAt)} and `;
  const why = before.why === '' ? '' : ` (${before.why})`;
  return `; its week begins anew: it ${since}was unmarked on ${moment(before.at)}${why}`;
}
