/** What makes an alert. Rules come with a system (`rules.yaml`) and are overridden in `upkeep.yaml`. */
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

export type Rule = ThresholdRule | StateRule | AbsenceRule;
export type RuleLevel = 'warning' | 'critical';
