/**
 * What the public may know of an incident: that components have a problem, since when, and what somebody published.
 * Titles, findings and targets stay inside. Pure.
 */
import type { Lull } from './incident/lulls.ts';
import {
  fillTemplate,
  type StakeholderUpdate,
  type UpdateStatus,
  updateTemplates,
} from './incident/update.ts';
import type { MaintenanceWindow } from './maintenance.ts';
import { coverage, occurrencesOf } from './maintenance.ts';
import { askedOf } from './maintenance-notice.ts';
import type { Level } from './severity.ts';
import {
  type ComponentSettings,
  impactOfLevel,
  type PublicIncident,
  type PublicMaintenance,
  type PublicUpdate,
} from './status-page.ts';
import { formatDuration } from './time.ts';
import type { Topology } from './topology.ts';

/** What is read of an incident for the page; the rest is not even asked for. */
export interface IncidentFacts {
  readonly id: string;
  readonly level: Level;
  readonly targets: readonly string[];
  /** Targets that something of it fires on, budgets left out; absent of one that is over, or was declared by hand. */
  readonly firingOn?: readonly string[];
  readonly services: readonly string[];
  readonly openedAt: number;
  /** The last time that it came back after it was over. */
  readonly reopenedAt?: number;
  /** When it was over between, oldest first. */
  readonly lulls?: readonly Lull[];
  readonly mitigatedAt: number | null;
  readonly resolvedAt: number | null;
}

/**
 * Where a component shows services, an incident reaches it by those that it had reached then: a service that is declared
 * later has no part in what was before.
 */
export function componentsOf(
  reached: { readonly targets: readonly string[]; readonly services: readonly string[] },
  components: readonly ComponentSettings[],
): ComponentSettings[] {
  return components.filter(({ services, targets }) =>
    services.length > 0
      ? services.some((name) => reached.services.includes(name))
      : targets.some((name) => reached.targets.includes(name)),
  );
}

/** What those outside call services: as the status page does where it shows one by itself. */
export function namesForUsers(
  services: readonly string[],
  components: readonly ComponentSettings[],
): string[] {
  const names = services.map(
    (service) => components.find((component) => component.services.includes(service))?.name ?? service,
  );
  return [...new Set(names)];
}

export interface TellingRules {
  readonly components: readonly ComponentSettings[];
  readonly announce: 'automatic' | 'by-hand';
  /** What is over may come back for so long. */
  readonly reopenWithinMs: number;
  /** Moments in the words of the page. */
  readonly when: (at: number) => string;
  readonly idOf: (text: string) => string;
}

/** Null for what nobody published and what is told by hand, or reaches no component. */
export function publicIncident(
  incident: IncidentFacts,
  updates: readonly StakeholderUpdate[],
  rules: TellingRules,
): PublicIncident | null {
  const reached = componentsOf(incident, rules.components);
  const published = updates.filter((update) => update.isPublic);
  const isGrave = incident.level === 'critical' || incident.level === 'high';
  const isTold = rules.announce === 'automatic' && isGrave && reached.length > 0;
  if (published.length === 0 && !isTold) return null;
  const names = reached.map(({ name }) => name);
  const id = rules.idOf(`incident ${incident.id}`);
  const all = withOwnWords(incident, published, names, rules, id);
  return {
    id,
    title: names.length === 0 ? 'Problem with our services' : `Problem with ${listed(names)}`,
    impact: impactOfLevel(incident.level),
    status: incident.resolvedAt === null ? (all.at(-1)?.status ?? 'investigating') : 'resolved',
    openedAt: incident.openedAt,
    resolvedAt: incident.resolvedAt,
    components: names,
    updates: all.reverse(),
  };
}

const againWithinMs = 3_600_000;

/** Oldest first; each beginning and end, and the treatment, are told in general words where nobody told them. */
function withOwnWords(
  incident: IncidentFacts,
  published: readonly StakeholderUpdate[],
  names: readonly string[],
  { when, idOf, reopenWithinMs }: TellingRules,
  id: string,
): PublicUpdate[] {
  const { openedAt, reopenedAt, mitigatedAt, resolvedAt } = incident;
  const services = names.length === 0 ? 'our services' : listed(names);
  const spells = spellsOf(incident);
  const since = reopenedAt ?? openedAt;
  const own = (key: string, status: UpdateStatus, at: number, from = since): PublicUpdate => ({
    id: idOf(`${id} ${key}`),
    at,
    status,
    text: ownText(status, services, when(at < from ? openedAt : from), at - from),
  });
  const said = published.map((update): PublicUpdate => {
    const { at, status, text } = update;
    return { id: idOf(`update ${update.id}`), at, status, text };
  });
  const has = (status: UpdateStatus, from: number, to = Number.POSITIVE_INFINITY) =>
    said.some((update) => update.status === status && update.at >= from && update.at < to);
  const first = said[0]?.at ?? Number.POSITIVE_INFINITY;
  const hours = new Set<number>();
  const returns = spells.slice(1).flatMap(({ from }, index): PublicUpdate[] => {
    const hour = Math.floor(from / againWithinMs);
    // What goes and comes is told once an hour.
    const isTold = !hours.has(hour);
    hours.add(hour);
    if (has('investigating', from, spells[index + 2]?.from)) return [];
    const text = `The problem with ${services} happens again since ${when(from)}. We are investigating.`;
    const key = isTold ? `again ${hour}` : `again at ${from}`;
    return [
      {
        ...{ id: idOf(`${id} ${key}`), at: from, status: 'investigating', text },
        ...(isTold ? {} : { tellAt: null }),
      },
    ];
  });
  const ends = spells.flatMap(({ from, to }, index): PublicUpdate[] => {
    const next = spells[index + 1];
    const start = index === 0 && next === undefined ? Number.NEGATIVE_INFINITY : from;
    if (to === null || has('resolved', start, next?.from)) return [];
    const end = own(index === 0 ? 'resolved' : `resolved at ${to}`, 'resolved', to, from);
    // What goes up and down is over once it does not come back.
    const tellAt = next ? null : resolvedAt !== null && reopenedAt ? resolvedAt + reopenWithinMs : undefined;
    return [{ ...end, ...(tellAt === undefined ? {} : { tellAt }) }];
  });
  const isTreated = mitigatedAt !== null && mitigatedAt >= since;
  const after = reopenedAt === undefined ? Number.NEGATIVE_INFINITY : since;
  return [
    ...(said.some(({ status }) => status === 'investigating') || first <= openedAt
      ? []
      : [own('investigating', 'investigating', openedAt, openedAt)]),
    ...(isTreated && !has('monitoring', after) ? [own('monitoring', 'monitoring', mitigatedAt)] : []),
    ...returns,
    ...ends,
    ...said,
  ].sort((a, b) => a.at - b.at);
}

/** Each time that it was open, oldest first; the end is null where it lasts, and where nobody kept it. */
function spellsOf({ openedAt, reopenedAt, resolvedAt, lulls = [] }: IncidentFacts) {
  const last = lulls.at(-1)?.to;
  const starts = [openedAt, ...lulls.map(({ to }) => to)];
  if (reopenedAt !== undefined && reopenedAt !== last) starts.push(reopenedAt);
  return starts.map((from, index) => ({
    from,
    to: index === starts.length - 1 ? resolvedAt : (lulls[index]?.from ?? null),
  }));
}

/** Nobody promises for us when more is told. */
function ownText(status: UpdateStatus, services: string, since: string, lastedMs: number): string {
  const template = updateTemplates[status].replace(/ We will tell more by \{next\}\./, '');
  const duration = formatDuration(Math.max(60_000, Math.round(lastedMs / 60_000) * 60_000));
  const values = { services, since, duration, severity: '', title: '', cause: '', status, next: '' };
  const filled = fillTemplate(template, values);
  return filled.kind === 'filled' ? filled.text : '';
}

function listed(names: readonly string[]): string {
  if (names.length > 4) return `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** A rule that comes more often than this in the past is not listed there. */
const mostPast = 12;

/**
 * Stretches of windows that concern a component: over since `from`, running, and the next one until `to`. A window's
 * name and what is done stay inside; its impact and what users have to do were written for them.
 */
export function publicMaintenance(
  windows: readonly MaintenanceWindow[],
  { from, now, to }: { readonly from: number; readonly now: number; readonly to: number },
  topology: Topology,
  { components, idOf }: Pick<TellingRules, 'components' | 'idOf'>,
): PublicMaintenance[] {
  return windows
    .flatMap((window): PublicMaintenance[] => {
      const covers = coverage(window, topology);
      const reached = components.filter(
        (component) => covers === null || component.targets.some((target) => covers.has(target)),
      );
      if (reached.length === 0) return [];
      const names = reached.map(({ name }) => name);
      const all = occurrencesOf(window, from, to);
      const past = all.filter(({ endsAt }) => endsAt <= now);
      const running = all.filter(({ startsAt, endsAt }) => startsAt <= now && endsAt > now);
      const next = all.filter(({ startsAt }) => startsAt > now).slice(0, 1);
      return [...(past.length > mostPast ? [] : past), ...running, ...next].map(({ startsAt, endsAt }) => ({
        id: idOf(`window ${window.name} ${startsAt}`),
        title: `Planned maintenance of ${names.length === components.length && names.length > 1 ? 'all components' : listed(names)}`,
        text: [window.impact ?? 'There may be short interruptions.', askedOf(window.actionRequired)]
          .filter((text) => text !== null)
          .join('\n\n'),
        startsAt,
        endsAt,
        status: endsAt <= now ? 'ended' : startsAt <= now ? 'running' : 'scheduled',
        components: names,
        isOnce: window.rrule === null,
        noticeAt: startsAt - window.noticeBeforeMs,
      }));
    })
    .sort((a, b) => a.startsAt - b.startsAt);
}
