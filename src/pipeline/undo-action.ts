/** Taking a change back is an action of its own: planned from what was done, judged, verified, written down. */
import type { Plan } from '../core/action.ts';
import { symptomOf, vitalFacts } from '../core/symptom.ts';
import type { ActionView } from '../core/view.ts';
import * as actionRows from '../store/actions.ts';
import * as alertRows from '../store/alerts.ts';
import type { ActionDesk } from './action-desk.ts';

export async function undoPlan(
  actions: ActionDesk,
  original: ActionView,
): Promise<Plan | { readonly refused: string }> {
  const { desk, find, vitalsOf } = actions;
  const { plan } = original;
  const earlier = await actionRows.undoing(desk.store.db, original.id);
  const against = standsAgainst(original, earlier);
  if (against !== undefined) return { refused: against };
  if (!find(plan.action, plan.target).action.undo) return { refused: `${plan.action} has no way back` };
  const alerts =
    original.incidentId === null ? [] : await alertRows.ofIncident(desk.store.db, original.incidentId);
  const symptom = symptomOf(alerts);
  return {
    ...{ action: plan.action, target: plan.target, input: plan.input, risk: plan.risk, undoes: original.id },
    summary: `take back: ${plan.summary}`,
    steps: [plan.undo.how],
    before: { ...symptom.facts, ...vitalFacts(vitalsOf(plan.target), symptom.since) },
    expect: `what "${plan.summary}" changed is as it was, and ${plan.target} and what needs it are well`,
    undo: { possible: true, how: `upkeep action propose ${plan.action} ${plan.target}` },
    ...{ verifyWithinMs: plan.verifyWithinMs, holdMs: plan.holdMs },
    ...(plan.touches ? { touches: plan.touches } : {}),
    ...(plan.subjects ? { subjects: plan.subjects } : {}),
    ...(plan.downtimeMs === undefined ? {} : { downtimeMs: plan.downtimeMs }),
  };
}

const unended: Partial<Record<ActionView['state'], string>> = {
  'awaiting-approval':
    'it waits for approval and has changed nothing (to keep it from being done: upkeep action deny)',
  permitted: 'it is about to be applied',
  applying: 'it is being applied',
  verifying: 'it was applied and is being verified, and is taken back by itself where that fails',
};

/** Why there is nothing to take back, or no way to; undefined where there is. */
function standsAgainst(
  { plan, state, appliedAt, endedAt }: ActionView,
  earlier: readonly ActionView[],
): string | undefined {
  if (plan.undoes !== undefined)
    return `it took a change back itself; to make that change again: ${plan.undo.how}`;
  if (state === 'undone') return 'it was taken back already';
  if (endedAt === null) return `${unended[state] ?? 'it has not ended'}: take it back once that is over`;
  if (appliedAt === null) return `it was ${state}: nothing was changed`;
  if (!plan.undo.possible) return `it cannot be taken back: ${plan.undo.how}`;
  const running = earlier.find((one) => one.endedAt === null);
  return running && `it is being taken back already (${running.id}, ${running.state.replaceAll('-', ' ')})`;
}
