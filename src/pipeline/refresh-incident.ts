/** Brings incidents up to date with their alerts: level, lead, title, services, recovery; and says what changed. */
import type { Alert } from '../core/alert.ts';
import { isLeftBehind } from '../core/incident/causes.ts';
import { afterCall, levelAfter, wellUntil } from '../core/incident/conduct.ts';
import { directAmong, symptomsAmong } from '../core/incident/hygiene.ts';
import { isMostlyClear } from '../core/incident/looks.ts';
import { lullsWith } from '../core/incident/lulls.ts';
import { overWith } from '../core/incident/over.ts';
import { isRaisedQuietly } from '../core/incident/own-trouble.ts';
import { toldOf } from '../core/incident/subjects.ts';
import { leading } from '../core/incident.ts';
import { isGraver, type Level, levels } from '../core/severity.ts';
import { servicesReached, type Topology } from '../core/topology.ts';
import * as alertRows from '../store/alerts.ts';
import type { Incident } from '../store/incidents.ts';
import * as incidentRows from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import * as journal from '../store/journal.ts';
import * as outbox from '../store/outbox.ts';
import { callOthers } from './call.ts';
import { noteCalm } from './call-again.ts';
import type { Desk } from './desk.ts';
import { diagnoseAt } from './diagnose-at.ts';
import { comeBack } from './escalate.ts';
import { startClocks } from './incident-clocks.ts';
import { keepPresentSoon } from './keep-present.ts';
import { wake } from './pause-calls.ts';
import { recoverAt } from './recover-at.ts';
import { rememberTold, tellJoinedSoon } from './tell-joined.ts';
import { tellNews } from './tell-news.ts';
import { reconsiderSoon } from './withdraw.ts';
import { wordsAtEnd } from './words-at-end.ts';

/** Alerts that come together are joined for this long before the diagnosis runs. */
const diagnoseAfterMs = 250;
/** What has just cleared settles first; statements that are over leave the statistics within seconds (J). */
const lastLookAfterMs = 10_000;

export interface Freshness {
  readonly isNew: boolean;
  readonly hasNewAlert: boolean;
  /** What fires on fails by another error. */
  readonly hasNewError?: boolean;
  /** It was over and is opened again, for this reason. */
  readonly reopened?: string | undefined;
}

export type Refresh = (tx: Tx, id: string, what: Freshness) => Promise<void>;

export function createRefresh(desk: Desk, topology: () => Topology): Refresh {
  const { clock } = desk;

  async function refresh(tx: Tx, id: string, what: Freshness) {
    const stored = await incidentRows.byId(tx, id);
    if (!stored || (stored.status === 'resolved' && what.reopened === undefined)) return;
    const incident = what.reopened === undefined ? stored : openedAgain(stored, clock.now());
    const alerts = await alertRows.ofIncident(tx, id);
    const findings = overWith(incident.findings, alerts, await wordsAtEnd(tx, incident));
    let saved = await incidentRows.update(
      tx,
      upToDate({ ...incident, findings }, alerts, what, {
        topology: topology(),
        now: clock.now(),
        recoverForMs: desk.configuration().incidents.recoverForMs,
      }),
    );
    let isEscalated = false;
    if (what.isNew) {
      const { title, level, services } = saved;
      await desk.journalIncident(tx, saved, 'incident.opened', { title, level, services });
      await desk.tell(tx, saved, 'incident.opened', `${id}:opened`);
    } else if (what.reopened !== undefined) {
      const times = saved.conduct?.reopened ?? 1;
      await desk.journalIncident(tx, saved, 'incident.reopened', {
        times,
        reason: what.reopened,
        ...(stored.findings[0] ? { before: stored.findings[0].summary } : {}),
      });
      // Its end may wait to be told with others.
      await outbox.hurry(tx, clock.now(), id);
      await desk.tell(tx, saved, 'incident.opened', `${id}:reopened:${times}`);
    } else isEscalated = await sayChange(tx, incident, saved, alerts);
    if (isEscalated) saved = await rememberTold(tx, afterCall(saved), alerts, clock.now());
    else saved = await noteCalm(desk, tx, incident, saved, alerts, topology());
    if (!isEscalated) await tellJoinedSoon(desk, tx, saved, alerts, topology());
    await keepPresentSoon(desk, tx, incident, saved);
    const symptoms = symptomsAmong(alerts);
    const now = clock.now();
    if (what.hasNewAlert || what.hasNewError) await diagnoseAt(tx, id, now + diagnoseAfterMs);
    // Most recover one after another: while they do, nobody looks into each step of it.
    else if (
      saved.findings.some((one) => isLeftBehind(one, symptoms)) ||
      isMostlyClear(symptoms, saved.diagnosedAt)
    )
      await diagnoseAt(tx, id, now + desk.configuration().incidents.recoverForMs, { about: 'over' });
    // Whether what was found is over as well is seen while recovery holds.
    if (incident.wellSince === null && saved.wellSince !== null && saved.findings.length > 0) {
      const wait = Math.min(lastLookAfterMs, desk.configuration().incidents.recoverForMs / 2);
      await diagnoseAt(tx, id, now + wait, { about: 'well' });
    }
    await reconsiderSoon(tx, id, now);
    await wake(desk, tx, id);
    await comeBack(desk, tx, saved);
    await endWhenWell(tx, saved);
  }

  /** Whether people are called for it: such a message tells all that fires. */
  async function sayChange(
    tx: Tx,
    before: Incident,
    saved: Incident,
    alerts: readonly Alert[],
  ): Promise<boolean> {
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
        const key = `${id}:escalated:${level}${set ? `:${set.at}` : ''}`;
        if (set || !isRaisedQuietly(before.level, alerts)) {
          await desk.tell(tx, saved, 'incident.escalated', key);
          return true;
        }
        await desk.tell(tx, saved, 'incident.updated', key);
        await callOthers(desk, tx, saved);
        await startClocks(desk, tx, saved);
        return true;
      }
    }
    // What stands in a channel names the trouble, not what was seen of it first.
    if (lead !== before.lead) await tellNews(desk, tx, saved, `${id}:lead:${lead}${timeOf(saved)}`);
    return false;
  }

  /** A level is called out once: going back and forth is not a new call. */
  async function wasCalled(tx: Tx, id: string, level: Level): Promise<boolean> {
    const [opened] = await journal.list(tx, { incidentId: id, kinds: ['incident.opened'], limit: 1 });
    const first = levels.find((one) => one === opened?.payload.level);
    return first !== undefined && !isGraver(level, first);
  }

  async function endWhenWell(tx: Tx, incident: Incident) {
    const until = wellUntil(incident, desk.configuration().incidents);
    if (until !== null) await recoverAt(tx, incident.id, Math.max(until, clock.now()));
  }

  return refresh;
}

/** In keys of messages: what is told of an incident is told once each time that it is open. */
export function timeOf({ conduct }: Pick<Incident, 'conduct'>): string {
  return conduct?.reopened === undefined ? '' : `:again${conduct.reopened}`;
}

/**
 * Nobody is on it any more, and who was told that it is over is told again. What was found of the trouble before is no
 * cause of this one until it is seen again.
 */
function openedAgain({ conduct, ...incident }: Incident, now: number): Incident {
  const { told: _, calm: __, calledAgain: ___, ...kept } = conduct ?? {};
  return {
    ...incident,
    status: 'open',
    acknowledgedAt: null,
    acknowledgedBy: null,
    mitigatedAt: null,
    resolvedAt: null,
    wellSince: null,
    findings: [],
    evidence: [],
    diagnosedAt: null,
    conduct: {
      ...{ ...kept, reopened: (kept.reopened ?? 0) + 1, reopenedAt: now },
      lulls: lullsWith({ ...incident, conduct: kept }, now),
    },
  };
}

/** What its alerts make of an incident. */
function upToDate(
  incident: Incident,
  all: readonly Alert[],
  what: Freshness,
  { topology, now, recoverForMs }: { topology: Topology; now: number; recoverForMs: number },
): Incident {
  const alerts = symptomsAmong(all);
  const firing = directAmong(all).filter((alert) => alert.state === 'firing');
  const isWorseAgain = firing.length > 0 && incident.status === 'mitigated' && what.hasNewAlert;
  const seen = all.map((alert) => alert.target);
  const isDeclared = incident.conduct?.declaredBy !== undefined;
  const told = what.isNew ? undefined : incident.conduct?.told;
  const targets = [...new Set(isDeclared ? [...incident.targets, ...seen] : seen)];
  const reached = targets.flatMap((target) => servicesReached(topology, target));
  return {
    ...incident,
    level: levelAfter(incident, alerts),
    status: isWorseAgain ? (incident.acknowledgedAt ? 'acknowledged' : 'open') : incident.status,
    ...leading(incident, all, targets.length, { topology, now, recoverForMs }),
    targets,
    services: [...new Set(isDeclared ? [...incident.services, ...reached] : reached)].sort(),
    wellSince: firing.length > 0 ? null : (incident.wellSince ?? now),
    conduct: { ...incident.conduct, told: told ?? toldOf(all, now) },
  };
}
