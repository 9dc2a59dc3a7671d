/**
 * Alert transitions become alerts, incidents, timeline, messages and jobs: all in one transaction, then visible.
 * Transitions that come together go through together, so that a hundred targets failing at once are one incident.
 */
import { timestamp } from '../clock.ts';
import type { Alert } from '../core/alert.ts';
import { errorKind } from '../core/error-kind.ts';
import { budgetClearsWithinMs, clearWithinMs, resolvedOf } from '../core/incident/conduct.ts';
import { isLeftOver } from '../core/incident/hygiene.ts';
import { reopening } from '../core/incident/reopen.ts';
import { type OpenIncident, place, titleOf } from '../core/incident.ts';
import { formatDuration } from '../core/time.ts';
import { dependenciesOf, servicesReached, type Topology } from '../core/topology.ts';
import * as alertRows from '../store/alerts.ts';
import type { Incident } from '../store/incidents.ts';
import * as incidentRows from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import * as journal from '../store/journal.ts';
import type { Desk } from './desk.ts';
import type { Detected } from './detect.ts';
import { createHandling, type Handling } from './handle.ts';
import { holdingNow, releaseAt } from './holds.ts';
import type { IntendedStops } from './intended-stops.ts';
import type { OwnTrouble } from './own-trouble.ts';
import { wake } from './pause-calls.ts';
import { proposeForOpened } from './propose-merge.ts';
import { createAlertQueue } from './queue-alerts.ts';
import { createRefresh, type Freshness } from './refresh-incident.ts';

export interface Assessor extends Handling {
  /** Queues transitions; they are committed in order. */
  take(detected: readonly Detected[]): void;
  /** Job: what silences and windows held and hold no longer goes the way of every alert. */
  release(): Promise<void>;
  /** Resolves when everything taken so far is committed. */
  settled(): Promise<void>;
}

export function createAssessor(
  desk: Desk,
  topology: () => Topology,
  own?: OwnTrouble,
  stops?: Pick<IntendedStops, 'cleared'>,
): Assessor {
  const { clock, store } = desk;
  const refresh = createRefresh(desk, topology);
  const queue = createAlertQueue({ clock, log: desk.log, own, commit: commitSurely });

  own?.onEnd((detected) => {
    queue.take(detected);
    void queue.then(release).catch((error: unknown) => {
      desk.log.error('held alerts could not be judged; their job does it', { error: String(error) });
    });
  });

  async function commitSurely(batch: readonly Detected[]) {
    for (let attempt = 1; ; attempt++) {
      try {
        await store.transaction((tx) => commit(tx, batch));
        break;
      } catch (error) {
        desk.log.error('alerts could not be stored; trying again', { attempt, error: String(error) });
        await clock.sleep(Math.min(5_000, 100 * 2 ** attempt));
      }
    }
    desk.changed();
  }

  async function commit(tx: Tx, batch: readonly Detected[]) {
    const { touch, admit, revive, finish } = await beginning(tx);
    const holding = await holdingNow(desk, tx, topology());
    for (const detected of deepestFirst(batch, topology())) {
      const known = await alertRows.byFingerprint(tx, detected.fingerprint);
      if (detected.transition === 'resolved') {
        if (!known) continue;
        await alertRows.save(tx, { ...known, state: 'resolved', resolvedAt: detected.at });
        await note(tx, 'alert.resolved', detected, known.incidentId, known.level);
        if (known.incidentId) touch(known.incidentId);
        else await stops?.cleared(tx, known.heldBy);
        continue;
      }
      const alert = alertFrom(detected, known, desk.newId());
      if (known?.incidentId) {
        revive(known.incidentId);
        await alertRows.save(tx, alert);
        const before = detected.transition === 'restated' ? known.detail : undefined;
        await note(tx, `alert.${detected.transition}`, detected, known.incidentId, alert.level, { before });
        // What fires once more, or by another error, may have another cause by now.
        touch(known.incidentId, {
          hasNewAlert: known.state === 'resolved',
          hasNewError: before !== undefined,
        });
        continue;
      }
      const hold = holding(alert) ?? own?.holdOf(alert.target) ?? null;
      if (hold) {
        await alertRows.save(tx, { ...alert, heldBy: `${hold.kind}:${hold.by}` });
        const reason = `${hold.kind} ${hold.by}: ${hold.reason}`;
        // It was told when it was held first.
        if (detected.transition !== 'restated')
          await note(tx, 'alert.held', detected, null, alert.level, { reason });
        await releaseAt(tx, hold.until);
        continue;
      }
      const { id, reason } = await admit(alert, detected.state.wellAt);
      await note(tx, 'alert.fired', detected, id, alert.level, { reason });
    }
    await finish();
  }

  async function release() {
    await store.transaction(async (tx) => {
      const { admit, finish } = await beginning(tx);
      const holding = await holdingNow(desk, tx, topology());
      for (const alert of await alertRows.held(tx)) {
        const hold = holding(alert) ?? own?.holdOf(alert.target) ?? (await clearing(tx, alert));
        if (hold) {
          await releaseAt(tx, hold.until);
          continue;
        }
        const { id, reason } = await admit(alert);
        const { rule, target, level, value, threshold, summary } = alert;
        const payload = { rule, target, level, value, threshold, summary, heldBy: alert.heldBy, reason };
        await desk.journalIncident(tx, { id }, 'alert.released', payload);
      }
      for (const { id } of await incidentRows.openPlaces(tx)) await wake(desk, tx, id);
      await finish();
    });
    desk.changed();
  }

  /** While what outlasted its incident may still clear: somebody resolved that by hand, or a budget is marked by it. */
  async function clearing(tx: Tx, { heldBy, rule }: Alert): Promise<{ until: number } | null> {
    const id = resolvedOf(heldBy);
    const incident = id === null ? undefined : await incidentRows.byId(tx, id);
    const until =
      (incident?.resolvedAt ?? 0) + (isLeftOver({ rule }, incident) ? budgetClearsWithinMs : clearWithinMs);
    return until > clock.now() ? { until } : null;
  }

  /** One transaction's view of what is open; alerts are put in one by one, incidents brought up to date at the end. */
  async function beginning(tx: Tx) {
    const open: OpenIncident[] = await incidentRows.openPlaces(tx);
    const touched = new Map<string, Freshness>();
    const { reopenWithinMs } = desk.configuration().incidents;
    const ended = await incidentRows.endedSince(tx, clock.now() - reopenWithinMs);

    async function admit(alert: Alert, wellAt?: number | null): Promise<{ id: string; reason: string }> {
      const placement = place(alert, open, topology(), clock.now());
      if (placement.kind === 'open') return begin(alert, wellAt, placement.reason);
      const { incidentId: id, reason } = placement;
      await alertRows.save(tx, { ...alert, incidentId: id, heldBy: null });
      touch(id, { hasNewAlert: true });
      await relate(tx, id, placement.related, alert.target);
      revive(id, alert);
      return { id, reason };
    }

    /** Something of it fires, of this target too. */
    function revive(id: string, { target, rule }: Partial<Pick<Alert, 'target' | 'rule'>> = {}) {
      const index = open.findIndex((one) => one.id === id);
      const incident = open[index];
      if (!incident) return;
      const targets =
        target === undefined || incident.targets.includes(target)
          ? incident.targets
          : [...incident.targets, target];
      const rules = rule === undefined ? incident.rules : [...(incident.rules ?? []), rule];
      open[index] = { ...incident, isHeld: false, targets, ...(rules && { rules }) };
    }

    /** The same trouble come back, or a new one. */
    async function begin(
      alert: Alert,
      wellAt: number | null | undefined,
      why: string,
    ): Promise<{ id: string; reason: string }> {
      const again = reopening(alert, ended, clock.now(), reopenWithinMs);
      if (again.kind === 'new') {
        const id = await openIncident(tx, alert, wellAt, open);
        await alertRows.save(tx, { ...alert, incidentId: id, heldBy: null });
        touch(id, { isNew: true, hasNewAlert: true });
        const resolved = await nameResolved(tx, id, alert);
        return { id, reason: resolved ?? why };
      }
      const { incidentId: id, reason } = again;
      const { openedAt, targets } = await incidentRows.require(tx, id);
      const isHygiene = alert.isHygiene ?? false;
      open.push({ id, status: 'open', openedAt, targets, isHygiene, rules: [alert.rule] });
      await alertRows.save(tx, { ...alert, incidentId: id, heldBy: null });
      touch(id, { hasNewAlert: true, reopened: reason });
      return { id, reason };
    }

    async function finish() {
      for (const [id, what] of touched) await refresh(tx, id, what);
    }

    function touch(id: string, what: Partial<Freshness> = {}) {
      const before = touched.get(id);
      touched.set(id, {
        isNew: before?.isNew || what.isNew || false,
        hasNewAlert: before?.hasNewAlert || what.hasNewAlert || false,
        hasNewError: before?.hasNewError || what.hasNewError || false,
        reopened: before?.reopened ?? what.reopened,
      });
    }

    return { touch, admit, revive, finish };
  }

  /** It fired on after somebody resolved its incident by hand, and is another one by now: both say so. */
  async function nameResolved(tx: Tx, id: string, { heldBy }: Alert): Promise<string | null> {
    const before = resolvedOf(heldBy);
    if (before === null) return null;
    const [ended] = await journal.list(tx, { incidentId: before, kinds: ['incident.resolved'], limit: 1 });
    if (!ended) return null;
    const reason = `the same alert, resolved by ${ended.actor} ${formatDuration(clock.now() - ended.at)} before`;
    await desk.journalIncident(tx, { id }, 'incident.related', { incident: before, reason });
    const later = 'its alert fired on';
    await desk.journalIncident(tx, { id: before }, 'incident.related', { incident: id, reason: later });
    return reason;
  }

  /** An alert that joins two incidents belongs to the older; both say so, and each is told and ended by itself. */
  async function relate(tx: Tx, id: string, others: readonly string[], target: string) {
    for (const other of others) {
      const earlier = await journal.list(tx, { incidentId: other, kinds: ['incident.related'], limit: 100 });
      if (earlier.some((entry) => entry.payload.incident === id)) continue;
      const reason = `${target} is joined to both`;
      await desk.journalIncident(tx, { id }, 'incident.related', { incident: other, reason });
      await desk.journalIncident(tx, { id: other }, 'incident.related', { incident: id, reason });
    }
  }

  async function openIncident(
    tx: Tx,
    alert: Alert,
    wellAt: number | null | undefined,
    open: OpenIncident[],
  ): Promise<string> {
    const incident: Incident = {
      id: desk.newId(),
      title: titleOf(alert, 1),
      level: alert.level,
      status: 'open',
      lead: alert.target,
      services: servicesReached(topology(), alert.target),
      targets: [alert.target],
      openedAt: clock.now(),
      acknowledgedAt: null,
      acknowledgedBy: null,
      mitigatedAt: null,
      wellSince: null,
      resolvedAt: null,
      findings: [],
      evidence: [],
      diagnosedAt: null,
      version: 1,
      ...(wellAt ? { conduct: { wellAt } } : {}),
    };
    await incidentRows.insert(tx, incident);
    const isHygiene = alert.isHygiene ?? false;
    await proposeForOpened(desk, tx, { ...incident, isHygiene }, open, topology());
    open.push({ ...incident, isHygiene, rules: [alert.rule] });
    return incident.id;
  }

  function note(
    tx: Tx,
    kind: string,
    detected: Detected,
    incidentId: string | null,
    level: string,
    { reason = detected.reason, before }: { reason?: string; before?: string | undefined } = {},
  ) {
    const { rule, target, labels, value, threshold, detail, at } = detected;
    const said = desk.said({ target, rule: rule.id, value, threshold });
    return journal.append(tx, {
      at,
      actor: 'upkeep',
      kind,
      subject: `target:${target}`,
      incidentId,
      payload: {
        rule: rule.id,
        target,
        labels,
        summary: detected.about?.summary ?? rule.summary,
        ...(detected.about?.annotations ? { annotations: detected.about.annotations } : {}),
        level,
        value,
        threshold,
        ...(said === null ? {} : { said }),
        detail,
        ...(before === undefined ? {} : { before }),
        reason,
        since: detected.state.since,
      },
    });
  }

  return { take: queue.take, release, settled: queue.settled, ...createHandling(desk, refresh, topology) };
}

/**
 * What fails together is placed from the bottom, so that what needs a broken target finds its incident open. Stable:
 * the transitions of one alert keep their order.
 */
function deepestFirst(batch: readonly Detected[], topology: Topology): readonly Detected[] {
  if (batch.length === 1) return batch;
  const depth = new Map(batch.map(({ target }) => [target, 0]));
  for (const target of depth.keys()) depth.set(target, dependenciesOf(topology, target).length);
  return batch.toSorted((a, b) => (depth.get(a.target) ?? 0) - (depth.get(b.target) ?? 0));
}

function alertFrom(detected: Detected, known: Alert | undefined, id: string): Alert {
  const { rule, state, about } = detected;
  const ruleLevel = state.level ?? 'warning';
  return {
    id: known?.id ?? id,
    fingerprint: detected.fingerprint,
    rule: rule.id,
    target: detected.target,
    labels: detected.labels,
    summary: about?.summary ?? rule.summary,
    state: 'firing',
    ruleLevel,
    level: rule.levels[ruleLevel],
    value: detected.value,
    threshold: detected.threshold,
    detail: detected.detail,
    ...firstDetailOf(detected, known),
    ...(about?.annotations ? { annotations: about.annotations } : {}),
    ...(rule.isHygiene ? { isHygiene: true } : {}),
    since: state.since,
    firedAt: known?.firedAt ?? detected.at,
    resolvedAt: null,
    incidentId: known?.incidentId ?? null,
    heldBy: null,
  };
}

/** What it said when it fired, where that is another error than it says now. */
function firstDetailOf({ detail }: Detected, known: Alert | undefined): Pick<Alert, 'firstDetail'> {
  const first = known?.firstDetail ?? known?.detail;
  return first === undefined || known?.state === 'resolved' || errorKind(first) === errorKind(detail)
    ? {}
    : { firstDetail: first };
}

/** For the log and the terminal. */
export function incidentLine(incident: Pick<Incident, 'title' | 'level' | 'openedAt'>): string {
  return `${incident.level} · ${incident.title} · since ${timestamp(incident.openedAt)}`;
}
