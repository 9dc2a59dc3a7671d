/** Which rules are worth a change: noisy, never acted on, flapping, late. Pure but for the replays it is handed. */

import type { Alert } from '../../core/alert.ts';
import { count, often } from '../../core/count.ts';
import { wallText } from '../../core/oncall/wall-time.ts';
import type { Rehearsed } from '../../core/rehearsal.ts';
import type { Rule } from '../../core/rule.ts';
import { formatDuration } from '../../core/time.ts';
import type { Acted } from './replay.ts';

export type Fault = 'noisy' | 'never acted on' | 'flapping' | 'late';

export interface Proposal {
  /** As it would stand in upkeep.yaml: `for: 2m`. */
  readonly set: string;
  /** With its price: `would have alerted 3 times instead of 11; the real one of Fri 2026-11-14 03:12 54 s later`. */
  readonly words: string;
}

export interface Advice {
  readonly rule: string;
  readonly target: string;
  readonly faults: readonly Fault[];
  readonly alerts: number;
  readonly acknowledged: number;
  /** Half of the alerts were over by then. */
  readonly medianMs: number | null;
  readonly why: string;
  readonly proposal: Proposal | null;
  /** Why nothing is proposed; null where something is. */
  readonly unproposed: string | null;
}

/** J: less holds neither a night nor a day off, and what happened in it tells nothing of a month. */
const leastStoredMs = 3 * 86_400_000;

/** J: a rule that speaks less often than this in a month costs nobody much. */
const noisyFrom = 8;
const idleFrom = 3;
const noisyShare = 0.2;
const flapWithinMs = 15 * 60_000;
const lateMs = 10 * 60_000;
/** A change must save this share of the alerts to be worth an edit. */
const worthShare = 0.5;

export function faultsOf(
  alerts: readonly Alert[],
  acted: readonly Acted[],
): { faults: Fault[]; acknowledged: number; lateMs: number } {
  const taken = alerts.flatMap((alert) => {
    const incident = incidentOf(alert, acted);
    return incident ? [{ alert, incident }] : [];
  });
  const faults: Fault[] = [];
  if (alerts.length >= noisyFrom && taken.length < alerts.length * noisyShare) faults.push('noisy');
  if (alerts.length >= idleFrom && taken.length === 0) faults.push('never acted on');
  if (repeats(alerts) >= idleFrom) faults.push('flapping');
  const late = taken.map(
    ({ alert, incident }) => (alert.firedAt ?? alert.since) - Math.min(alert.since, incident.openedAt),
  );
  const middle = median(late) ?? 0;
  if (middle >= lateMs) faults.push('late');
  return { faults, acknowledged: taken.length, lateMs: middle };
}

function incidentOf(alert: Alert, acted: readonly Acted[]): Acted | undefined {
  return acted.find(({ id }) => id === alert.incidentId);
}

/** How often an alert came back soon after it had ended. */
function repeats(alerts: readonly Alert[]): number {
  const ended = new Map<string, number>();
  let count = 0;
  for (const { fingerprint, firedAt, since, resolvedAt } of alerts) {
    const before = ended.get(fingerprint);
    if (before !== undefined && (firedAt ?? since) - before <= flapWithinMs) count++;
    if (resolvedAt !== null) ended.set(fingerprint, resolvedAt);
  }
  return count;
}

export function adviceFor(input: {
  readonly rule: Rule;
  readonly target: string;
  readonly alerts: readonly Alert[];
  readonly acted: readonly Acted[];
  /** Null where nothing is stored to replay. */
  readonly play: ((changed: Rule) => Rehearsed[]) | null;
  /** How much of the span is stored of what the rule judges. */
  readonly storedMs: number;
  readonly to: number;
  readonly timezone: string;
}): Advice | null {
  const { rule, target, alerts, acted, play, storedMs, to, timezone } = input;
  const { faults, acknowledged, lateMs: late } = faultsOf(alerts, acted);
  if (faults.length === 0) return null;
  const lasted = alerts.flatMap(({ firedAt, resolvedAt }) =>
    firedAt !== null && resolvedAt !== null ? [resolvedAt - firedAt] : [],
  );
  const medianMs = median(lasted);
  const mine = acted.filter(({ targets }) => targets.includes(target));
  const replayed = (changed: Rule) => (play ? { alerts: play(changed), acted: mine, to } : null);
  const proposal =
    storedMs < leastStoredMs
      ? null
      : faults[0] === 'late' && faults.length === 1
        ? earlier(rule, replayed)
        : (quieter(rule, replayed, timezone) ?? demotion(rule, faults, alerts.length));
  const said = [
    `${count(alerts.length, 'alert')}, ${acknowledged} acknowledged or acted on`,
    ...(medianMs === null ? [] : [`half were over within ${formatDuration(medianMs)}`]),
    ...(faults.includes('late') ? [`the trouble began ${formatDuration(late)} before it told`] : []),
  ];
  return {
    rule: rule.id,
    target,
    faults,
    alerts: alerts.length,
    acknowledged,
    medianMs,
    why: said.join('; '),
    proposal,
    unproposed: proposal === null ? unproposedWords(rule, storedMs) : null,
  };
}

function unproposedWords(rule: Rule, storedMs: number): string {
  if (storedMs < leastStoredMs)
    return `Only ${formatDuration(storedMs)} of it are stored: too little to propose a change by, which takes ${formatDuration(leastStoredMs)}.`;
  return findsOutage(rule)
    ? 'It finds outages: that it waits longer or calls nobody is not proposed, as a real one would be told later.'
    : 'No setting that was tried would have helped.';
}

/** Of these the next alert may be the real one, whatever the last ones were. */
function findsOutage({ id }: Pick<Rule, 'id'>): boolean {
  return id.endsWith('.down');
}

interface Replay {
  readonly alerts: readonly Rehearsed[];
  readonly acted: readonly Acted[];
  readonly to: number;
}
type Replaying = (changed: Rule) => Replay | null;

const minuteMs = 60_000;
const longer = [1, 2, 5, 10, 15, 30].map((minutes) => minutes * minuteMs);

/** The smallest change that saves half of the alerts and loses no incident that people took for one. */
function quieter(rule: Rule, replayed: Replaying, timezone: string): Proposal | null {
  const present = replayed(rule);
  if (!present || present.alerts.length < 2) return null;
  const candidates = [
    ...longer
      .filter((ms) => ms > rule.forMs && !findsOutage(rule))
      .map((forMs) => ({ set: `for: ${short(forMs)}`, rule: { ...rule, forMs } })),
    ...longer
      .filter((ms) => ms > rule.clearForMs)
      .map((clearForMs) => ({ set: `clearFor: ${short(clearForMs)}`, rule: { ...rule, clearForMs } })),
  ];
  const kept = incidentsOf(present);
  for (const candidate of candidates) {
    const changed = replayed(candidate.rule);
    if (!changed) continue;
    const saved = present.alerts.length - changed.alerts.length;
    const lost = [...kept.keys()].filter((id) => !incidentsOf(changed).has(id));
    if (saved < present.alerts.length * worthShare || lost.length > 0) continue;
    const [left, before] = [changed.alerts.length, present.alerts.length];
    const compared =
      left === 0
        ? `stayed silent instead of alerting ${often(before)}`
        : `alerted ${often(left)} instead of ${before}`;
    const price = priceOf(kept, incidentsOf(changed), {
      laterMs: candidate.rule.forMs - rule.forMs,
      endMs: candidate.rule.clearForMs - rule.clearForMs,
      timezone,
    });
    return {
      set: candidate.set,
      words: `would have ${compared}; ${price}`,
    };
  }
  return null;
}

const mostNamed = 3;

/** What people took for real, and how much later each would have been told. */
function priceOf(
  kept: ReadonlyMap<string, number>,
  changed: ReadonlyMap<string, number>,
  about: { readonly laterMs: number; readonly endMs: number; readonly timezone: string },
): string {
  const end = about.endMs > 0 ? `their end up to ${formatDuration(about.endMs)} later` : null;
  if (kept.size === 0)
    return `none of them was acted on, and ${end === null ? `a real one would be told ${formatDuration(about.laterMs)} later` : end}`;
  const delays = [...kept].map(([id, at]) => ({ at, ms: (changed.get(id) ?? at) - at }));
  const late = delays.filter(({ ms }) => ms > 0).toSorted((a, b) => b.ms - a.ms);
  if (late.length === 0)
    return `${kept.size === 1 ? 'the real one' : `the ${kept.size} real ones`} as early as ${kept.size === 1 ? 'it was' : 'they were'}${end === null ? '' : `, ${end}`}`;
  const named = late
    .slice(0, mostNamed)
    .toSorted((a, b) => a.at - b.at)
    .map(
      ({ at, ms }, index) =>
        `${index === 0 ? 'the real one' : 'that'} of ${wallText(at, about.timezone)} ${formatDuration(ms)} later`,
    );
  const rest = late.length - named.length;
  return [...named, ...(rest > 0 ? [`${rest} further by less`] : [])].join(', ');
}

/** Half of what it waits, or none of it, where that brings few more alerts. */
function earlier(rule: Rule, replayed: Replaying): Proposal | null {
  const present = replayed(rule);
  if (!present || rule.forMs === 0) return null;
  const kept = incidentsOf(present);
  for (const forMs of [0, Math.round(rule.forMs / 2)]) {
    const changed = replayed({ ...rule, forMs });
    if (!changed) continue;
    const more = changed.alerts.length - present.alerts.length;
    const gained = [...kept].map(([id, at]) => at - (incidentsOf(changed).get(id) ?? at));
    const gain = median(gained) ?? 0;
    if (gain <= 0 || more > present.alerts.length * worthShare) continue;
    const times = often(changed.alerts.length);
    const price = more === 0 ? `${times} as it did` : `${times} instead of ${present.alerts.length}`;
    const real = kept.size === 1 ? 'the real one' : 'the real ones';
    return {
      set: `for: ${short(forMs)}`,
      words: `would have told ${real} ${formatDuration(gain)} earlier, and alerted ${price}`,
    };
  }
  return null;
}

function demotion(rule: Rule, faults: readonly Fault[], alerts: number): Proposal | null {
  if (!faults.includes('never acted on') || findsOutage(rule)) return null;
  const { warning, critical } = rule.levels;
  const none = `instead of ${often(alerts)}, none of them acted on`;
  if (warning === 'low' && critical === 'low')
    return {
      set: 'enabled: false',
      words: `would not have alerted once ${none}; a real one would be missed, so write down what to do where it matters`,
    };
  return {
    set: 'levels: { warning: low, critical: low }',
    words: `would have called nobody ${none}; a real one would wait as long`,
  };
}

/** By incident that an alert falls into, when the first such alert fired; one alert may lead to several. */
function incidentsOf({ alerts, acted, to }: Replay): Map<string, number> {
  const found = new Map<string, number>();
  for (const { id, from, to: end } of acted)
    for (const { firedAt, resolvedAt } of alerts)
      if (firedAt <= end && (resolvedAt ?? to) >= from)
        found.set(id, Math.min(firedAt, found.get(id) ?? firedAt));
  return found;
}

function short(ms: number): string {
  return ms === 0 ? '0s' : ms % minuteMs === 0 ? `${ms / minuteMs}m` : `${Math.round(ms / 1_000)}s`;
}

function median(values: readonly number[]): number | null {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? null;
}
