/** The end of an action, whatever it is: stored with its completion report, journalled, told to its incident. */
import type { Facts } from '../core/action.ts';
import type { ActionView } from '../core/view.ts';
import * as actionRows from '../store/actions.ts';
import * as incidentRows from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import * as jobs from '../store/jobs.ts';
import type { ActionDesk } from './action-desk.ts';
import { tellTold } from './call.ts';
import { hasten } from './escalate.ts';
import { recoverAt } from './recover-at.ts';
import { reportOf } from './report-action.ts';

/** Ends an action that is in one of the states `from` and tells its incident; nothing where it has ended already. */
export type Ending = (
  action: ActionView,
  from: ActionView['state'][],
  state: ActionView['state'],
  result: string,
  after: Facts | null,
) => Promise<void>;

export function createEnding({
  desk,
  record,
  unitsOf,
}: Pick<ActionDesk, 'desk' | 'record' | 'unitsOf'>): Ending {
  const { clock, store } = desk;

  async function finish(
    action: ActionView,
    from: ActionView['state'][],
    state: ActionView['state'],
    result: string,
    after: Facts | null,
  ) {
    await store.transaction(async (tx) => {
      const ended: ActionView = { ...action, state, result, after, endedAt: clock.now() };
      const report = reportOf(desk, ended, unitsOf(ended));
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
      if (state === 'done' && ended.plan.undoes !== undefined) await takenBack(tx, ended, ended.plan.undoes);
      await tellIncident(tx, ended);
    });
    desk.changed();
  }

  async function takenBack(tx: Tx, { id, proposedBy, why }: ActionView, originalId: string) {
    const original = await actionRows.byId(tx, originalId);
    if (!original) return;
    const result = `${original.result ?? ''}; taken back by ${proposedBy}: ${why}`;
    const undone: ActionView = { ...original, state: 'undone', result };
    const report = reportOf(desk, undone, unitsOf(undone));
    await actionRows.transition(tx, originalId, [original.state], 'undone', { result, report });
    await record(tx, original, 'action.undone', proposedBy, { result, by: id });
  }

  async function tellIncident(tx: Tx, action: ActionView) {
    if (action.incidentId === null) return;
    const incident = await incidentRows.byId(tx, action.incidentId);
    if (!incident || incident.status === 'resolved') return;
    if (incident.wellSince !== null) await recoverAt(tx, incident.id, clock.now());
    if (action.state === 'done' && action.plan.undoes === undefined) {
      const saved = await incidentRows.update(tx, {
        ...incident,
        status: 'mitigated',
        mitigatedAt: incident.mitigatedAt ?? clock.now(),
      });
      await desk.journalIncident(tx, saved, 'incident.mitigated', {
        by: action.plan.action,
        action: action.id,
      });
      const report = { title: action.plan.summary, markdown: reportOf(desk, action, unitsOf(action)) };
      await desk.tell(tx, saved, 'incident.mitigated', `${incident.id}:mitigated:${action.id}`, report);
      return;
    }
    if (action.appliedAt !== null && (action.state === 'failed' || action.state === 'undone')) {
      await jobs.enqueue(tx, {
        kind: 'diagnose',
        key: `diagnose:${incident.id}`,
        payload: { incidentId: incident.id, round: 1 },
        runAt: clock.now(),
      });
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
    if (action.state !== 'refused' || action.approvedAt !== null)
      await desk.tell(tx, incident, 'incident.updated', `${incident.id}:action:${action.id}:${action.state}`);
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
