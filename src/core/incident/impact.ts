/** Whom an incident reaches: services, users, failed requests, and for how long. Pure; what is not known is `unknown`. */
import type { EnteredUsers } from './conduct.ts';
import { type Lull, openMs } from './lulls.ts';

export interface Impact {
  readonly services: readonly string[];
  /**
   * Of them, those that need what failed while none of their own checks did: nobody saw that they were worse. Absent where
   * there is none.
   */
  readonly needing?: readonly string[];
  /** Of all services, 0 to 1, those in `needing` left out; null where none is configured. */
  readonly serviceShare: number | null;
  readonly durationMs: number;
  readonly users: {
    readonly count: number | null;
    /** 0 to 1 */
    readonly share: number | null;
    readonly source: 'entered' | 'measured' | 'unknown';
    /** Who said so and why, or how it was measured. */
    readonly note: string;
  };
  /** The backups that are at risk where that is all of it, so that nothing is down; absent otherwise. */
  readonly atRisk?: readonly string[];
  /** Over its duration; null where nothing measures it. */
  readonly requestsFailed: number | null;
}

/** What a service's own metrics said; null where it has none or nothing was measured. */
export interface ServiceMeasure {
  readonly service: string;
  /** The most of the hour before the incident. */
  readonly users: number | null;
  /** Increase from its opening to its end. */
  readonly failures: number | null;
}

export interface ImpactFacts {
  readonly services: readonly string[];
  /** Names of all that are configured. */
  readonly allServices: readonly string[];
  readonly openedAt: number;
  readonly resolvedAt: number | null;
  readonly lulls?: readonly Lull[];
  readonly entered: EnteredUsers | null;
  readonly measures: readonly ServiceMeasure[];
  /** Those with a check of their own that failed; all where absent. */
  readonly failing?: readonly string[];
  /** Names of the backups, where all of its alerts are of those. */
  readonly atRisk?: readonly string[];
}

export function impactOf(facts: ImpactFacts, now: number): Impact {
  const { allServices, measures, atRisk = [] } = facts;
  const isOutage = atRisk.length === 0;
  const services = isOutage ? facts.services : [];
  const { failing = services } = facts;
  const needing = services.filter((name) => !failing.includes(name));
  const known = services.filter((name) => allServices.includes(name) && !needing.includes(name));
  const failures = measures.filter((one) => services.includes(one.service)).map((one) => one.failures);
  const counted = failures.filter((count) => count !== null);
  return {
    services,
    ...(needing.length > 0 && { needing }),
    serviceShare: allServices.length === 0 ? null : known.length / allServices.length,
    durationMs: openMs(facts, now),
    users: usersOf({ ...facts, services }),
    ...(!isOutage && { atRisk }),
    requestsFailed: counted.length === 0 ? null : counted.reduce((sum, count) => sum + count, 0),
  };
}

function usersOf({ entered, services, measures, atRisk = [] }: ImpactFacts): Impact['users'] {
  if (entered) {
    const note = entered.note === '' ? `entered by ${entered.by}` : `${entered.note} (${entered.by})`;
    return { count: entered.count, share: entered.share, source: 'entered', note };
  }
  const users = measures.flatMap(({ service, users: count }) => (count === null ? [] : [{ service, count }]));
  const reached = users.filter(({ service }) => services.includes(service));
  if (reached.length === 0) {
    return {
      count: null,
      share: null,
      source: 'unknown',
      note:
        atRisk.length > 0
          ? 'nothing is down by it, so nobody should notice'
          : 'nobody entered it and no metric measures it',
    };
  }
  // Services share their users more often than not, so the largest counts, not the sum.
  const most = (of: readonly { count: number }[]) => Math.max(0, ...of.map(({ count }) => count));
  const [count, all] = [Math.round(most(reached)), most(users)];
  const missing = services.length - reached.length;
  const note = `most users of ${reached.map(({ service }) => service).join(', ')} in the hour before`;
  return {
    count,
    share: all > 0 ? Math.min(1, most(reached) / all) : null,
    source: 'measured',
    note: missing > 0 ? `${note}; ${missing} more reached without a users metric` : note,
  };
}

/** Of the services that it reaches, those with a check that failed, and all where nobody looked. */
export function failingServices({ services, needing = [] }: Pick<Impact, 'services' | 'needing'>): string[] {
  return services.filter((name) => !needing.includes(name));
}

/**
 * `shop (50 % of all); checkout needs what failed, and none of its own checks did`; empty where it reaches none.
 * @param share writes a share of 0 to 1
 */
export function reachWords(
  impact: Pick<Impact, 'services' | 'needing' | 'serviceShare'>,
  share: (share: number) => string,
): string {
  const { needing = [], serviceShare } = impact;
  const failing = failingServices(impact);
  const ofAll = serviceShare === null ? '' : ` (${share(serviceShare)} of all)`;
  const [need, whose] = needing.length === 1 ? ['needs', 'its'] : ['need', 'their'];
  return [
    ...(failing.length > 0 ? [`${failing.join(', ')}${ofAll}`] : []),
    ...(needing.length > 0
      ? [`${needing.join(', ')} ${need} what failed, and none of ${whose} own checks did`]
      : []),
  ].join('; ');
}
