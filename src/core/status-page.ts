/** The public status page: what it may say, and in which state its components are. Pure; nothing internal is in these types. */
import type { UpdateStatus } from './incident/update.ts';
import type { Level } from './severity.ts';

/** From good to bad as far as they can be compared; `unknown` is grey and never taken for operational. */
const componentStates = ['operational', 'unknown', 'maintenance', 'degraded', 'partial', 'major'] as const;
export type ComponentState = (typeof componentStates)[number];

export interface ComponentSettings {
  readonly name: string;
  readonly group: string | null;
  readonly description: string | null;
  /** Every target that it consists of, those of its services included. */
  readonly targets: readonly string[];
  readonly services: readonly string[];
}

export interface StatusPageSettings {
  readonly title: string;
  /** Who may read it where Upkeep serves it: nobody, who has the secret address, everybody. */
  readonly access: 'off' | 'link' | 'public';
  /** Where its files are written; absolute. */
  readonly folder: string;
  /** Where people read it, without a slash at the end; for the feed and for mails. */
  readonly url: string | null;
  readonly timezone: string;
  /** In the order of the page. */
  readonly components: readonly ComponentSettings[];
  /** Whether incidents of high and critical level are told in general words before somebody writes of them. */
  readonly announce: 'automatic' | 'by-hand';
  /** Name of the e-mail notifier that subscribers are written to by; null where nobody can subscribe. */
  readonly subscriptions: string | null;
  readonly branding: {
    /** Absolute paths. */
    readonly logo: string | null;
    readonly css: string | null;
    /** `#rrggbb` */
    readonly accent: string | null;
    readonly footer: readonly { readonly text: string; readonly url: string }[];
  };
}

/** The page as those who run it see it. */
export interface StatusPageView {
  readonly title: string;
  readonly access: StatusPageSettings['access'];
  readonly overall: ComponentState;
  readonly components: readonly {
    readonly name: string;
    readonly group: string | null;
    readonly state: ComponentState;
    readonly uptime: number | null;
  }[];
  readonly openIncidents: readonly string[];
  readonly folder: string;
  readonly files: number;
  /** Epoch milliseconds. */
  readonly writtenAt: number;
  /** Why the last writing failed; null where it did not. */
  readonly problem: string | null;
}

/** Times are epoch milliseconds. */
export interface SubscriberView {
  readonly id: string;
  readonly address: string;
  readonly createdAt: number;
  readonly confirmedAt: number | null;
}

export interface ComponentFacts {
  /** Confirmed: 1 answers, 0 does not, null nobody knows. */
  readonly targets: readonly (1 | 0 | null)[];
  /** Open ones that reach it. */
  readonly incidents: readonly {
    readonly level: Level;
    readonly isMitigated: boolean;
    /** Nothing of it fires on a target of the component: an error budget, or only what that needs. */
    readonly isElsewhere?: boolean;
    /** It fires on some targets of the component, and on others of it not. */
    readonly isOnSome?: boolean;
  }[];
  readonly isUnderMaintenance: boolean;
}

/**
 * The worst of what incidents and checks say. A critical incident is a major outage, or a partial one while other
 * targets of the component answer; high a partial outage; medium, and whatever is treated but watched, degraded. Where
 * no target answers it is a major outage, where some do a partial one; in a running window that is maintenance. What is
 * not known is `unknown`. While every target answers, an incident that only burns its error budget, or fires only on what
 * it needs, or is high on some of them only, is degraded at worst, and a critical one on some of them a partial outage.
 */
export function componentState({ targets, incidents, isUnderMaintenance }: ComponentFacts): ComponentState {
  const isSplit = targets.includes(0) && targets.includes(1);
  const byIncidents = worstState(
    incidents.map((incident) =>
      stateOfIncident(incident, isSplit, targets.length > 0 && targets.every((up) => up === 1)),
    ),
  );
  if (isUnderMaintenance) return byIncidents === 'operational' ? 'maintenance' : byIncidents;
  const byChecks = targets.every((up) => up === 0) ? 'major' : 'partial';
  if (targets.includes(0)) return worstState([byIncidents, byChecks]);
  if (byIncidents !== 'operational') return byIncidents;
  return targets.length === 0 || targets.includes(null) ? 'unknown' : 'operational';
}

function stateOfIncident(
  { level, isMitigated, isElsewhere, isOnSome }: ComponentFacts['incidents'][number],
  isSplit: boolean,
  doAllAnswer: boolean,
): ComponentState {
  const state = impactOfLevel(level);
  if (state === 'operational' || isMitigated || (isElsewhere && doAllAnswer))
    return state === 'operational' ? state : 'degraded';
  if (isOnSome && doAllAnswer) return state === 'major' ? 'partial' : 'degraded';
  return state === 'major' && isSplit ? 'partial' : state;
}

export function impactOfLevel(level: Level): ComponentState {
  return ({ critical: 'major', high: 'partial', medium: 'degraded', low: 'operational' } as const)[level];
}

/** The worst of several; operational where there are none. */
export function worstState(states: readonly ComponentState[]): ComponentState {
  return states.reduce<ComponentState>(
    (worst, state) => (componentStates.indexOf(state) > componentStates.indexOf(worst) ? state : worst),
    'operational',
  );
}

/** The page as a whole: a major outage when at least half of it is down, unknown where nothing is on it. */
export function overallState(states: readonly ComponentState[]): ComponentState {
  if (states.length === 0) return 'unknown';
  const worst = worstState(states);
  if (worst !== 'major') return worst;
  return states.filter((state) => state === 'major').length * 2 >= states.length ? 'major' : 'partial';
}

/** Two results in a row say that a target is down; one alone may be the network between. */
export function confirmedUp(recent: readonly (1 | 0 | null)[], isStale: boolean): 1 | 0 | null {
  if (isStale || recent.length === 0) return null;
  const last = recent.at(-1) ?? null;
  if (last !== 0) return last;
  const before = recent.at(-2);
  return before === 0 || before === undefined ? 0 : before;
}

export interface DayBar {
  /** `2026-11-22` in the page's time zone. */
  readonly date: string;
  readonly state: ComponentState;
  /** 0 to 1 of the measured time outside of maintenance; null where nothing was measured. */
  readonly uptime: number | null;
  readonly downMs: number;
  readonly measuredMs: number;
  /** Share of the day's past time outside of maintenance that was measured, 0 to 1. */
  readonly seen: number;
  readonly maintenanceMs: number;
  /** Titles of the public incidents of that day. */
  readonly incidents: readonly string[];
}

export interface PublicComponent {
  readonly id: string;
  readonly name: string;
  readonly group: string | null;
  readonly description: string | null;
  readonly state: ComponentState;
  /** Over the days that were measured, 0 to 1. */
  readonly uptime: number | null;
  /** Oldest first. */
  readonly days: readonly DayBar[];
}

export interface PublicUpdate {
  readonly id: string;
  readonly at: number;
  readonly status: UpdateStatus;
  /** Markdown. */
  readonly text: string;
  /** Subscribers are told from then on, where that is later than `at`; never where null: it stands on the page only. */
  readonly tellAt?: number | null;
}

export interface PublicIncident {
  readonly id: string;
  readonly title: string;
  readonly impact: ComponentState;
  readonly status: UpdateStatus;
  readonly openedAt: number;
  readonly resolvedAt: number | null;
  /** Names. */
  readonly components: readonly string[];
  /** Newest first. */
  readonly updates: readonly PublicUpdate[];
}

export interface PublicMaintenance {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly startsAt: number;
  readonly endsAt: number;
  readonly status: 'scheduled' | 'running' | 'ended';
  readonly components: readonly string[];
  /** Once, not by a rule: subscribers are written to. */
  readonly isOnce: boolean;
  /** From when on subscribers are told. */
  readonly noticeAt: number;
}

/** Everything that the page says. Times are epoch milliseconds. */
export interface PublicPage {
  readonly title: string;
  readonly url: string | null;
  readonly timezone: string;
  readonly writtenAt: number;
  /** From then on what is shown may be out of date. */
  readonly staleAfter: number;
  readonly overall: ComponentState;
  readonly components: readonly PublicComponent[];
  /** Newest first. */
  readonly incidents: readonly PublicIncident[];
  /** By their start, oldest first; those that are over included. */
  readonly maintenance: readonly PublicMaintenance[];
}
