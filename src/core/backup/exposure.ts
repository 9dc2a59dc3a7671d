import type { PlanView } from './view.ts';

/**
 * What would be lost if all were gone at this moment: by the log that a restore replays where one is kept, else by the
 * backup that it takes.
 * @returns milliseconds; null where nothing could be brought back, or nobody knows how far its log goes
 */
export function exposureOf(
  { keepsLog, log, restores }: Pick<PlanView, 'keepsLog' | 'log' | 'restores'>,
  now: number,
): number | null {
  if (restores === null) return null;
  if (!keepsLog) return Math.max(0, now - restores.at);
  const ages = log.flatMap(({ ageMs, measuredAt, isFurther }) =>
    isFurther ? [] : [ageMs + Math.max(0, now - measuredAt)],
  );
  return ages.length > 0 ? Math.max(0, Math.min(now - restores.wholeAt, ...ages)) : null;
}
