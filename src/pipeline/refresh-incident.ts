/** Brings incidents up to date with their alerts: level, lead, title, services, recovery; and says what changed. */
import type { Alert } from '../core/alert.ts';
import { levelAfter, recoveryHold } from '../core/incident/conduct.ts';
import { leadAfter, leadTarget, recovery, titleOf } from '../core/incident.ts';
import { isGraver, type Level, levels } from '../core/severity.ts';
import { servicesReached, type Topology } from '../core/topology.ts';
import * as alertRows from '../store/alerts.ts';
import type { Incident } from '../store/incidents.ts';
import * as incidentRows from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import * as jobs from '../store/jobs.ts';
import * as journal from '../store/journal.ts';
import type { Desk } from './desk.ts';
import { wake } from './pause-calls.ts';
import { recoverAt } from './recover-at.ts';

/** Alerts that come together are joined for this long before the diagnosis runs. */
const diagnoseAfterMs = 250;

export interface Freshness {
  readonly isNew: boolean;
  readonly hasNewAlert: boolean;
  /** It was over and is opened again, for this reason. */
  readonly reopened?: string | undefined;
}

export type Refresh = (tx: Tx, id: string, what: Freshness) => Promise<void>;

export function createRefresh(desk: Desk, topology: () => Topology): Refresh {
  const { clock } = desk;

  async function refresh(tx: Tx, id: string, what: Freshness) {
    const stored = await incidentRows.byId(tx, id);
    if (!stored || (stored.status === 'resolved' && what.reopened === undefined)) return;
    const incident = what.reopened === undefined ? stored : openedAgain(stored);
    const alerts = await alertRows.ofIncident(tx, id);
    const saved = await incidentRows.update(
      tx,
      upToDate(incident, alerts, what, {
        topology: topology(),
        now: clock.now(),
        recoverForMs: desk.configuration().incidents.recoverForMs,
      }),
    );
    if (what.isNew) {
      const { title, level, services } = saved;
      await desk.journalIncident(tx, saved, 'incident.opened', { title, level, services });
      await desk.tell(tx, saved, 'incident.opened', `${id}:opened`);
    } else if (what.reopened !== undefined) {
      const times = saved.conduct?.reopened ?? 1;
      await desk.journalIncident(tx, saved, 'incident.reopened', { times, reason: what.reopened });
      await desk.tell(tx, saved, 'incident.opened', `${id}:reopened:${times}`);
    } else await sayChange(tx, incident, saved);
    if (what.hasNewAlert) await diagnoseSoon(tx, id);
    await wake(desk, tx, id);
    await endWhenWell(tx, saved);
  }

  async function sayChange(tx: Tx, before: Incident, saved: Incident) {
    const { id, level, lead } = saved;
    if (lead !== before.lead) {
      await desk.journalIncident(tx, saved, 'incident.led', {
        from: before.lead,
        to: lead,
        title: saved.title,
      });
    }
    if (isGraver(level, before.level)) {
      await desk.journalIncident(tx, saved, 'incident.escalated', { from: before.level, to: level });
      // Lowered by hand and grave again by something new: people are called for that anew.
      const set = before.conduct?.levelSet;
      if (set || !(await wasCalled(tx, id, level))) {
        const since = set ? `:${set.at}` : '';
        await desk.tell(tx, saved, 'incident.escalated', `${id}:escalated:${level}${since}`);
        return;
      }
    }
    // What stands in a channel names the trouble, not what was seen of it first.
    if (lead !== before.lead) await desk.tell(tx, saved, 'incident.updated', `${id}:lead:${lead}`);
  }

  /** A level is called out once: going back and forth is not a new call. */
  async function wasCalled(tx: Tx, id: string, level: Level): Promise<boolean> {
    const [opened] = await journal.list(tx, { incidentId: id, kinds: ['incident.opened'], limit: 1 });
    const first = levels.find((one) => one === opened?.payload.level);
    return first !== undefined && !isGraver(level, first);
  }

  async function diagnoseSoon(tx: Tx, id: string) {
    await jobs.enqueue(tx, {
      kind: 'diagnose',
      key: `diagnose:${id}`,
      payload: { incidentId: id, round: 1 },
      runAt: clock.now() + diagnoseAfterMs,
    });
  }

  async function endWhenWell(tx: Tx, { id, wellSince, conduct }: Incident) {
    if (wellSince === null || conduct?.declaredBy !== undefined) return;
    const now = clock.now();
    const state = recovery(0, wellSince, now, recoveryHold(desk.configuration().incidents, conduct));
    await recoverAt(tx, id, state.kind === 'recovering' ? state.resolvesAt : now);
  }

  return refresh;
}

/** Nobody is on it any more, and who was told that it is over is told again. */
function openedAgain({ conduct, ...incident }: Incident): Incident {
  return {
    ...incident,
    status: 'open',
    acknowledgedAt: null,
    acknowledgedBy: null,
    mitigatedAt: null,
    resolvedAt: null,
    wellSince: null,
    conduct: { ...conduct, reopened: (conduct?.reopened ?? 0) + 1 },
  };
}

/** What its alerts make of an incident. */
function upToDate(
  incident: Incident,
  alerts: readonly Alert[],
  what: Freshness,
  { topology, now, recoverForMs }: { topology: Topology; now: number; recoverForMs: number },
): Incident {
  const firing = alerts.filter((alert) => alert.state === 'firing');
  const lead = leadAfter(incident.lead, alerts, topology, now, recoverForMs);
  const isWorseAgain = firing.length > 0 && incident.status === 'mitigated' && what.hasNewAlert;
  const seen = alerts.map((alert) => alert.target);
  const isDeclared = incident.conduct?.declaredBy !== undefined;
  const targets = [...new Set(isDeclared ? [...incident.targets, ...seen] : seen)];
  const reached = targets.flatMap((target) => servicesReached(topology, target));
  return {
    ...incident,
    level: levelAfter(incident, alerts),
    status: isWorseAgain ? (incident.acknowledgedAt ? 'acknowledged' : 'open') : incident.status,
    lead: lead ? leadTarget(lead.target, incident.findings, topology) : incident.lead,
    title: lead && !isDeclared ? titleOf(lead, targets.length) : incident.title,
    targets,
    services: [...new Set(isDeclared ? [...incident.services, ...reached] : reached)].sort(),
    wellSince: firing.length > 0 ? null : (incident.wellSince ?? now),
  };
}
