/** Withdraws what Upkeep asked leave for when the trouble it was for is over. */
import { recoveryHold } from '../core/incident/conduct.ts';
import type { ActionView } from '../core/view.ts';
import { type Over, troubleOver } from '../core/warrant.ts';
import * as actionRows from '../store/actions.ts';
import * as alertRows from '../store/alerts.ts';
import * as incidentRows from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import * as jobs from '../store/jobs.ts';
import type { ActionDesk } from './action-desk.ts';
import type { Executor } from './carry-out.ts';

/**
 * Why nobody should say yes to it any more; null while it stands. What a person proposed is theirs to judge for as long
 * as its incident lasts.
 */
export async function whyOver(desk: Desks, tx: Tx, action: ActionView): Promise<string | null> {
  const over = await overOf(desk, tx, action);
  return over && over.heldAt <= desk.desk.clock.now() ? over.reason : null;
}

/** Nobody should say yes for long to what has ended meanwhile (J). */
const lookAgainMs = 20_000;

/** Has what waits for an answer looked at again for as long as it waits. */
export async function reconsiderLater(tx: Tx, incidentId: string, now: number): Promise<void> {
  await reconsiderAt(tx, incidentId, now + lookAgainMs, 'again');
}

type Desks = Pick<ActionDesk, 'topology' | 'desk'>;

async function overOf(
  { topology, desk }: Desks,
  tx: Tx,
  { incidentId, plan, proposedAt, proposedBy }: ActionView,
): Promise<Over | null> {
  const incident = incidentId === null ? undefined : await incidentRows.byId(tx, incidentId);
  if (!incident) return null;
  const resolvedAt = incident.resolvedAt ?? desk.clock.now();
  if (incident.status === 'resolved')
    return { at: resolvedAt, heldAt: resolvedAt, reason: 'the incident that it was for is over' };
  if (proposedBy !== 'upkeep' || plan.undoes !== undefined) return null;
  const { findings, diagnosedAt } = incident;
  const askedAt = findings
    .filter(({ recommendations }) =>
      recommendations.some((one) => one.action === plan.action && one.target === plan.target),
    )
    .map(({ seenAt }) => seenAt ?? diagnosedAt ?? 0);
  const alerts = await alertRows.ofIncident(tx, incident.id);
  const about = { target: plan.target, proposedAt };
  const holdMs = recoveryHold(desk.configuration().incidents, incident.conduct);
  // A look that found nothing says nothing of what was found before.
  const seen = findings.flatMap(({ seenAt }) => seenAt ?? []);
  const lastFoundAt = seen.length > 0 ? Math.max(...seen) : diagnosedAt;
  const diagnosis = { at: lastFoundAt, askedAt: Math.max(0, ...askedAt) };
  const over = troubleOver(about, alerts, topology(), diagnosis, holdMs);
  return over && { ...over, reason: `the trouble it was for is over: ${over.reason}` };
}

/**
 * Has what waits for an answer looked at again, once what is being written is there.
 * @param after id of the action that was done, or what it is for: a look that waits for later does not hold this one up
 */
export async function reconsiderSoon(
  tx: Tx,
  incidentId: string,
  runAt: number,
  after?: string,
): Promise<void> {
  const [waiting] = await actionRows.list(tx, { incidentId, states: ['awaiting-approval'], limit: 1 });
  if (waiting) await reconsiderAt(tx, incidentId, runAt, after);
}

async function reconsiderAt(tx: Tx, incidentId: string, runAt: number, after?: string): Promise<void> {
  const key = ['reconsider', incidentId, ...(after === undefined ? [] : [after])].join(':');
  await jobs.enqueue(tx, { kind: 'reconsider', key, payload: { incidentId }, runAt });
}

/**
 * It cannot even be planned any more: what it was for is gone, or another action for the same incident took its ground
 * away. Null while it can, and otherwise: what is out of reach or no use for a moment is no reason.
 */
async function groundGone({ planFor, desk }: ActionDesk, action: ActionView): Promise<string | null> {
  const { incidentId, plan, proposedAt, proposedBy } = action;
  if (incidentId === null || proposedBy !== 'upkeep' || plan.undoes !== undefined) return null;
  const done = await actionRows.list(desk.store.db, { incidentId, states: ['done'], limit: 100 });
  const since = done.find(({ endedAt }) => (endedAt ?? 0) > proposedAt);
  const fresh = await planFor({ ...plan, why: '' }, incidentId).catch(() => undefined);
  if (fresh === undefined || !('refused' in fresh)) return null;
  if (since !== undefined)
    return `${since.plan.action} of ${since.plan.target} was done meanwhile: ${fresh.refused}`;
  return fresh.isGone === true ? `what it was for is gone: ${fresh.refused}` : null;
}

/** Job: withdraws the requests of an incident that are over. */
export function createReconsidering(
  actions: ActionDesk,
  { finish }: Pick<Executor, 'finish'>,
): (incidentId: string) => Promise<void> {
  const { clock, store } = actions.desk;
  return async (incidentId) => {
    const waiting = await actionRows.list(store.db, {
      incidentId,
      states: ['awaiting-approval'],
      limit: 100,
    });
    for (const action of waiting) {
      const over = await overOf(actions, store.db, action);
      const isOver = over !== null && over.heldAt <= clock.now();
      const reason = isOver ? over.reason : await groundGone(actions, action);
      if (reason !== null) await finish(action, ['awaiting-approval'], 'withdrawn', reason, null);
      else
        await store.transaction(async (tx) => {
          if (over !== null) await reconsiderAt(tx, incidentId, over.heldAt);
          await reconsiderLater(tx, incidentId, clock.now());
        });
    }
  };
}
