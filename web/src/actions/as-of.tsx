import { tellsSpan } from '../../../src/core/plan.ts';
import type { ActionView } from '../../../src/core/view.ts';
import { formatClock } from '../format/time.ts';

/** How long something had lasted is frozen in a plan: of which moment it is. */
export function AsOf({ action: { plan, proposedAt } }: { action: Pick<ActionView, 'plan' | 'proposedAt'> }) {
  return tellsSpan(plan.summary) ? ` · as of ${formatClock(proposedAt)}` : null;
}
