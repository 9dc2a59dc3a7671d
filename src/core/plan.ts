/** What an action would do, word for word, before the guard has judged it. */
import type { Scalar } from './evidence.ts';

/** `safe`: no work is lost · `risky`: somebody's work is interrupted · `destructive`: data may be lost. */
export type Risk = 'safe' | 'risky' | 'destructive';

/** What a plan lays hands on; the guard has a prohibition for each, which no policy lifts. */
export const touchable = [
  'database-destructive',
  'production-change',
  'tls',
  'firewall',
  'port-exposure',
  'backup-deletion',
  'schema-migration',
  'dns',
  'resize',
  'deploy',
] as const;
export type Touch = (typeof touchable)[number];

export type Facts = Readonly<Record<string, Scalar>>;

export interface Plan {
  readonly action: string;
  readonly target: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly risk: Risk;
  readonly summary: string;
  /** What would be run, word for word; this is the dry run that people see. */
  readonly steps: readonly string[];
  /** What was true when it was planned; identifies exactly what the action may touch. */
  readonly before: Facts;
  /** What must be true afterwards, for people. */
  readonly expect: string;
  /** How the change is taken back, or why nothing needs taking back. */
  readonly undo: { readonly possible: boolean; readonly how: string };
  /** How long verification may take to see the symptom gone, and how long it must stay gone. */
  readonly verifyWithinMs: number;
  readonly holdMs: number;
  readonly touches?: readonly Touch[];
  /** What of the target it works on: `table public.orders`. Plans that share one are never carried out at the same time. */
  readonly subjects?: readonly string[];
  /** Another target that it stops on purpose, which must not come back as it was: the old primary of a promotion. */
  readonly fences?: string;
  /** Id of the action whose change this plan takes back. */
  readonly undoes?: string;
  /** How long users go without; none where left out. */
  readonly downtimeMs?: number;
  /** 25 means a quarter more. */
  readonly costChangePercent?: number;
  /** What the action found out about what it touches; what it leaves out is unknown, and unknown is never allowed. */
  readonly found?: {
    /** Of a change to TLS or a firewall: whether everything stays as protected as it was. */
    readonly protection?: 'kept' | 'weakened';
    /** Whether a port can be reached from the internet afterwards that could not before. */
    readonly exposesPort?: boolean;
    /** When the youngest of the backups that it deletes was taken, epoch milliseconds. */
    readonly youngestBackupAt?: number;
    readonly testedInStaging?: boolean;
    readonly dnsTtlSeconds?: number;
  };
}

/** What an action plans; the pipeline adds which action, target and input it is. */
export type PlanDraft = Omit<Plan, 'action' | 'target' | 'input' | 'risk' | 'undoes'>;

/** A plan that makes no sense now (the blocker is gone, say): nothing is done and this is said. */
export interface NoPlan {
  readonly refused: string;
  /** What it was to be done to is there no more (a session that ended), and does not come back. */
  readonly isGone?: true;
}

export type Verdict = {
  readonly good: boolean;
  readonly detail: string;
  readonly after?: Facts;
  /** Not good, and waiting changes nothing. */
  readonly isFinal?: true;
};

/** Whether a summary tells how long something had lasted (`idle for 31.6 s`): that was so when it was planned. */
export function tellsSpan(summary: string): boolean {
  return /\b\d+(\.\d+)? (ms|s|m|h|d)\b/.test(summary);
}
