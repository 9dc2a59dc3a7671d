/** How people and time move an incident on: acknowledged, resolved by hand, resolved because recovery held, and more. */

import { underWay } from '../core/action-states.ts';
import type { Alert } from '../core/alert.ts';
import type { Finding } from '../core/evidence.ts';
import { clearWithinMs, heldAfter, wellUntil } from '../core/incident/conduct.ts';
import { isOfBudget } from '../core/incident/hygiene.ts';
import { findingsAtEnd, rootCauses } from '../core/incident/kept-causes.ts';
import { leftAtEnd, overWith, standingWords } from '../core/incident/over.ts';
import { calledAtEnd } from '../core/incident.ts';
import type { Topology } from '../core/topology.ts';
import * as actionRows from '../store/actions.ts';
import * as alertRows from '../store/alerts.ts';
import type { Incident } from '../store/incidents.ts';
import * as incidentRows from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import { type Conducting, createConducting } from './conduct.ts';
import type { Desk } from './desk.ts';
import { watchAcknowledgement } from './escalate.ts';
import { releaseAt } from './holds.ts';
import { planForIncident } from './incident-job.ts';
import { createJoining, type Joining } from './merge.ts';
import { recoverAt } from './recover-at.ts';
import type { Refresh } from './refresh-incident.ts';
import { reconsiderSoon } from './withdraw.ts';
import { wordsAtEnd } from './words-at-end.ts';

export interface Handling extends Conducting, Joining {
  acknowledge(incidentId: string, by: string): Promise<Incident>;
  /** Ends an incident by hand; what still fires after `clearWithinMs` opens it again. */
  resolve(incidentId: string, by: string, note: string): Promise<Incident>;
  /** Job: resolves the incident when it has been well for long enough. */
  recover(incidentId: string): Promise<void>;
}

export function createHandling(desk: Desk, refresh: Refresh, topology: () => Topology): Handling {
  const { clock, store } = desk;

  /** What still fires is told again by itself, unless it clears soon. */
  async function letGo(tx: Tx, incidentId: string): Promise<readonly Alert[]> {
    const firing = (await alertRows.ofIncident(tx, incidentId)).filter(({ state }) => state === 'firing');
    const heldBy = heldAfter(incidentId);
    for (const alert of firing) await alertRows.save(tx, { ...alert, incidentId: null, heldBy });
    if (firing.length > 0) await releaseAt(tx, clock.now() + clearWithinMs);
    return firing;
  }

  async function change(
    incidentId: string,
    change_: (tx: Tx, incident: Incident) => Promise<Incident>,
  ): Promise<Incident> {
    const saved = await store.transaction(async (tx) => {
      const incident = await incidentRows.require(tx, incidentId);
      return change_(tx, incident);
    });
    desk.changed();
    return saved;
  }

  return {
    ...createConducting(desk, topology),
    ...createJoining(desk, refresh),
    acknowledge: (incidentId, by) =>
      change(incidentId, async (tx, incident) => {
        if (incident.status === 'resolved' || incident.acknowledgedAt !== null) return incident;
        const now = clock.now();
        const status = incident.status === 'open' ? 'acknowledged' : incident.status;
        const saved = await incidentRows.update(tx, {
          ...incident,
          status,
          acknowledgedAt: now,
          acknowledgedBy: by,
        });
        await desk.journalIncident(tx, saved, 'incident.acknowledged', {}, by);
        await desk.tell(tx, saved, 'incident.acknowledged', `${incident.id}:acknowledged:${now}`);
        await watchAcknowledgement(desk, tx, saved);
        return saved;
      }),
    resolve: (incidentId, by, text) =>
      change(incidentId, async (tx, incident) => {
        if (incident.status === 'resolved') return incident;
        const firing = await letGo(tx, incidentId);
        const payload = { note: text, stillFiring: firing.map((alert) => alert.fingerprint) };
        return end(tx, incident, by, payload, firing);
      }),
    recover: async (incidentId) => {
      await change(incidentId, async (tx, incident) => {
        const until = wellUntil(incident, desk.configuration().incidents);
        if (incident.status === 'resolved' || until === null) return incident;
        if (until > clock.now()) {
          await recoverAt(tx, incidentId, until);
          return incident;
        }
        // The end of the action asks again.
        if (await isUnderTreatment(tx, incidentId)) return incident;
        // How something is set up keeps nothing open: where people merged it in, it gets a line of its own again.
        const left = (await letGo(tx, incidentId)).filter(isOfBudget);
        const note =
          left.length === 0
            ? 'every alert has cleared and recovery held'
            : 'every check has recovered and recovery held; the error budget is still marked by it';
        return end(tx, incident, 'upkeep', { note });
      });
    },
  };

  async function end(
    tx: Tx,
    incident: Incident,
    by: string,
    payload: Readonly<Record<string, unknown>>,
    stillFiring: readonly Alert[] = [],
  ): Promise<Incident> {
    const saved = await incidentRows.update(tx, {
      ...incident,
      ...(await concluded(tx, incident, topology(), stillFiring)),
      status: 'resolved',
      resolvedAt: clock.now(),
    });
    const stands = standingWords(saved.findings);
    const told = stands === null ? payload : { ...payload, stands };
    await desk.journalIncident(tx, saved, 'incident.resolved', told, by);
    const times = incident.conduct?.reopened;
    const key = times === undefined ? `${incident.id}:resolved` : `${incident.id}:resolved:${times}`;
    await desk.tell(tx, saved, 'incident.resolved', key);
    await reconsiderSoon(tx, incident.id, clock.now());
    await planForIncident(tx, 'learn', incident.id, clock.now());
    return saved;
  }
}

/** What it is called by, and its findings, once it is over: by its root causes, not by what recovered last. */
async function concluded(
  tx: Tx,
  incident: Incident,
  topology: Topology,
  stillFiring: readonly Alert[],
): Promise<Partial<Incident>> {
  const kept = incident.conduct?.causes ?? [];
  const words = await wordsAtEnd(tx, incident);
  const alerts = await alertRows.ofIncident(tx, incident.id);
  const all = [...alerts, ...stillFiring];
  const over = (findings: readonly Finding[]) => leftAtEnd(overWith(findings, all, words), all);
  if (kept.length === 0) return { findings: over(incident.findings) };
  const actions = await actionRows.list(tx, { incidentId: incident.id, limit: 200 });
  const roots = rootCauses(
    kept,
    actions.map(({ plan, ...action }) => ({ ...action, action: plan.action, target: plan.target })),
  );
  const told = findingsAtEnd(incident, roots);
  return {
    ...told,
    findings: over(told.findings),
    ...calledAtEnd(incident, roots, alerts, topology),
  };
}

/** While an action is applied and verified, its outcome decides how the incident ends. */
async function isUnderTreatment(tx: Tx, incidentId: string): Promise<boolean> {
  const running = await actionRows.list(tx, {
    incidentId,
    states: underWay,
    limit: 1,
  });
  return running.length > 0;
}
