/** What makes an alert. Rules come with a system (`rules.yaml`) and are overridden in `upkeep.yaml`. */
import type { BurnRule } from './burn-rate/objective.ts';
import type { Labels } from './sample.ts';
import type { Level } from './severity.ts';

export interface RuleBase {
  /** `postgres.connections`: the system's kind, a dot, a name. */
  readonly id: string;
  readonly summary: string;
  /** The metric whose samples are judged. */
  readonly metric: string;
  /** Only series whose labels carry these values. */
  readonly where?: Labels;
  /** How long the condition must hold before the alert fires. */
  readonly forMs: number;
  /** How long it must stay away before the alert ends. */
  readonly clearForMs: number;
  /** Which of the four levels a warning and a critical alert have. */
  readonly levels: { readonly warning: Level; readonly critical: Level };
  /** A second floor: the rule holds only while this metric of the same target is above it. */
  readonly and?: { readonly metric: string; readonly above: number };
  /** Text for people: what it means, what to look at, what to do. Markdown. */
  readonly runbook: string;
  /** Where the threshold comes from. */
  readonly source?: string;
  readonly enabled: boolean;
  /**
   * It tells how a target is set up (no limit, no support, more open than meant), which is so on good days too: no symptom.
   * Its alerts are lines of their own, and nothing that explains them is the cause of a trouble.
   */
  readonly isHygiene?: boolean;
  /** What stands of it in upkeep.yaml, the one that speaks last at the end; nothing for a default. */
  readonly origins?: readonly RuleOrigin[];
}

export interface RuleOrigin {
  /** `targets.db.rules.postgres.connections` */
  readonly path: string;
  readonly line: number;
  readonly fields: readonly string[];
}

export interface ThresholdRule extends RuleBase {
  readonly kind: 'threshold';
  readonly direction: 'above' | 'below';
  readonly warning?: number;
  readonly critical?: number;
  /** Share of the threshold that a value must go back beyond it before the level clears (0.05 = 5 %). */
  readonly hysteresis: number;
  /** Judge the increase of a counter over this span instead of its value. */
  readonly increaseMs?: number;
  /** Judge the value as a share of this metric of the same labels, else of the whole target. */
  readonly of?: string;
}

/** Fires while the value is one of those named. */
export interface StateRule extends RuleBase {
  readonly kind: 'state';
  readonly warning?: readonly number[];
  readonly critical?: readonly number[];
}

/** Fires when a series that was there has had no sample for `forMs`. */
export interface AbsenceRule extends RuleBase {
  readonly kind: 'absence';
  readonly critical: boolean;
}

/** Fires when a resource runs out within a time (`core/forecast/exhaustion.ts`). */
export interface ForecastRule extends RuleBase {
  readonly kind: 'forecast';
  /** `rising`: used up at the limit. `falling`: what is left of the limit, used up at 0. */
  readonly direction: 'rising' | 'falling';
  /** In the unit of the metric, or the newest value of the metric `of`. */
  readonly limit?: number;
  readonly of?: string;
  /** Fires when it runs out within so many milliseconds. */
  readonly warning?: number;
  readonly critical?: number;
}

/** Fires on values that the series has not shown before (`core/anomaly`). Never critical unless told. */
export interface AnomalyRule extends RuleBase {
  readonly kind: 'anomaly';
  readonly direction: 'above' | 'below' | 'either';
  /** Score from which it is critical, in widths of the usual range; never where undefined. */
  readonly critical?: number;
  /** Counters are judged as rates per second. */
  readonly isCounter: boolean;
}

/** Fires while something increases or decreases (`core/trend`). */
export interface TrendRule extends RuleBase {
  readonly kind: 'trend';
  readonly direction: 'rising' | 'falling';
  readonly overMs: number;
  /** Below this level nothing is said; per second for counters. */
  readonly least: number;
  /** Share of the middle level that it must change by over the span. */
  readonly change: number;
  readonly critical: boolean;
  readonly isCounter: boolean;
}

/** Fires for a series whose `label` has a value never seen before on its target (`core/novelty`). */
export interface NewRule extends RuleBase {
  readonly kind: 'new';
  readonly label: string;
  /** What is new is told once its value reaches this, if it does within a day; at its first value where left out. */
  readonly least?: number;
  readonly learnMs: number;
  /** How long what is new is told of. */
  readonly holdMs: number;
  readonly critical: boolean;
}

export type ObjectiveKind = 'availability' | 'latency';

/** Fires while a service's error budget burns too fast (`core/burn-rate`): a page is critical, a ticket a warning. */
export interface BurnRateRule extends RuleBase {
  readonly kind: 'burn-rate';
  readonly service: string;
  readonly objective: ObjectiveKind;
  readonly windows: readonly BurnRule[];
  /** A window holds only with so many bad events; 0 for any. */
  readonly leastBad: number;
}

/** Rules that judge a series by what they remember of it. */
export type LearnedRule = ForecastRule | AnomalyRule | TrendRule | NewRule;
export type Rule = ThresholdRule | StateRule | AbsenceRule | LearnedRule | BurnRateRule;
export type RuleLevel = 'warning' | 'critical';

export function isLearned(rule: Rule): rule is LearnedRule {
  return ['forecast', 'anomaly', 'trend', 'new'].includes(rule.kind);
}
