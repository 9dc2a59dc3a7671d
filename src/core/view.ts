/** What the API answers and the dashboard, the terminal and programs read. Times are epoch milliseconds. */

import type { Plan } from './action.ts';
import type { Alert } from './alert.ts';
import type { Asking } from './approval.ts';
import type { PlanView } from './backup/view.ts';
import type { BudgetView } from './burn-rate/worst-budget.ts';
import type { Problem } from './configuration.ts';
import type { Evidence, Finding } from './evidence.ts';
import type { CheckItem } from './guard/check-list.ts';
import type { GuardFacts, Judgement } from './guard.ts';
import type { ActionItem } from './incident/action-item.ts';
import type { Impact } from './incident/impact.ts';
import type { Lull } from './incident/lulls.ts';
import type { StakeholderUpdate } from './incident/update.ts';
import type { EndBefore } from './own-end.ts';
import type { Failure, Labels, Missing, Unit } from './sample.ts';
import type { Level } from './severity.ts';
import type { Scope } from './verb.ts';

export type Health = 'ok' | 'warning' | 'critical' | 'unknown';

export interface CheckView {
  /** `postgres.activity` */
  readonly probe: string;
  readonly everyMs: number;
  readonly lastAt: number | null;
  /** While it has not run since the start: when it is due, epoch milliseconds. */
  readonly dueAt?: number;
  readonly lastMs: number | null;
  readonly ok: boolean | null;
  readonly why: Failure | null;
  readonly detail: string;
  readonly missing: readonly Missing[];
}

export interface TargetView {
  readonly name: string;
  readonly system: string;
  readonly address: string;
  readonly environment: string | null;
  readonly health: Health;
  /** `up`, `connect ECONNREFUSED 127.0.0.1:3000`, `PostgreSQL 15.18, primary` */
  readonly detail: string;
  /**
   * What makes it bad though it is up: the gravest alert that fires, with its figures. Null where nothing fires or the
   * detail says it; absent in events.
   */
  readonly why?: string | null;
  readonly lastAt: number | null;
  readonly everyMs: number;
  readonly dependsOn: readonly string[];
  readonly services: readonly string[];
  /** Last liveness latency in seconds, null when unknown. */
  readonly latency: number | null;
  /** A machine or a process is looked at and not asked: how long that took says nothing of it. Absent where it has one. */
  readonly hasLatency?: false;
  /** The newest 40 liveness results, oldest first: 1 up, 0 down, null unknown. */
  readonly recent: readonly (1 | 0 | null)[];
  readonly openAlerts: number;
  /** Of its checks, those that cannot see all they should: a right or an extension is missing. Absent where none. */
  readonly blindChecks?: number;
}

export interface ServiceView {
  readonly name: string;
  readonly health: Health;
  /** Without an open incident, what makes the worst of its targets so bad though that is up; null where nothing does. */
  readonly why?: string | null;
  readonly targets: readonly string[];
  readonly dependsOn: readonly string[];
  /** p95 in seconds over the last hour over its targets, null when unknown. */
  readonly p95: number | null;
  readonly availability: number | null;
  /** What it is of: `in 30 d`, `in the 15 m known`; null without measurements. */
  readonly availabilityOver: string | null;
  readonly objective: number | null;
  /** Of each objective, the one that needs somebody first: what calls, then what has the least left. */
  readonly budgets: readonly BudgetView[];
  /** Share of the first of them that is left, 0 when spent; null without an objective or measurements. */
  readonly budgetLeft: number | null;
  /** The first of them in words: `83 % left`, `spent` or `unknown`, and over what; null without an objective. */
  readonly budget: Omit<BudgetView, 'left'> | null;
  readonly latencyObjective: {
    readonly quantile: number;
    readonly belowMs: number;
    readonly measuredMs: number | null;
  } | null;
}

export type IncidentStatus = 'open' | 'acknowledged' | 'mitigated' | 'resolved';

export interface IncidentView {
  readonly id: string;
  readonly title: string;
  readonly level: Level;
  readonly severity: string;
  readonly status: IncidentStatus;
  /** The deepest broken dependency. */
  readonly lead: string;
  readonly services: readonly string[];
  readonly targets: readonly string[];
  readonly openedAt: number;
  readonly acknowledgedAt: number | null;
  readonly acknowledgedBy: string | null;
  /** The same as people say it: `Lea D by mail`. */
  readonly takenBy?: string;
  readonly mitigatedAt: number | null;
  readonly resolvedAt: number | null;
  readonly firingAlerts: number;
  /** All alerts have recovered and it is over then, unless something fires before, epoch milliseconds; else null. */
  readonly holdsUntil?: number | null;
  /** The action that is applied or verified, in words: the incident is not over before that has ended. */
  readonly treatment?: string | null;
  readonly summary: string | null;
  /** When what the summary tells was seen last, with its figures, epoch milliseconds. */
  readonly summaryAt?: number | null;
  /** Sure causes beside the one that the summary tells, which have nothing to do with it. */
  readonly moreCauses?: number;
  readonly assignee?: string | null;
  /** Person by role. */
  readonly roles?: Readonly<Record<string, string>>;
  /** Who opened it by hand; null where an alert did. */
  readonly declaredBy?: string | null;
  /** Id of the incident that goes on in its place. */
  readonly mergedInto?: string | null;
  /** How often it came back. */
  readonly reopened?: number;
  /** The last time it was opened again; null where it never was. */
  readonly reopenedAt?: number | null;
  /** When it was over between, each time that it was opened again. */
  readonly lulls?: readonly Lull[];
}

export type ActionState =
  | 'proposed'
  | 'awaiting-approval'
  | 'permitted'
  | 'applying'
  | 'verifying'
  | 'done'
  | 'failed'
  | 'undone'
  | 'refused'
  | 'denied'
  | 'expired'
  | 'withdrawn'
  | 'interrupted';

export interface ActionView {
  readonly id: string;
  readonly incidentId: string | null;
  readonly plan: Plan;
  readonly digest: string;
  readonly state: ActionState;
  /** With what it went by; older ones have neither. */
  readonly judgement: Judgement & { readonly facts?: GuardFacts; readonly checks?: readonly CheckItem[] };
  readonly why: string;
  readonly proposedBy: string;
  readonly proposedAt: number;
  readonly approvedBy: string | null;
  readonly approvedAt: number | null;
  readonly expiresAt: number | null;
  readonly appliedAt: number | null;
  readonly endedAt: number | null;
  readonly result: string | null;
  readonly after: Readonly<Record<string, string | number | boolean | null>> | null;
  /** Completion report in Markdown, once ended. */
  readonly report: string | null;
  /** Of one that had to be asked for. */
  readonly approval?: Asking | null;
  /** Counts its moves and edits. */
  readonly version?: number;
}

/** Who is signed in, as `GET /session` answers it. */
export interface SignedIn {
  readonly name: string;
  readonly role: string;
  /** What the role may do; nothing while a second factor must be set up first. */
  readonly scopes: readonly Scope[];
  /** `password`, `second-factor`, or `oidc:` and the provider's name. */
  readonly method: string;
  readonly hasSecondFactor: boolean;
  /** This Upkeep asks for a second factor, and there is none yet. */
  readonly mustEnrol: boolean;
}

export interface JournalEntry {
  readonly seq: number;
  readonly at: number;
  /** `upkeep`, `owner`, `token:ci`, `policy` */
  readonly actor: string;
  /** `incident.opened`, `action.applied`, `configuration.reloaded`, `login.refused` … */
  readonly kind: string;
  /** `incident:…`, `action:…`, `target:db`, `account:…` */
  readonly subject: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly hash: string;
  /** The same for people: `Alert fired`, one sentence where it says more, and who. */
  readonly told: { readonly title: string; readonly text: string | null; readonly who: string };
}

export interface IncidentDetail extends IncidentView {
  readonly alerts: readonly AlertView[];
  readonly findings: readonly Finding[];
  readonly evidence: readonly Evidence[];
  readonly diagnosedAt: number | null;
  readonly actions: readonly ActionView[];
  readonly timeline: readonly JournalEntry[];
  readonly impact?: Impact;
  /** What stakeholders were told, oldest first. */
  readonly updates?: readonly StakeholderUpdate[];
  readonly actionItems?: readonly ActionItem[];
  readonly runbooks: readonly { readonly rule: string; readonly text: string }[];
}

export interface MetricView {
  readonly metric: string;
  readonly summary: string;
  readonly unit: Unit;
  readonly kind: 'gauge' | 'counter';
  readonly latest: readonly { readonly labels: Labels; readonly value: number; readonly at: number }[];
  readonly thresholds: readonly {
    readonly rule: string;
    readonly direction: 'above' | 'below';
    readonly warning: number | null;
    readonly critical: number | null;
    readonly increaseMs: number | null;
    /** Only series with these labels are judged by it; all where left out. */
    readonly where?: Labels;
  }[];
}

/** An alert with its value as people read it. */
export interface AlertView extends Alert {
  /** `113 % against 90 %`, `1.1 GiB against 8 MiB`; absent where no value was judged against a threshold. */
  readonly said?: string;
  /** While it fires, what is measured now: `43 %`, `0x over 5 min`; absent where that is as it was, or not one number. */
  readonly now?: string;
}

export interface TargetDetail extends TargetView {
  readonly checks: readonly CheckView[];
  readonly metrics: readonly MetricView[];
  readonly alerts: readonly AlertView[];
}

export interface SeriesView {
  readonly labels: Labels;
  /** Bucket starts; `null` where there is no sample. Counters are given as rate per second. */
  readonly at: readonly number[];
  readonly min: readonly (number | null)[];
  readonly max: readonly (number | null)[];
  readonly avg: readonly (number | null)[];
  readonly p50: readonly (number | null)[];
  readonly p95: readonly (number | null)[];
  readonly p99: readonly (number | null)[];
}

export interface SamplesView {
  readonly target: string;
  readonly metric: string;
  readonly from: number;
  readonly to: number;
  readonly stepMs: number;
  readonly series: readonly SeriesView[];
}

export interface Overview {
  readonly name: string;
  readonly environment: string | null;
  readonly timezone: string;
  readonly version: string;
  readonly at: number;
  readonly startedAt: number;
  readonly health: Health;
  readonly incidents: readonly IncidentView[];
  readonly services: readonly ServiceView[];
  readonly targets: readonly TargetView[];
  readonly approvals: number;
  readonly backups: readonly PlanView[];
  readonly configuration: {
    readonly file: string | null;
    readonly loadedAt: number;
    readonly problems: readonly Problem[];
  };
  /** How the run before ended where nobody told it to; for a day after the start. */
  readonly endedBefore: EndBefore | null;
  /** Gaps (sleep, clock jump) of the last day. */
  readonly gaps: readonly { readonly from: number; readonly to: number; readonly why: string }[];
}

/** One server-sent event of `/api/v1/events`. */
export type LiveEvent =
  | { readonly type: 'journal'; readonly entry: JournalEntry }
  | { readonly type: 'target'; readonly target: TargetView }
  | { readonly type: 'hello'; readonly startedAt: number };
