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
  {
    desk,
    actionsOf,
    factsFor,
    openIncidentOf,
  }: Pick<ActionDesk, 'desk' | 'actionsOf' | 'factsFor' | 'openIncidentOf'>,
  target: string,
): Promise<Prospect[]> {
  const found: Prospect[] = [];
  const incidentId = (await openIncidentOf(target)) ?? null;
  for (const action of actionsOf(target)) {
    const about = { action: action.id, target, risk: action.risk };
    const plan = unplanned(about.action, target, about.risk);
    const whole = { incidentId, isByPerson: false, isEverything: true };
    const facts = await factsFor(desk.store.db, plan, whole);
    found.push({ action, judgement: outlookOf(about, facts, desk.configuration().guard) });
  }
  return found;
}
