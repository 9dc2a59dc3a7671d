/** The end of an action, whatever it is: stored with its completion report, journalled, told to its incident. */
import type { Facts } from '../core/action.ts';
import type { Alert } from '../core/alert.ts';
import { keepAsked, markMended } from '../core/incident/kept-causes.ts';
import { mendedBy } from '../core/incident/over.ts';
import { partlyRestored, stillFailing } from '../core/incident/standing.ts';
import type { ActionView } from '../core/view.ts';
import * as actionRows from '../store/actions.ts';
import * as alertRows from '../store/alerts.ts';
import type { Incident } from '../store/incidents.ts';
import * as incidentRows from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import type { ActionDesk } from './action-desk.ts';
import { tellTold } from './call.ts';
import { diagnoseAt } from './diagnose-at.ts';
import { hasten } from './escalate.ts';
import { recoverAt } from './recover-at.ts';
import { reportOf } from './report-action.ts';
import { fingerprintOf } from './rule-states.ts';
import { reconsiderSoon } from './withdraw.ts';

/**
 * Ends an action that is in one of the states `from` and tells its incident; nothing where it has ended already.
 * @param seen what the action's own verification saw of what it was for
 */
export type Ending = (
  action: ActionView,
  from: ActionView['state'][],
  state: ActionView['state'],
  result: string,
  after: Facts | null,
  seen?: string,
) => Promise<void>;

type Desks = Pick<ActionDesk, 'desk' | 'record' | 'unitsOf' | 'stops' | 'needing' | 'ruleStates'>;

export function createEnding(actions: Desks): Ending {
  const { desk, record, unitsOf, stops } = actions;
  const { clock, store } = desk;

  async function finish(
    action: ActionView,
    from: ActionView['state'][],
    state: ActionView['state'],
    result: string,
    after: Facts | null,
    seen?: string,
  ) {
    await store.transaction(async (tx) => {
      const ended: ActionView = { ...action, state, result, after, endedAt: clock.now() };
      const report = await reportOf(desk, tx, ended, unitsOf(ended));
      if (
        !(await actionRows.transition(
          tx,
          action.id,
          from,
          state,
          {
            result,
            after,
            endedAt: ended.endedAt,
            report,
          },
          { digest: action.digest },
        ))
      )
        return;
      await record(tx, action, `action.${state}`, 'upkeep', { result, before: action.plan.before, after });
      await stops.ended(tx, ended);
      if (state === 'done' && ended.plan.undoes !== undefined) await takenBack(tx, ended, ended.plan.undoes);
      await tellIncident(tx, ended, seen);
    });
    desk.changed();
  }

  async function takenBack(tx: Tx, { id, proposedBy, why }: ActionView, originalId: string) {
    const original = await actionRows.byId(tx, originalId);
    if (!original) return;
    const result = `${original.result ?? ''}; taken back by ${proposedBy}: ${why}`;
    const undone: ActionView = { ...original, state: 'undone', result };
    const report = await reportOf(desk, tx, undone, unitsOf(undone));
    await actionRows.transition(tx, originalId, [original.state], 'undone', { result, report });
    await record(tx, original, 'action.undone', proposedBy, { result, by: id });
  }

  async function tellIncident(tx: Tx, action: ActionView, seen: string | undefined) {
    if (action.incidentId === null) return;
    const incident = await incidentRows.byId(tx, action.incidentId);
    if (!incident || incident.status === 'resolved') return;
    if (incident.wellSince !== null) await recoverAt(tx, incident.id, clock.now());
    if (action.state === 'done' && action.plan.undoes === undefined) {
      return helped(tx, withoutItsCause(incident, action, seen), action);
    }
    if (action.appliedAt !== null && (action.state === 'failed' || action.state === 'undone')) {
      await diagnoseAt(tx, incident.id, clock.now());
      // What Upkeep could do did not help: it is for people now, and they should not wait for their turn.
      await tellTold(
        desk,
        tx,
        incident,
        `${incident.id}:action:${action.id}:${action.state}`,
        inWords(action),
      );
      await hasten(desk, tx, incident, incident.level);
      return;
    }
    const wasAllowed = action.approvedAt !== null || action.judgement.kind === 'allow';
    if (action.state === 'expired' || (action.state === 'refused' && wasAllowed))
      await diagnoseAt(tx, incident.id, clock.now());
    if (action.state !== 'refused' || action.approvedAt !== null)
      await desk.tell(tx, incident, 'incident.updated', `${incident.id}:action:${action.id}:${action.state}`);
  }

  /** What it was for is over, whatever else goes on. */
  function withoutItsCause(incident: Incident, { plan }: ActionView, seen: string | undefined): Incident {
    const findings = mendedBy(incident.findings, plan, clock.now(), seen);
    const { conduct } = incident;
    const causes = keepAsked(conduct?.causes ?? [], incident, plan, clock.now());
    if (causes.length === 0) return { ...incident, findings };
    return {
      ...incident,
      findings,
      conduct: { ...conduct, causes: markMended(causes, plan, clock.now(), seen) },
    };
  }

  async function helped(tx: Tx, incident: Incident, action: ActionView) {
    const { id } = incident;
    await reconsiderSoon(tx, id, clock.now(), action.id);
    const { target, summary } = action.plan;
    const alerts = await alertRows.ofIncident(tx, id);
    const failing = await standing(tx, id, action, alerts);
    const markdown = await reportOf(desk, tx, action, unitsOf(action));
    if (failing.length > 0) {
      const payload = { by: action.plan.action, action: action.id, restored: target, failing };
      const saved = await incidentRows.update(tx, incident);
      await desk.journalIncident(tx, saved, 'incident.partly-restored', payload);
      const title = partlyRestored(payload);
      await tellTold(desk, tx, saved, `${id}:partly-restored:${action.id}`, { title, markdown });
      await diagnoseAt(tx, id, clock.now());
      return;
    }
    const saved = await incidentRows.update(tx, {
      ...incident,
      status: 'mitigated',
      mitigatedAt: incident.mitigatedAt ?? clock.now(),
    });
    await desk.journalIncident(tx, saved, 'incident.mitigated', {
      by: action.plan.action,
      action: action.id,
    });
    const report = { title: summary, markdown };
    await desk.tell(tx, saved, 'incident.mitigated', `${id}:mitigated:${action.id}`, report);
    // It helped, and was not enough.
    if (alerts.some((alert) => alert.state === 'firing' && alert.target === target))
      await diagnoseAt(tx, id, clock.now());
  }

  /** Targets of the incident that are ill by something else, or wait for people to decide what is done with them. */
  async function standing(tx: Tx, incidentId: string, { plan, after }: ActionView, alerts: readonly Alert[]) {
    // What needs the target may be ill by another cause: the action was kept, and that one was not cured.
    const cured = actions.needing(plan.target).filter((name) => after?.[`${name}.up`] !== false);
    const verified = new Set([plan.target, ...cured]);
    const { ruleStates } = actions;
    const failing = stillFailing(
      alerts,
      { verified, wellSince: clock.now() - plan.holdMs },
      ({ fingerprint, target }) =>
        ruleStates?.(target).find(
          ({ rule, labels }) => fingerprintOf(rule.id, target, labels) === fingerprint,
        )?.state ?? null,
    );
    const waiting = await actionRows.list(tx, { incidentId, states: ['awaiting-approval'], limit: 100 });
    const undecided = waiting.filter(
      ({ plan: other, proposedBy }) => proposedBy === 'upkeep' && !verified.has(other.target),
    );
    return [...new Set([...failing, ...undecided.map((one) => one.plan.target)])];
  }

  return finish;
}

function inWords({ id, plan, state, result }: ActionView): { title: string; markdown: string } {
  const what = state === 'undone' ? 'did not help and was undone' : 'did not help';
  return {
    title: `${plan.summary} ${what}: a person is needed`,
    markdown: [
      `- **Tried:** \`${plan.action}\` on \`${plan.target}\``,
      `- **What came of it:** ${result ?? 'unknown'}`,
      ...(state === 'undone' ? [] : [`- **To take it back:** ${plan.undo.how}`]),
      '- It is not tried again for this incident by itself.',
      `- All of it: \`upkeep action report ${id}\``,
    ].join('\n'),
  };
}
