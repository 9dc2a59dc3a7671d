import { formatDuration } from '../time.ts';
import type { PlanView } from './view.ts';

type Exposed = Pick<PlanView, 'keepsLog' | 'log' | 'restores'> & {
  readonly offsite?: Pick<NonNullable<PlanView['offsite']>, 'soundAt'> | null;
};

/**
 * What would be lost if all were gone at this moment: by the log that a restore replays where one is kept, else by the
 * backup that it takes. One that failed its last look counts for nothing: then it is the newest copy elsewhere that was whole,
 * where that is newer than what is taken here.
 * @returns milliseconds; infinite where everything would be lost; null where nothing was taken yet, or nobody knows how far
 * its log goes
 */
export function exposureOf({ keepsLog, log, restores, offsite }: Exposed, now: number): number | null {
  if (restores === null) return null;
  if (restores.failed !== undefined) {
    const sound = offsite?.soundAt ?? null;
    return sound === null ? Number.POSITIVE_INFINITY : Math.max(0, now - sound);
  }
  if (!keepsLog) return Math.max(0, now - (newerCopyOf({ restores, offsite }) ?? restores.at));
  if (restores.hasLogGap) return Math.max(0, now - Math.max(restores.wholeAt, restores.logUntil ?? 0));
  const ages = log.flatMap(({ ageMs, measuredAt, isFurther }) =>
    isFurther ? [] : [ageMs + Math.max(0, now - measuredAt)],
  );
  return ages.length > 0 ? Math.max(0, Math.min(now - restores.wholeAt, ...ages)) : null;
}

/**
 * When the backup was begun whose copy elsewhere is whole and newer than the backup that a restore takes here, as the newest
 * here failed its last look; null where nothing newer is known to be whole.
 */
export function newerCopyOf({ restores, offsite }: Pick<Exposed, 'restores' | 'offsite'>): number | null {
  const sound = offsite?.soundAt ?? null;
  if (restores === null || restores.passedOver === null || sound === null) return null;
  return sound > restores.at ? sound : null;
}

/** `6 m 16 s`, or `everything`. */
export function lostWords(lostMs: number): string {
  return Number.isFinite(lostMs) ? formatDuration(lostMs) : 'everything';
}
