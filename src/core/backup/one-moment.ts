/** What a restore of a backup that knows one moment only would do: a dump, a snapshot. Pure. */
import { formatDuration } from '../time.ts';
import type { RestoreInto, RestoreOrder, RestorePlan } from './engine.ts';

export interface OneMoment {
  /** What the backup holds, epoch milliseconds. */
  readonly at: number;
  readonly restoredBytes: number | null;
  readonly into: readonly RestoreInto['kind'][];
  /** `/srv/x: it is not empty`: what stands in the way; null where nothing does. */
  readonly obstacle: string | null;
  readonly steps: readonly string[];
}

/** @param name of the engine, for the sentence that says what it cannot */
export function planOneMoment(
  name: string,
  { into, until }: Pick<RestoreOrder, 'into' | 'until'>,
  { at, restoredBytes, obstacle, steps, into: able }: OneMoment,
  now: number,
): RestorePlan {
  const nowhere = able.includes(into.kind)
    ? null
    : `${name} restores into ${able.map((kind) => places[kind]).join(' or ')}, not ${places[into.kind]}`;
  const tooLate =
    until !== null && until < at
      ? `it was taken ${formatDuration(at - until)} after that moment: choose an earlier one`
      : null;
  const before =
    until === null || until <= at ? '' : `, ${formatDuration(until - at)} before the one that you chose`;
  return {
    impossible: nowhere ?? tooLate ?? obstacle,
    reaches: at,
    losses: [
      `what was written since (${formatDuration(now - at)}): such a backup brings back one moment alone${before}`,
    ],
    steps,
    restoredBytes,
  };
}

const places: Readonly<Record<RestoreInto['kind'], string>> = {
  folder: 'a folder',
  database: 'a new database',
  over: 'over what lives',
};
