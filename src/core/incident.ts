/** Which incident an alert belongs to, who leads it, how grave it is and when it is over. Pure. */
import type { Alert } from './alert.ts';
import type { Finding } from './evidence.ts';
import { leadWords, withBackups, withBeside } from './incident/backup-words.ts';
import { isPast, sureFrom } from './incident/causes.ts';
import { directAmong, isAlike, symptomsAmong } from './incident/hygiene.ts';
import type { RootCause } from './incident/kept-causes.ts';
import { siblingMs } from './incident/other-failure.ts';
import { isOutrun } from './incident/outrun.ts';
import { secondRoot } from './incident/second-root.ts';
import { areApart } from './incident/subjects.ts';
import { graver, type Level } from './severity.ts';
import {
  areJoined,
  dependenciesOf,
  needEachOther,
  restsOn,
  servicesReached,
  sharedPlace,
  type Topology,
} from './topology.ts';
import type { IncidentStatus } from './view.ts';

export interface OpenIncident {
  readonly id: string;
  readonly status: IncidentStatus;
  readonly openedAt: number;
  readonly targets: readonly string[];
  /** All of its alerts tell how something is set up. */
  readonly isHygiene?: boolean;
  /** None of its alerts fires any more; only recovery must still hold. */
  readonly isHeld?: boolean;
  /** By hand; it takes what reaches its services. */
  readonly isDeclared?: boolean;
  readonly services?: readonly string[];
  /** Of its alerts; none where it has none yet. */
  readonly rules?: readonly string[];
}

export type Placement =
  | { readonly kind: 'open'; readonly reason: string }
  | {
      readonly kind: 'join';
      readonly incidentId: string;
      readonly reason: string;
      /** Other open incidents that the alert is joined to. */
      readonly related: readonly string[];
    };

/** People see a trouble before the checks that confirm it do: what they declared takes siblings for this long. */
const declaredSiblingMs = 10 * 60_000;

/**
 * What tells how a target is set up has one line for that target, and no other alert joins that. Damage of what is kept
 * joins no outage or load, and neither joins it. For all others: the
 * open incident that has the alert's target already; else the oldest with a target joined to it, by need or service, or
 * opened just now by a target that needs the same thing or is reached at the same host and port; else a new one opens.
 * One declared by hand also takes what reaches its services, and siblings for longer.
 * Whose alerts have all recovered comes last, and takes only what needs one of its targets, is needed by it, or is
 * reached where it is: anything else is another trouble.
 */
export function place(
  alert: Pick<Alert, 'target' | 'isHygiene'> & Partial<Pick<Alert, 'rule'>>,
  open: readonly OpenIncident[],
  topology: Topology,
  now = Number.POSITIVE_INFINITY,
): Placement {
  const near = open
    .filter((one) => isAlike(one, alert) && (!alert.isHygiene || one.targets.includes(alert.target)))
    .sort((a, b) => Number(a.isHeld ?? false) - Number(b.isHeld ?? false) || a.openedAt - b.openedAt)
    .flatMap((incident) => {
      const how = joinedBy(alert.target, incident, topology, now);
      const isApart = areApart({ rule: alert.rule ?? '' }, incident.rules ?? []);
      return how === null ? [] : [{ id: incident.id, isApart, ...how }];
    });
  const joined = near.filter(({ isApart }) => !isApart);
  const first = joined.find((one) => one.isSame) ?? joined.find((one) => one.isSure) ?? joined[0];
  if (!first && near.length > 0)
    return { kind: 'open', reason: 'damage of backups and other trouble are incidents of their own' };
  if (!first) return { kind: 'open', reason: `nothing open is joined to ${alert.target}` };
  const related = joined.filter((one) => one.isSure && one.id !== first.id).map(({ id }) => id);
  return { kind: 'join', incidentId: first.id, reason: first.reason, related };
}

interface Joint {
  readonly isSame: boolean;
  /** By the graph, not by the moment. */
  readonly isSure: boolean;
  readonly reason: string;
}

function joinedBy(
  target: string,
  { targets, openedAt, isHeld, isDeclared, services = [] }: OpenIncident,
  topology: Topology,
  now: number,
): Joint | null {
  if (targets.includes(target)) return { isSame: true, isSure: true, reason: `same target ${target}` };
  const isJoined = isHeld ? needEachOther : areJoined;
  const near = targets.find((other) => isJoined(topology, other, target));
  if (near !== undefined) {
    return { isSame: false, isSure: true, reason: `${target} and ${near} depend on each other` };
  }
  const reached = isDeclared && servicesReached(topology, target).find((name) => services.includes(name));
  if (reached) {
    const reason = `${target} reaches ${reached}, which the incident was declared for`;
    return { isSame: false, isSure: true, reason };
  }
  if (now - openedAt > (isDeclared ? declaredSiblingMs : siblingMs)) return null;
  for (const other of targets) {
    const place = sharedPlace(topology, other, target);
    if (place === null) continue;
    const reason = `${target} and ${other} are both reached at ${place} and fail together`;
    return { isSame: false, isSure: false, reason };
  }
  if (isHeld) return null;
  const below = dependenciesOf(topology, target);
  if (below.length === 0) return null;
  for (const other of targets) {
    const shared = dependenciesOf(topology, other).find((name) => below.includes(name));
    if (shared === undefined) continue;
    return {
      isSame: false,
      isSure: false,
      reason: `${target} and ${other} both need ${shared} and fail together`,
    };
  }
  return null;
}

/**
 * The alert that names the trouble: of the firing ones, the deepest broken dependency
 * (one that needs no other broken target); among equals the gravest, then the one that led so far, then the oldest.
 * A budget that burns is what the trouble costs: it leads only where nothing else ever fired. What is low or medium is no outage of
 * what is needed: beside something critical it names nothing, until a finding says that it is the cause.
 */
export function leadOf(all: readonly Alert[], topology: Topology, before?: string): Alert | undefined {
  const alerts = directAmong(all);
  const firing = alerts.filter((alert) => alert.state === 'firing');
  const candidates = namingOf(firing.length > 0 ? firing : alerts);
  const broken = new Set(candidates.map((alert) => alert.target));
  const depth = new Map([...broken].map((target) => [target, brokenBelow(target, broken, topology)]));
  const [first] = candidates.toSorted(
    (a, b) =>
      (depth.get(a.target) ?? 0) - (depth.get(b.target) ?? 0) ||
      rank(a.level) - rank(b.level) ||
      Number(b.target === before) - Number(a.target === before) ||
      a.since - b.since,
  );
  if (first === undefined) return undefined;
  // What does not answer at all is not called by what it said while it did.
  const isDown = ({ rule, target, level }: Alert) =>
    rule.endsWith('.down') && target === first.target && level === first.level;
  return candidates.find(isDown) ?? first;
}

/**
 * As `leadOf`, but what led so far goes on while it recovers: targets that fail together recover one by one, and each
 * would lead for a moment. What goes up and down in turn at one host and port, by one rule, keeps its first lead. Ends
 * when something fires that it does not explain, or when recovery has held.
 */
export function leadAfter(
  before: string,
  all: readonly Alert[],
  topology: Topology,
  now: number,
  recoverForMs: number,
): Alert | undefined {
  const alerts = symptomsAmong(all);
  const recovering = alerts.filter(
    ({ target, state, resolvedAt }) =>
      target === before && state === 'resolved' && now - (resolvedAt ?? 0) < recoverForMs,
  );
  const isExplained = ({ rule, target, since }: Alert) =>
    recovering.some(
      (one) =>
        (one.rule === rule && sharedPlace(topology, target, before) !== null) ||
        (since <= (one.resolvedAt ?? now) &&
          (one.rule === rule || dependenciesOf(topology, target).includes(before))),
    );
  if (!alerts.every((alert) => alert.state !== 'firing' || isExplained(alert)))
    return leadOf(alerts, topology, before);
  return leadOf(
    alerts.map((alert) => (recovering.includes(alert) ? { ...alert, state: 'firing' } : alert)),
    topology,
    before,
  );
}

function namingOf(alerts: readonly Alert[]): readonly Alert[] {
  return levelOf(alerts) === 'critical'
    ? alerts.filter(({ level }) => level === 'critical' || level === 'high')
    : alerts;
}

function brokenBelow(target: string, broken: ReadonlySet<string>, topology: Topology): number {
  return dependenciesOf(topology, target).filter((name) => broken.has(name)).length;
}

function rank(level: Level): number {
  return ['critical', 'high', 'medium', 'low'].indexOf(level);
}

export function levelOf(alerts: readonly Pick<Alert, 'level'>[]): Level {
  return alerts.reduce<Level>((worst, alert) => graver(worst, alert.level), 'low');
}

/**
 * The target that leads an incident: where a sure finding comes first, its own, so that the title never names another
 * cause than the finding below it; else that of the alert that leads.
 *
 * @param symptoms targets that the finding must explain one of: itself, or something that needs it
 */
export function leadTarget(
  alertLead: string,
  findings: readonly Pick<Finding, 'target' | 'confidence'>[],
  topology: Topology,
  symptoms: readonly string[] = [alertLead],
): string {
  const [best] = findings;
  if (best === undefined || best.confidence < sureFrom) return alertLead;
  return symptoms.some((name) => restsOn(topology, name, best.target)) ? best.target : alertLead;
}

/**
 * What leads an incident as its alerts and findings are now, and what it is called by that. A finding whose own alerts
 * have resolved says nothing of what fires since, nor one from before something graver fired: until the next look the
 * alerts lead.
 */
export function leading(
  incident: {
    readonly lead: string;
    readonly title: string;
    readonly findings: readonly Pick<
      Finding,
      | 'id'
      | 'target'
      | 'title'
      | 'summary'
      | 'confidence'
      | 'explained'
      | 'beside'
      | 'over'
      | 'isByItself'
      | 'seenAt'
    >[];
    readonly conduct?: { readonly declaredBy?: string } | undefined;
  },
  all: readonly Alert[],
  ever: number,
  { topology, now, recoverForMs }: { topology: Topology; now: number; recoverForMs: number },
): { readonly lead: string; readonly title: string } {
  const alerts = symptomsAmong(all);
  const first = leadAfter(incident.lead, alerts, topology, now, recoverForMs);
  if (first === undefined) return { lead: incident.lead, title: incident.title };
  const firing = alerts.filter(({ state }) => state === 'firing');
  const symptoms = (firing.length > 0 ? firing : alerts).map(({ target }) => target);
  const findings = incident.findings.filter(
    (one) => one.beside === undefined && !isOutrun(one, alerts) && !isPast(one, alerts, topology, now),
  );
  const lead = leadTarget(first.target, findings, topology, symptoms);
  if (incident.conduct?.declaredBy !== undefined) return { lead, title: incident.title };
  const count = stillFiring(ever, lead, alerts);
  const there = leadOf(
    alerts.filter(({ target }) => target === lead),
    topology,
  );
  const found = findings.find(({ target }) => target === lead);
  const namedBy = first.target === lead ? first : (there ?? first);
  const second = secondRoot(
    { target: lead, since: namedBy.since },
    alerts,
    found,
    topology,
    siblingMs,
    findings,
  );
  const others = second === null ? count : count - 1;
  const title = [
    titleOf(namedBy, others, found, alerts),
    ...(second === null
      ? []
      : [
          titleOf(
            second,
            1,
            findings.find(({ target }) => target === second.target),
          ),
        ]),
  ].join(', and ');
  return { lead, title: withBeside(title, namedBy, alerts, topology) };
}

/** While something fires a title counts that; once nothing does, all that did. */
function stillFiring(ever: number, lead: string, alerts: readonly Alert[]): number {
  const firing = new Set(alerts.filter(({ state }) => state === 'firing').map(({ target }) => target));
  if (firing.size === 0) return ever;
  const cleared = new Set(
    alerts.map(({ target }) => target).filter((name) => name !== lead && !firing.has(name)),
  );
  return ever - cleared.size;
}

/** What an incident is called once it is over: by its first root cause, where something else recovered last. */
export function calledAtEnd(
  {
    lead,
    title,
    targets,
    conduct,
  }: {
    readonly lead: string;
    readonly title: string;
    readonly targets: readonly string[];
    readonly conduct?: { readonly declaredBy?: string } | undefined;
  },
  [root]: readonly Pick<RootCause, 'finding'>[],
  all: readonly Alert[],
  topology: Topology,
): { readonly lead: string; readonly title: string } {
  const alerts = symptomsAmong(all);
  const first = leadOf(alerts, topology);
  if (root === undefined || first === undefined || conduct?.declaredBy !== undefined) return { lead, title };
  const { target } = root.finding;
  if (target === lead) return { lead, title };
  const there = leadOf(
    alerts.filter((alert) => alert.target === target),
    topology,
  );
  return { lead: target, title: titleOf(there ?? first, targets.length, root.finding, alerts) };
}

/** Longer findings are cut: a title stands in a list, in a subject of mail, on a telephone. */
const longestCause = 100;

/**
 * By the alert that leads; by a finding (`found`) where that leads and nothing fires on its target yet. A title outlives
 * the moment: a finding with figures ("15 sessions", "for 4.2 s") is called by its title, else by its kind.
 *
 * @param alerts of the incident: backups that fail are named whatever leads
 */
export function titleOf(
  lead: Pick<Alert, 'target' | 'summary' | 'rule'>,
  count: number,
  found?: Pick<Finding, 'id' | 'target' | 'title' | 'summary'>,
  alerts: readonly Pick<Alert, 'rule' | 'target' | 'labels' | 'state'>[] = [],
): string {
  const others = count > 1 ? ` (and ${count - 1} more)` : '';
  if (found === undefined || found.target === lead.target) {
    const backups = leadWords(lead, alerts);
    return backups === null
      ? withBackups(`${lead.target}: ${lead.summary}${others}`, alerts)
      : `${lead.target}: ${backups}${others}`;
  }
  const { id, summary, title, target } = found;
  const still = /\d/.test(summary) ? (title ?? kindInWords(id)) : summary;
  const words = still.length > longestCause ? `${still.slice(0, longestCause - 1)}…` : still;
  return withBackups(`${target}: ${words}${others}`, alerts);
}

/** `postgres.connections-exhausted`: connections exhausted. */
function kindInWords(id: string): string {
  return id.slice(id.indexOf('.') + 1).replaceAll(/[.-]/g, ' ');
}
