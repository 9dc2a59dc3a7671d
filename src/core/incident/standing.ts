/** Whether an action that helped has ended the trouble: an incident may have two causes. Pure. */
import type { Alert } from '../alert.ts';
import { directAmong } from './hygiene.ts';

export interface Cured {
  /** What was verified: the action's target and what needs it. */
  readonly verified: ReadonlySet<string>;
  /** Since when they have been well, epoch milliseconds. */
  readonly wellSince: number;
}

/** How the rule of an alert stands; null where nobody judges it any more. */
export type Standing = { readonly wellSince: number | null; readonly lastAt: number } | null;

/**
 * Targets on which a symptom still holds, in the order of their alerts: not one that is clearing, nor one that was not
 * looked at since the cure.
 */
export function stillFailing(
  alerts: readonly Alert[],
  { verified, wellSince }: Cured,
  standingOf: (alert: Alert) => Standing,
): string[] {
  const failing = directAmong(alerts).filter((alert) => {
    if (alert.state !== 'firing') return false;
    const standing = standingOf(alert);
    if (standing === null) return !verified.has(alert.target);
    if (standing.wellSince !== null) return false;
    return !verified.has(alert.target) || standing.lastAt >= wellSince;
  });
  return [...new Set(failing.map(({ target }) => target))];
}

/** One line: what an action mended is not named among what fails, unless another thing of it does. */
export function partlyRestored({
  by,
  restored,
  failing,
}: {
  readonly by: string;
  readonly restored: string;
  readonly failing: readonly string[];
}): string {
  const others = failing.filter((name) => name !== restored);
  if (others.length === failing.length) return `Restored: ${restored}; still failing: ${failing.join(', ')}`;
  const also = others.length === 0 ? '' : `; still failing too: ${others.join(', ')}`;
  return `${by} on ${restored} did its part, and ${restored} is not well yet${also}`;
}
