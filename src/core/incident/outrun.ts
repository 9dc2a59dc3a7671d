/** Whether what was found so far says nothing yet of what is gravest by now. Pure. */
import type { Alert } from '../alert.ts';
import type { Finding } from '../evidence.ts';
import { isGraver } from '../severity.ts';
import { isOfBudget } from './hygiene.ts';

/**
 * All that is gravest fired after the finding was seen last, is graver than all that fired then, and is not what it
 * explains: until the next look, in a moment, nobody knows whether it follows.
 */
export function isOutrun(
  { seenAt, explained = [] }: Pick<Finding, 'seenAt' | 'explained'>,
  alerts: readonly Pick<Alert, 'rule' | 'target' | 'state' | 'level' | 'since' | 'firedAt'>[],
): boolean {
  if (seenAt === undefined) return false;
  const firing = alerts.filter((one) => one.state === 'firing' && !isOfBudget(one));
  const isNew = ({ since, firedAt }: (typeof alerts)[number]) => (firedAt ?? since) > seenAt;
  const known = alerts.filter((one) => !isNew(one) && !isOfBudget(one));
  const graver = firing.filter((one) => isNew(one) && known.every(({ level }) => isGraver(one.level, level)));
  return graver.some(
    (one) => !explained.some(({ rule, target }) => rule === one.rule && target === one.target),
  );
}
