import type { RuleLevel } from './rule.ts';
import type { Labels } from './sample.ts';
import type { Level } from './severity.ts';

/** One rule holding for one label set of one target. Times are epoch milliseconds. */
export interface Alert {
  readonly id: string;
  /** `rule|target|labels`: at most one open alert has it. */
  readonly fingerprint: string;
  readonly rule: string;
  readonly target: string;
  readonly labels: Labels;
  readonly summary: string;
  readonly state: 'pending' | 'firing' | 'resolved';
  readonly ruleLevel: RuleLevel;
  readonly level: Level;
  readonly value: number | null;
  readonly threshold: number | null;
  /** What the probe says: `connect ECONNREFUSED 127.0.0.1:3000`; follows when it fails by another error. */
  readonly detail: string;
  /** What it said when the alert fired; absent where it says the same still. */
  readonly firstDetail?: string;
  /** All that its source said of it, by name: annotations of a foreign alert, output of a job. Text from outside. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Of a rule that tells how the target is set up, no symptom: see `RuleBase.isHygiene`. */
  readonly isHygiene?: boolean;
  /** When the condition began to hold. */
  readonly since: number;
  readonly firedAt: number | null;
  readonly resolvedAt: number | null;
  readonly incidentId: string | null;
  /** What holds it back while it belongs to no incident: `silence:<id>`, `maintenance:<name>`, or `upkeep:own-trouble`. */
  readonly heldBy: string | null;
}
