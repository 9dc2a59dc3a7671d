/** A fire drill: a fault on purpose, what should become of it, and what was seen. Times are epoch milliseconds. */
import type { Scalar } from '../evidence.ts';

/** A finding that names the cause. */
export interface Cause {
  readonly diagnosis: string;
  readonly target: string;
}

/**
 * `always`: Upkeep ends it by itself · `ask`: it proposes and a person decides · `explain`: it names the cause, and no
 * action is safe or known · `nothing`: a control; there is nothing to be done.
 */
export type Mitigation = 'always' | 'ask' | 'explain' | 'nothing';

export interface DrillPlan {
  /** `postgres.lock-queue` */
  readonly id: string;
  readonly title: string;
  /** Its row in the catalogue of faults: `3`, `C7`. */
  readonly row: string;
  /** What is done, word for word. */
  readonly does: string;
  /** One entry for each thing that goes wrong, with the findings any of which names it; none where nothing does. */
  readonly causes: readonly (readonly Cause[])[];
  readonly mitigation: Mitigation;
  /** The action that ends it (`always`) or is proposed (`ask`); any of these. */
  readonly actions: readonly string[];
  /** Others that may run, for what follows from it. */
  readonly mayApply?: readonly string[];
  /** Findings that would blame what is innocent: a decoy. */
  readonly innocent?: readonly string[];
}

export interface SeenAlert {
  readonly rule: string;
  readonly target: string;
  readonly firedAt: number;
}

export interface SeenFinding {
  readonly diagnosis: string;
  readonly target: string;
  readonly summary: string;
  readonly confidence: number;
  readonly isCapacity: boolean;
  /** Every claim is tied to evidence that was kept. */
  readonly isTied: boolean;
  /** What the change that it blames is called; null where it blames none. */
  readonly blames: string | null;
}

/** The ranked findings of one incident as they stood from a moment on. */
export interface SeenFindings {
  readonly at: number;
  readonly incident: string;
  readonly findings: readonly SeenFinding[];
}

export interface SeenAction {
  readonly action: string;
  readonly target: string;
  readonly state: string;
  readonly appliedAt: number | null;
  readonly result: string | null;
}

/** A recommended action that could not be planned, and why. */
export interface NotPlanned {
  readonly action: string;
  readonly reason: string;
}

export interface DrillRecord {
  readonly plan: DrillPlan;
  readonly injectedAt: number;
  /** When Upkeep was left alone with it no longer, and it was taken back. */
  readonly endedAt: number;
  readonly alerts: readonly SeenAlert[];
  /** Oldest first, each time that something about them changed. */
  readonly findings: readonly SeenFindings[];
  readonly actions: readonly SeenAction[];
  readonly notPlanned?: readonly NotPlanned[];
  /** Whether users felt it, oldest first. */
  readonly symptom: readonly { readonly at: number; readonly isThere: boolean }[];
  /** How long the symptom had to stay away to count as held. */
  readonly holdMs: number;
  /** State that differs from before although nobody may have changed it. */
  readonly damage: readonly { readonly name: string; readonly before: Scalar; readonly after: Scalar }[];
  /** The drill itself went wrong; then it proves nothing. */
  readonly trouble: string | null;
}
