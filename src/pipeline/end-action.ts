/** The end of an action, whatever it is: stored with its completion report, journalled, told to its incident. */
import { timestamp } from '../clock.ts';
import type { Facts } from '../core/action.ts';
import { completionReport } from '../core/completion.ts';
import type { ActionView } from '../core/view.ts';
import * as actionRows from '../store/actions.ts';
import * as incidentRows from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import * as jobs from '../store/jobs.ts';
import type { ActionDesk } from './action-desk.ts';
import { recoverAt } from './recover-at.ts';

/** Ends an action that is in one of the states `from` and tells its incident; nothing where it has ended already. */
export type Ending = (
  action: ActionView,
  from: ActionView['state'][],
  state: ActionView['state'],
  result: string,
  after: Facts | null,
) => Promise<void>;

export function createEnding({ desk, record }: Pick<ActionDesk, 'desk' | 'record'>): Ending {
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
      const report = completionReport(ended, timestamp);
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
      await tellIncident(tx, ended);
    });
    desk.changed();
  }

  async function tellIncident(tx: Tx, action: ActionView) {
    if (action.incidentId === null) return;
    const incident = await incidentRows.byId(tx, action.incidentId);
    if (!incident || incident.status === 'resolved') return;
    if (incident.wellSince !== null) await recoverAt(tx, incident.id, clock.now());
    if (action.state === 'done') {
      const saved = await incidentRows.update(tx, {
        ...incident,
        status: 'mitigated',
        mitigatedAt: incident.mitigatedAt ?? clock.now(),
      });
      await desk.journalIncident(tx, saved, 'incident.mitigated', {
        by: action.plan.action,
        action: action.id,
      });
      await desk.tell(tx, saved, 'incident.mitigated', `${incident.id}:mitigated:${action.id}`);
      return;
    }
    if (action.state === 'failed') {
      await jobs.enqueue(tx, {
        kind: 'diagnose',
        key: `diagnose:${incident.id}`,
        payload: { incidentId: incident.id, round: 1 },
        runAt: clock.now(),
      });
    }
    if (action.state !== 'refused')
      await desk.tell(tx, incident, 'incident.updated', `${incident.id}:action:${action.id}:${action.state}`);
  }

  return finish;
}
