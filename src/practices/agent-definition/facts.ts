/** What an assistant must know of this Upkeep before it begins: all of it from the configuration. */
import type { Configuration } from '../../core/configuration.ts';
import type { Level } from '../../core/severity.ts';

export interface WatchedFact {
  readonly target: string;
  readonly system: string;
  /** Without credentials, as the status shows it. */
  readonly address: string;
  readonly environment: string | null;
  readonly everyMs: number;
  readonly dependsOn: readonly string[];
}

export interface ThresholdFact {
  readonly rule: string;
  readonly summary: string;
  readonly targets: readonly string[];
  /** In words: `> 70 % for 5m`. */
  readonly warning: string | null;
  readonly critical: string | null;
  /** Set by the team, not a default. */
  readonly isOwn: boolean;
}

export interface ActionFact {
  readonly action: string;
  readonly summary: string;
  readonly risk: string;
  readonly targets: readonly string[];
}

export interface EscalationFact {
  readonly level: Level;
  /** The team's word: `SEV1`. */
  readonly severity: string;
  readonly steps: readonly { readonly afterMs: number; readonly notify: readonly string[] }[];
  /** As in upkeep.yaml: `15m`, `next business day`; null where none is promised. */
  readonly respond: string | null;
  readonly resolve: string | null;
}

export interface DefinitionFacts {
  readonly configuration: Pick<
    Configuration,
    'name' | 'timezone' | 'environment' | 'services' | 'guard' | 'maintenance' | 'reports' | 'notifiers'
  >;
  readonly watched: readonly WatchedFact[];
  readonly thresholds: readonly ThresholdFact[];
  readonly actions: readonly ActionFact[];
  readonly escalation: readonly EscalationFact[];
  /** Where it answers: `http://127.0.0.1:4747`. */
  readonly url: string;
}

/** What the definition tells an assistant to call: nothing that its scopes `read` and `operate` do not offer. */
export const taught = [
  ['status.show', 'what is up and what is not, open incidents, error budgets: always first'],
  ['incident.list', 'incidents; open ones unless told otherwise'],
  ['incident.show', 'one incident whole: alerts, findings with evidence, actions, timeline, runbooks'],
  ['question.ask', 'a question in plain words, with a symptom and a time: looks at now and at the past'],
  ['target.investigate', 'gather evidence now and rank the causes, for a target or a service'],
  ['change.list', 'what was changed before the trouble began'],
  ['samples.query', 'a metric over time'],
  ['rule.show', 'what a rule means, where every series stands, its runbook'],
  ['slo.list', 'objectives and what is left of their error budgets'],
  ['guard.explain', 'what the guard would say to an action and why, without doing anything'],
  ['guard.classify', 'how much a statement or command may do; runs nothing'],
  ['action.propose', 'propose an action; it waits for a person'],
  ['action.show', 'what became of an action: never claim success before it says so'],
] as const;
