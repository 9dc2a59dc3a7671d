/** Which incident an alert belongs to, who leads it, how grave it is and when it is over. Pure. */
import type { Alert } from './alert.ts';
import type { Finding } from './evidence.ts';
import { graver, type Level } from './severity.ts';
import { areJoined, dependenciesOf, type Topology } from './topology.ts';
import type { IncidentStatus } from './view.ts';

export interface OpenIncident {
  readonly id: string;
  readonly status: IncidentStatus;
  readonly openedAt: number;
  readonly targets: readonly string[];
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

/** Targets that need the same thing and fail within this time of each other are taken for one trouble. */
export const siblingMs = 2 * 60_000;

/**
 * The open incident that has the alert's target already; else the oldest with a target joined to it, by need or
 * service, or opened just now by a target that needs the same thing; else a new one opens.
 */
export function place(
  alert: Pick<Alert, 'target'>,
  open: readonly OpenIncident[],
  topology: Topology,
  now = Number.POSITIVE_INFINITY,
): Placement {
  const joined = [...open]
    .sort((a, b) => a.openedAt - b.openedAt)
    .flatMap((incident) => {
      const how = joinedBy(alert.target, incident, topology, now);
      return how === null ? [] : [{ id: incident.id, ...how }];
    });
  const first = joined.find((one) => one.isSame) ?? joined.find((one) => one.isSure) ?? joined[0];
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
  { targets, openedAt }: OpenIncident,
  topology: Topology,
  now: number,
): Joint | null {
  if (targets.includes(target)) return { isSame: true, isSure: true, reason: `same target ${target}` };
  const near = targets.find((other) => areJoined(topology, other, target));
  if (near !== undefined) {
    return { isSame: false, isSure: true, reason: `${target} and ${near} depend on each other` };
  }
  if (now - openedAt > siblingMs) return null;
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
 * A budget that burns is what the trouble costs: it leads only where nothing else ever fired.
 */
export function leadOf(all: readonly Alert[], topology: Topology, before?: string): Alert | undefined {
  const direct = all.filter(({ rule }) => !rule.startsWith('slo.'));
  const alerts = direct.length > 0 ? direct : all;
  const firing = alerts.filter((alert) => alert.state === 'firing');
  const candidates = firing.length > 0 ? firing : [...alerts];
  const broken = new Set(candidates.map((alert) => alert.target));
  const depth = new Map([...broken].map((target) => [target, brokenBelow(target, broken, topology)]));
  return candidates.toSorted(
    (a, b) =>
      (depth.get(a.target) ?? 0) - (depth.get(b.target) ?? 0) ||
      rank(a.level) - rank(b.level) ||
      Number(b.target === before) - Number(a.target === before) ||
      a.since - b.since,
  )[0];
}

/**
 * As `leadOf`, but what led so far goes on while it recovers: targets that fail together recover one by one, and each
 * would lead for a moment. Ends when something fires that it does not explain, or when recovery has held.
 */
export function leadAfter(
  before: string,
  alerts: readonly Alert[],
  topology: Topology,
  now: number,
  recoverForMs: number,
): Alert | undefined {
  const recovering = alerts.filter(
    ({ target, state, resolvedAt }) =>
      target === before && state === 'resolved' && now - (resolvedAt ?? 0) < recoverForMs,
  );
  const isExplained = ({ rule, target }: Alert) =>
    recovering.some((one) => one.rule === rule) || dependenciesOf(topology, target).includes(before);
  if (!alerts.every((alert) => alert.state !== 'firing' || isExplained(alert)))
    return leadOf(alerts, topology, before);
  return leadOf(
    alerts.map((alert) => (recovering.includes(alert) ? { ...alert, state: 'firing' } : alert)),
    topology,
    before,
  );
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

/** From this confidence on, a finding says more of where the trouble lies than the alerts do. */
const sureFrom = 0.8;

/** The target that leads an incident: what a sure finding names below the alert that leads, else that alert's own. */
export function leadTarget(
  alertLead: string,
  findings: readonly Pick<Finding, 'target' | 'confidence'>[],
  topology: Topology,
): string {
  const [best] = findings;
  if (best === undefined || best.confidence < sureFrom) return alertLead;
  return dependenciesOf(topology, alertLead).includes(best.target) ? best.target : alertLead;
}

export function titleOf(lead: Alert, count: number): string {
  const others = count > 1 ? ` (and ${count - 1} more)` : '';
  return `${lead.target}: ${lead.summary}${others}`;
}

export type Recovery =
  | { readonly kind: 'broken' }
  | { readonly kind: 'recovering'; readonly resolvesAt: number }
  | { readonly kind: 'resolved' };

/** An incident is over when no alert has fired for as long as recovery must hold. */
export function recovery(
  firing: number,
  wellSince: number | null,
  now: number,
  recoverForMs: number,
): Recovery {
  if (firing > 0) return { kind: 'broken' };
  const since = wellSince ?? now;
  return now - since >= recoverForMs
    ? { kind: 'resolved' }
    : { kind: 'recovering', resolvesAt: since + recoverForMs };
}
