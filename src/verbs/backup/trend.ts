/** How long restores took and what they would have lost, and how long one would take now. */
import { choiceOf } from '../../core/backup/choice.ts';
import { restoreAtSize, restoredSize } from '../../core/backup/rto.ts';
import type { BackupSettings } from '../../core/backup/settings.ts';
import type { BackupView, RestoreTrend } from '../../core/backup/view.ts';
import type { VerbContext } from '../context.ts';

const shown = 20;

/** @param known newest first; nothing where no restore was measured */
export function trendOf(
  { picture, estate }: VerbContext,
  { target }: BackupSettings,
  known: readonly BackupView[],
): { readonly trend?: RestoreTrend } {
  const restores = known
    .flatMap(({ proofs }) => proofs)
    .flatMap(({ at, isGood, restoredInMs, looks }) => {
      const measured = looks.find((look) => look.measured)?.measured;
      return isGood && measured && restoredInMs !== null ? [{ at, tookMs: restoredInMs, measured }] : [];
    })
    .toSorted((a, b) => b.at - a.at);
  if (restores.length === 0) return {};
  const taken = choiceOf(known);
  const kind = estate().targets.get(target)?.bound.kind;
  const written = picture.latest(target, `${kind}.recovery_point.lsn`)[0]?.value;
  const from = taken?.logFrom ?? null;
  const logBytes = written === undefined || from === null ? 0 : Math.max(0, written - from);
  const foretold =
    taken &&
    restoreAtSize(
      restores.map(({ measured }) => measured),
      { ...restoredSize(taken, known), logBytes },
    );
  const trend: RestoreTrend = {
    restores: restores
      .slice(0, shown)
      .map(({ at, tookMs, measured: { until, lostMs } }) => ({ at, tookMs, until, lostMs })),
    nowMs: foretold?.ms ?? null,
    nowGuess: foretold?.guess ?? null,
  };
  return { trend };
}
