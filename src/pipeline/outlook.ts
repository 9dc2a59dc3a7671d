/** What may be done to a target now, as far as the policy and the counts tell it: nothing is planned, nothing is asked of it. */
import { outlookOf, unplanned } from '../core/guard/outlook.ts';
import type { Judgement } from '../core/guard.ts';
import type { BoundAction } from '../core/system.ts';
import type { ActionDesk } from './action-desk.ts';

export interface Prospect {
  readonly action: BoundAction;
  readonly judgement: Judgement;
}

export async function prospectsOf(
  { desk, actionsOf, factsFor }: Pick<ActionDesk, 'desk' | 'actionsOf' | 'factsFor'>,
  target: string,
): Promise<Prospect[]> {
  const found: Prospect[] = [];
  for (const action of actionsOf(target)) {
    const about = { action: action.id, target, risk: action.risk };
    const facts = await factsFor(desk.store.db, unplanned(about.action, target, about.risk), null, true);
    found.push({ action, judgement: outlookOf(about, facts, desk.configuration().guard) });
  }
  return found;
}
