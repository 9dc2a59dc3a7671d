/** The order in which people read what happened. Pure. */

/** J: entries are written within seconds of what they tell; what is further behind was written on a clock that was set back. */
const lateMs = 60_000;

/** By time, oldest first; of one moment, and where a clock was set back, in the order of writing. */
export function inTimeOrder<Entry extends { readonly at: number; readonly seq: number }>(
  entries: readonly Entry[],
): Entry[] {
  const ordered: Entry[] = [];
  for (const entry of entries.toSorted((a, b) => a.seq - b.seq)) {
    const before = ordered.findLastIndex(({ at }) => at <= entry.at || at - entry.at > lateMs);
    ordered.splice(before + 1, 0, entry);
  }
  return ordered;
}
