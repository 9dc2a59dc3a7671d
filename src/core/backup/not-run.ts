/** A proof that could not be made, in words: what lacked, and what stands meanwhile. Pure. */
import { formatDuration } from '../time.ts';
import { restoredLevel } from './catalogue.ts';
import { type BackupView, endOf, newestNotRun, standingProof } from './view.ts';

/**
 * Of the newest try that could not be made; null where it could, or one that was made since came as far.
 * @param of backups of one repository
 */
export function notRunWords(
  of: readonly Pick<BackupView, 'state' | 'proofs' | 'notRun'>[],
  now: number,
): string | null {
  const last = newestNotRun(of.flatMap(({ proofs, notRun }) => [...proofs, ...(notRun ? [notRun] : [])]));
  if (last === null) return null;
  const { level, detail } = endOf(last);
  const what =
    level >= restoredLevel ? 'restore drill could not run' : `the last proof could not run at level ${level}`;
  const stands = standingProof(of);
  const before =
    stands === null
      ? 'no restore has proven it'
      : `what stands was proven ${formatDuration(now - stands.at)} ago`;
  return `${what}: ${detail} (${before})`;
}
