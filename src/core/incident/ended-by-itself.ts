/** A process that has ended, and by nothing that it needs: another trouble than any that is known, at any moment. Pure. */
import type { Alert } from '../alert.ts';
import type { Finding } from '../evidence.ts';
import { sureFrom } from './causes.ts';

export type EndedFinding = Pick<Finding, 'explained'> &
  Partial<Pick<Finding, 'target' | 'confidence' | 'isByItself' | 'over'>>;

/** Whether a sure look has found why this alert fires in its own target, and that nothing else makes it so. */
export function endedByItself(
  { rule, target }: Pick<Alert, 'rule' | 'target'>,
  findings: readonly EndedFinding[],
): boolean {
  return findings.some(
    (one) =>
      one.isByItself === true &&
      one.target === target &&
      one.over === undefined &&
      (one.confidence ?? 0) >= sureFrom &&
      one.explained?.some((each) => each.rule === rule && each.target === target) === true,
  );
}
