/** Whether a change of what an incident is about is told now. Pure. */

const perMs = 5 * 60_000;
/** With the first message and the last, an incident is four at most: the flood rule. */
const mostInThat = 2;

export type NewsPace =
  | { readonly tell: 'now' }
  /** What stands by then is told then, for all that changed between. */
  | { readonly tell: 'later'; readonly at: number };

/** @param toldAt when changes of this incident were told, epoch milliseconds */
export function newsPace(toldAt: readonly number[], now: number): NewsPace {
  const recent = toldAt.filter((at) => at > now - perMs).sort((a, b) => b - a);
  const last = recent[mostInThat - 1];
  return last === undefined ? { tell: 'now' } : { tell: 'later', at: last + perMs };
}
