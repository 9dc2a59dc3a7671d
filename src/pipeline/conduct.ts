/** What people do with an incident beside acknowledging and ending it; each step is in the journal under their name. */
import { timestamp } from '../clock.ts';
import type { NotifierSettings } from '../core/configuration.ts';
import type { Conduct, EnteredUsers } from '../core/incident/conduct.ts';
import type { StakeholderUpdate } from '../core/incident/update.ts';
import { levelOf } from '../core/incident.ts';
import type { Message } from '../core/message.ts';
import { isGraver, type Level } from '../core/severity.ts';
import type { Topology } from '../core/topology.ts';
import { UpkeepError } from '../core/verb.ts';
import * as alertRows from '../store/alerts.ts';
import type { Incident } from '../store/incidents.ts';
import * as incidentRows from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import * as updates from '../store/updates.ts';
import { callLower } from './call.ts';
import type { Desk } from './desk.ts';
import { startClocks } from './incident-clocks.ts';
import { type Alike, proposeForDeclared } from './propose-merge.ts';

export interface Declaration {
  readonly title: string;
  readonly level: Level;
  readonly services: readonly string[];
  readonly targets: readonly string[];
  readonly note: string;
}

export interface Conducting {
  /** Opens an incident by hand; people are called as for any other. `alike`: open ones that may be the same trouble. */
  declare(what: Declaration, by: string): Promise<Incident & { readonly alike: readonly Alike[] }>;
  /** `null` takes it from whoever has it. */
  assign(incidentId: string, person: string | null, by: string): Promise<Incident>;
  /** `null` leaves the role empty. */
  giveRole(incidentId: string, role: string, person: string | null, by: string): Promise<Incident>;
  setLevel(incidentId: string, level: Level, reason: string, by: string): Promise<Incident>;
  note(incidentId: string, text: string, by: string): Promise<Incident>;
  enterUsers(
    incidentId: string,
    users: Pick<EnteredUsers, 'count' | 'share' | 'note'>,
    by: string,
  ): Promise<Incident>;
  /** Keeps it for the status page where it is public, and sends it to the notifiers named. */
  sendUpdate(
    incidentId: string,
    update: Pick<StakeholderUpdate, 'status' | 'text' | 'isPublic'>,
    to: readonly string[],
    by: string,
  ): Promise<StakeholderUpdate>;
}

export function createConducting(desk: Desk, topology: () => Topology): Conducting {
  const { clock, store } = desk;

  async function change(
    id: string,
    step: (tx: Tx, incident: Incident) => Promise<Incident>,
  ): Promise<Incident> {
    const saved = await store.transaction(async (tx) => step(tx, await incidentRows.require(tx, id)));
    desk.changed();
    return saved;
  }

  function conducted(tx: Tx, incident: Incident, changes: Conduct): Promise<Incident> {
    return incidentRows.update(tx, { ...incident, conduct: { ...incident.conduct, ...changes } });
  }

  async function declare({ title, level, services, targets, note }: Declaration, by: string) {
    const saved = await store.transaction(async (tx) => {
      const incident: Incident = {
        ...{
          id: desk.newId(),
          title,
          level,
          status: 'open',
          lead: targets[0] ?? 'unknown',
          services,
          targets,
        },
        ...{ openedAt: clock.now(), acknowledgedAt: null, acknowledgedBy: null, mitigatedAt: null },
        ...{ wellSince: null, resolvedAt: null, findings: [], evidence: [], diagnosedAt: null, version: 1 },
        conduct: { declaredBy: by, told: {} },
      };
      await incidentRows.insert(tx, incident);
      const payload = { title, level, services, targets, note, reason: 'declared by hand' };
      await desk.journalIncident(tx, incident, 'incident.opened', payload, by);
      const open = await incidentRows.openPlaces(tx);
      const alike = await proposeForDeclared(desk, tx, incident, open, topology());
      await desk.tell(tx, incident, 'incident.opened', `${incident.id}:opened`);
      return { ...incident, alike };
    });
    desk.changed();
    return saved;
  }

  function setLevel(incidentId: string, level: Level, reason: string, by: string) {
    return change(incidentId, async (tx, incident) => {
      if (incident.status === 'resolved') throw over(incident);
      if (incident.level === level) return incident;
      const firing = (await alertRows.ofIncident(tx, incidentId)).filter(({ state }) => state === 'firing');
      const levelSet = { by, at: clock.now(), reason, alertsWere: levelOf(firing) };
      const saved = await conducted(tx, { ...incident, level }, { levelSet });
      await desk.journalIncident(
        tx,
        saved,
        'incident.level-set',
        { from: incident.level, to: level, reason },
        by,
      );
      const event = isGraver(level, incident.level) ? 'incident.escalated' : 'incident.updated';
      await desk.tell(tx, saved, event, `${incidentId}:level:${saved.version}`);
      if (event === 'incident.updated') {
        await callLower(desk, tx, saved, incident.level);
        await startClocks(desk, tx, saved);
      }
      return saved;
    });
  }

  async function sendUpdate(
    incidentId: string,
    { status, text, isPublic }: Pick<StakeholderUpdate, 'status' | 'text' | 'isPublic'>,
    to: readonly string[],
    by: string,
  ) {
    const update: StakeholderUpdate = {
      ...{ id: desk.newId(), incidentId, at: clock.now(), by, status, text, isPublic },
    };
    await store.transaction(async (tx) => {
      const incident = await incidentRows.require(tx, incidentId);
      await updates.insert(tx, update);
      await desk.journalIncident(tx, incident, 'incident.told', { status, text, isPublic, to }, by);
      for (const notifier of receivers(to))
        await desk.tellOne(tx, notifier, noticeOf(update, incident), null);
    });
    desk.changed();
    return update;
  }

  function receivers(names: readonly string[]): NotifierSettings[] {
    return desk.configuration().notifiers.filter(({ name }) => names.includes(name));
  }

  /** Without the incident's own data: stakeholders read the text alone. */
  function noticeOf({ id, status, text }: StakeholderUpdate, incident: Incident): Message {
    const where = incident.services.length > 0 ? incident.services.join(', ') : desk.configuration().name;
    return {
      version: 1,
      event: 'incident.updated',
      key: `update:${id}`,
      at: timestamp(clock.now()),
      source: desk.configuration().name,
      notice: { title: `${where}: ${status}`, markdown: text },
      url: `${desk.baseUrl()}/incidents/${incident.id}`,
    };
  }

  return {
    declare,
    setLevel,
    sendUpdate,
    assign: (incidentId, person, by) =>
      change(incidentId, async (tx, incident) => {
        const { assignee, ...rest } = incident.conduct ?? {};
        if ((assignee ?? null) === person) return incident;
        const conduct = person === null ? rest : { ...rest, assignee: person };
        const saved = await incidentRows.update(tx, { ...incident, conduct });
        await desk.journalIncident(
          tx,
          saved,
          'incident.assigned',
          { from: assignee ?? null, to: person },
          by,
        );
        return saved;
      }),
    giveRole: (incidentId, role, person, by) =>
      change(incidentId, async (tx, incident) => {
        const { [role]: before, ...others } = incident.conduct?.roles ?? {};
        const roles = person === null ? others : { ...others, [role]: person };
        const saved = await conducted(tx, incident, { roles });
        await desk.journalIncident(
          tx,
          saved,
          'incident.role',
          { role, from: before ?? null, to: person },
          by,
        );
        return saved;
      }),
    note: (incidentId, text, by) =>
      change(incidentId, async (tx, incident) => {
        await desk.journalIncident(tx, incident, 'incident.note', { text }, by);
        return incident;
      }),
    enterUsers: (incidentId, users, by) =>
      change(incidentId, async (tx, incident) => {
        const entered = { ...users, by, at: clock.now() };
        const saved = await conducted(tx, incident, { users: entered });
        await desk.journalIncident(tx, saved, 'incident.impact', { ...users }, by);
        return saved;
      }),
  };
}

export function over({ id, conduct }: Pick<Incident, 'id' | 'conduct'>): UpkeepError {
  const merged = conduct?.mergedInto;
  return new UpkeepError(
    'conflict',
    merged ? `incident ${id} was merged into ${merged}; go on there` : `incident ${id} is resolved`,
  );
}
