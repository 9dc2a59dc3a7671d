/** Whether a failover could be done just now, in words. Pure. */

export interface FailoverReadiness {
  /** `unknown` where it could not be found out: that is no `ready`. */
  readonly state: 'ready' | 'cannot' | 'unknown';
  /** Why it cannot, or why that is not known; empty where it is ready. */
  readonly reason: string;
  /** What does not hinder it and hurts: no slot, nothing that could be rewound. Empty where nothing is known. */
  readonly hurts: string;
  /** Those that the primary's trouble reaches. */
  readonly services: readonly string[];
}

/** Begins in lower case and has no full stop. */
export function readinessWords({ state, reason, hurts, services }: FailoverReadiness): string {
  const but = hurts === '' || reason.includes(hurts) ? '' : `; what the check of the replica says: ${hurts}`;
  if (state === 'cannot') return `${cannotFailOver(services, reason)}${but}`;
  if (state === 'unknown')
    return `whether a failover${of(services)} could run now is unknown: ${reason}${but}`;
  return `a failover${of(services)} could run now, as far as its plan shows${but}`;
}

export function cannotFailOver(services: readonly string[], reason: string): string {
  return `a failover${of(services)} cannot run now: ${reason}`;
}

const of = (services: readonly string[]) => (services.length === 0 ? '' : ` of ${services.join(', ')}`);
