import { formatDuration } from '../time.ts';
import type { PlanView } from './view.ts';

type Exposed = Pick<PlanView, 'keepsLog' | 'log' | 'restores'> & {
  readonly offsite?: Pick<NonNullable<PlanView['offsite']>, 'soundAt'> | null;
};

/**
 * What would be lost if all were gone at this moment: by the log that a restore replays where one is kept, else by the
 * backup that it takes. One that failed its last look counts for nothing: then it is the newest copy elsewhere that was whole.
 * @returns milliseconds; infinite where everything would be lost; null where nothing was taken yet, or nobody knows how far
 * its log goes
 */
export function exposureOf({ keepsLog, log, restores, offsite }: Exposed, now: number): number | null {
  if (restores === null) return null;
  if (restores.failed !== undefined) {
    const sound = offsite?.soundAt ?? null;
    return sound === null ? Number.POSITIVE_INFINITY : Math.max(0, now - sound);
  }
  if (!keepsLog) return Math.max(0, now - restores.at);
  if (restores.hasLogGap) return Math.max(0, now - Math.max(restores.wholeAt, restores.logUntil ?? 0));
  const ages = log.flatMap(({ ageMs, measuredAt, isFurther }) =>
    isFurther ? [] : [ageMs + Math.max(0, now - measuredAt)],
  );
  return ages.length > 0 ? Math.max(0, Math.min(now - restores.wholeAt, ...ages)) : null;
}

/** `6 m 16 s`, or `everything`. */
export function lostWords(lostMs: number): string {
  return Number.isFinite(lostMs) ? formatDuration(lostMs) : 'everything';
}
