/** Rules in force, and what they would have done. Times are epoch milliseconds. */
import { queryOptions } from '@tanstack/react-query';
import type { RuleOrigin } from '../../../src/core/rule.ts';
import type { Labels } from '../../../src/core/sample.ts';
import { queryText, request } from './request.ts';

export interface RuleRow {
  readonly id: string;
  readonly kind: string;
  readonly summary: string;
  readonly metric: string;
  readonly isEnabled: boolean;
  readonly isOverridden: boolean;
  readonly targets: readonly string[];
  /** In words: `> 80 % for 5 m`; null where there is no such level. */
  readonly warning: string | null;
  readonly critical: string | null;
  readonly firing: number;
  readonly firedIn30Days: number;
  readonly lastFiredAt: number | null;
}

export interface FiringView {
  readonly target: string;
  readonly labels: Labels;
  readonly level: string;
  readonly firedAt: number;
  readonly resolvedAt: number | null;
  readonly incidentId: string | null;
}

export interface RuleOnTarget {
  readonly target: string;
  readonly isEnabled: boolean;
  readonly where: Labels;
  readonly warning: string | null;
  readonly critical: string | null;
  readonly forMs: number;
  readonly clearForMs: number;
  /** The default of the system where empty; the last one speaks last. */
  readonly origins: readonly RuleOrigin[];
  readonly series: readonly {
    readonly labels: Labels;
    readonly phase: 'ok' | 'pending' | 'firing' | 'unknown';
    readonly level: string | null;
    readonly since: number | null;
    readonly value: number | null;
    readonly reason: string | null;
  }[];
}

export interface RuleView {
  readonly id: string;
  readonly kind: string;
  readonly summary: string;
  readonly metric: string;
  readonly source: string | null;
  readonly runbook: string;
  readonly targets: readonly RuleOnTarget[];
  readonly firings: readonly FiringView[];
}

export interface Replayed {
  readonly alerts: readonly {
    readonly labels: Labels;
    readonly firedAt: number;
    readonly resolvedAt: number | null;
    readonly level: string;
    readonly incident: string | null;
  }[];
  readonly acknowledged: number;
  readonly firingMs: number;
}

export interface Replay {
  readonly from: number;
  readonly to: number;
  readonly set: string | null;
  readonly words: string;
  readonly targets: readonly {
    readonly target: string;
    readonly warning: string | null;
    readonly critical: string | null;
    readonly present: Replayed;
    readonly changed:
      | (Replayed & { readonly warning: string | null; readonly critical: string | null })
      | null;
  }[];
}

export const rulesQuery = queryOptions({
  queryKey: ['rules'],
  queryFn: ({ signal }) => request<RuleRow[]>('GET', '/rules', { signal }),
});

export const ruleQuery = (id: string) =>
  queryOptions({
    queryKey: ['rules', id],
    queryFn: ({ signal }) => request<RuleView>('GET', `/rules/${encodeURIComponent(id)}`, { signal }),
    refetchInterval: 30_000,
  });

export const requestReplay = (id: string, options: { since: string; target?: string; set?: string }) =>
  request<Replay>('GET', `/rules/${encodeURIComponent(id)}/replay${queryText({ ...options })}`);

export interface Tuning {
  readonly advice: readonly {
    readonly rule: string;
    readonly target: string;
    readonly faults: readonly string[];
    readonly alerts: number;
    readonly acknowledged: number;
    readonly why: string;
    /** `set` as it would stand in upkeep.yaml, `words` what it would have saved. */
    readonly proposal: { readonly set: string; readonly words: string } | null;
  }[];
}

export const requestTuning = () => request<Tuning>('GET', '/rule-tuning');
