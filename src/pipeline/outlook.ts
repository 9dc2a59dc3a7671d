/** What may be done to a target now, as far as the policy and the counts tell it: nothing is planned, nothing is asked of it. */
import { outlookOf, unplanned } from '../core/guard/outlook.ts';
import { lacksRight } from '../core/guard/unplanned.ts';
import type { Judgement } from '../core/guard.ts';
import type { BoundAction } from '../core/system.ts';
import * as actionRows from '../store/actions.ts';
import * as journal from '../store/journal.ts';
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
  const lacking = await lackingOf(desk, target);
  for (const action of actionsOf(target)) {
    const about = { action: action.id, target, risk: action.risk };
    const plan = unplanned(about.action, target, about.risk);
    const whole = { incidentId, isByPerson: false, isEverything: true };
    const facts = await factsFor(desk.store.db, plan, whole);
    const judgement = outlookOf(about, facts, desk.configuration().guard);
    const lack = lacking.get(action.id);
    found.push({ action, judgement: lack === undefined ? judgement : without(judgement, lack) });
  }
  return found;
}

/** Where the last try ended for want of a right, which; by action. Nobody asks the system whether it was given since. */
async function lackingOf({ store }: ActionDesk['desk'], target: string): Promise<Map<string, string>> {
  const subject = `target:${target}`;
  const tries = await journal.list(store.db, { subject, kinds: ['action.not-planned'], limit: 200 });
  const planned = await actionRows.list(store.db, { limit: 500 });
  const lacking = new Map<string, string>();
  const seen = new Set<string>();
  for (const { at, payload } of tries) {
    const action = String(payload.action);
    const reason = String(payload.reason);
    if (seen.has(action)) continue;
    seen.add(action);
    const wasPlanned = planned.some(
      ({ plan, proposedAt }) => plan.action === action && plan.target === target && proposedAt > at,
    );
    if (!wasPlanned && lacksRight(reason)) lacking.set(action, reason);
  }
  return lacking;
}

function without<J extends Judgement>(judgement: J, lack: string): J {
  if (judgement.kind === 'deny') return judgement;
  return { ...judgement, reason: `${judgement.reason}; but it could not at its last try: ${lack}` };
}
