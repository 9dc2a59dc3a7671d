/** Two incidents that are one trouble become one; alerts that are another trouble get an incident of their own. */
import type { Alert } from '../core/alert.ts';
import { joinCauses } from '../core/incident/kept-causes.ts';
import { type Choice, leavingOf } from '../core/incident/split.ts';
import { levelOf, titleOf } from '../core/incident.ts';
import { graver, isGraver } from '../core/severity.ts';
import { UpkeepError } from '../core/verb.ts';
import * as alertRows from '../store/alerts.ts';
import type { Incident } from '../store/incidents.ts';
import * as incidentRows from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import * as outbox from '../store/outbox.ts';
import * as updates from '../store/updates.ts';
import { over } from './conduct.ts';
import type { Desk } from './desk.ts';
import type { Refresh } from './refresh-incident.ts';

export interface Joining {
  /** `id` ends and says so; its alerts and whoever is on it go over to `into`. @throws UpkeepError conflict */
  merge(id: string, into: string, by: string, reason: string): Promise<Incident>;
  /** Gives the new incident. @throws UpkeepError bad-input when nothing that fires or all of it would leave */
  split(id: string, choice: Choice, by: string, reason: string): Promise<Incident>;
}

export function createJoining(desk: Desk, refresh: Refresh): Joining {
  const { clock, store } = desk;

  async function merge(id: string, into: string, by: string, reason: string) {
    if (id === into) throw new UpkeepError('bad-input', 'an incident cannot be merged into itself');
    await store.transaction(async (tx) => {
      const ending = await incidentRows.require(tx, id);
      const staying = await incidentRows.require(tx, into);
      for (const one of [ending, staying]) if (one.status === 'resolved') throw over(one);
      for (const alert of await alertRows.ofIncident(tx, id)) {
        await alertRows.save(tx, { ...alert, incidentId: into });
      }
      const ended = await incidentRows.update(tx, {
        ...ending,
        // Where channels tell of its end they tell where it goes on.
        title: `${ending.title} (merged into ${staying.title})`,
        status: 'resolved',
        resolvedAt: clock.now(),
        conduct: { ...ending.conduct, mergedInto: into },
      });
      await updates.move(tx, id, into);
      await desk.journalIncident(tx, ended, 'incident.merged', { into, reason, title: staying.title }, by);
      await desk.tell(tx, ended, 'incident.resolved', `${id}:merged`);
      await takeOver(tx, staying, ending, by, reason);
      await refresh(tx, into, { isNew: false, hasNewAlert: true });
    });
    desk.changed();
    return incidentRows.require(store.db, into);
  }

  /** Who is on the one that ends is on the other; what it called for is called for there. */
  async function takeOver(tx: Tx, staying: Incident, ending: Incident, by: string, reason: string) {
    const isTaken = staying.acknowledgedAt === null && ending.acknowledgedAt !== null;
    const level = graver(staying.level, ending.level);
    const causes = joinCauses(staying.conduct?.causes ?? [], ending.conduct?.causes ?? []);
    const saved = await incidentRows.update(tx, {
      ...staying,
      level,
      targets: [...new Set([...staying.targets, ...ending.targets])],
      services: [...new Set([...staying.services, ...ending.services])].sort(),
      ...(causes.length === 0 ? {} : { conduct: { ...staying.conduct, causes } }),
      ...(isTaken
        ? {
            acknowledgedAt: ending.acknowledgedAt,
            acknowledgedBy: ending.acknowledgedBy,
            status: staying.status === 'open' ? ('acknowledged' as const) : staying.status,
          }
        : {}),
    });
    const payload = { incident: ending.id, title: ending.title, reason, openedAt: ending.openedAt };
    await desk.journalIncident(tx, saved, 'incident.absorbed', payload, by);
    const isCall = isGraver(level, staying.level) && saved.acknowledgedAt === null;
    await desk.tell(
      tx,
      saved,
      isCall ? 'incident.escalated' : 'incident.updated',
      `${saved.id}:absorbed:${ending.id}`,
    );
  }

  async function split(id: string, choice: Choice, by: string, reason: string) {
    const made = await store.transaction(async (tx) => {
      const from = await incidentRows.require(tx, id);
      if (from.status === 'resolved') throw over(from);
      const alerts = await alertRows.ofIncident(tx, id);
      const found = leavingOf(alerts, choice);
      if (found.kind === 'refused') throw new UpkeepError('bad-input', found.why);
      const leaving = found.alerts.toSorted(firingFirst);
      const fresh = opened(desk, from, leaving);
      await incidentRows.insert(tx, fresh);
      for (const alert of leaving) await alertRows.save(tx, { ...alert, incidentId: fresh.id });
      const about = { reason, alerts: leaving.map(({ rule, target }) => `${rule} on ${target}`) };
      const { title, level, services } = fresh;
      await desk.journalIncident(
        tx,
        fresh,
        'incident.opened',
        { title, level, services, from: id, ...about },
        by,
      );
      await desk.journalIncident(tx, from, 'incident.split', { into: fresh.id, title, ...about }, by);
      if (fresh.acknowledgedAt === null) await desk.tell(tx, fresh, 'incident.opened', `${fresh.id}:opened`);
      else await tellSame(tx, from, fresh);
      await refresh(tx, id, { isNew: false, hasNewAlert: false });
      await refresh(tx, fresh.id, { isNew: false, hasNewAlert: true });
      return fresh.id;
    });
    desk.changed();
    return incidentRows.require(store.db, made);
  }

  /** Somebody is on it already: channels that heard of the whole hear of the part, and nobody is called. */
  async function tellSame(tx: Tx, from: Incident, fresh: Incident) {
    const told = await outbox.notifiersOf(tx, from.id);
    const message = await desk.compose(tx, fresh, 'incident.opened', `${fresh.id}:opened`);
    for (const notifier of desk.configuration().notifiers) {
      if (told.includes(notifier.name)) await desk.tellOne(tx, notifier, message, fresh.id);
    }
  }

  return { merge, split };
}

function firingFirst(a: Alert, b: Alert): number {
  return Number(b.state === 'firing') - Number(a.state === 'firing');
}

function opened(desk: Desk, from: Incident, leaving: readonly Alert[]): Incident {
  const [first] = leaving;
  if (!first) throw new Error('nothing leaves');
  const targets = [...new Set(leaving.map((alert) => alert.target))];
  const firing = leaving.filter((alert) => alert.state === 'firing');
  const { acknowledgedAt, acknowledgedBy } = from;
  return {
    ...{
      id: desk.newId(),
      title: titleOf(first, targets.length),
      level: levelOf(firing),
      lead: first.target,
    },
    ...{ status: acknowledgedAt === null ? 'open' : 'acknowledged', services: from.services, targets },
    openedAt: Math.min(...leaving.map((alert) => alert.firedAt ?? alert.since)),
    ...{ acknowledgedAt, acknowledgedBy, mitigatedAt: null, wellSince: null, resolvedAt: null },
    ...{ findings: [], evidence: [], diagnosedAt: null, version: 1, conduct: { splitFrom: from.id } },
  };
}
