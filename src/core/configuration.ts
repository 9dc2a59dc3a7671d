/** `upkeep.yaml` after reading: every default filled in, every reference checked. */
import type { AccessSettings } from './access.ts';
import type { BackupSettings } from './backup/settings.ts';
import type { BudgetPolicyStep } from './burn-rate/error-budget.ts';
import type { FailoverSettings } from './failover.ts';
import type { Policy } from './guard.ts';
import type { LinkPurpose } from './link.ts';
import type { MaintenanceWindow } from './maintenance.ts';
import type { ModelSettings } from './model.ts';
import type { TakesCause } from './notifier.ts';
import type { OnCall } from './oncall/model.ts';
import type { Rule } from './rule.ts';
import type { Level, SeverityScheme } from './severity.ts';
import type { StatusPageSettings } from './status-page.ts';

export interface TargetSettings {
  readonly name: string;
  readonly system: string;
  /** What the system's `bind` gets; still holds secrets, so it never leaves the process. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly everyMs: number;
  readonly timeoutMs: number;
  /** Names of targets that this one needs. */
  readonly dependsOn: readonly string[];
  readonly environment: string | null;
  /** `drills: allow`: faults may be injected on purpose; never true of a target in production. */
  readonly allowsDrills?: true;
  readonly labels: Readonly<Record<string, string>>;
  /** Nobody declared it: discovery saw it listen, and until it answers it is a guess (`core/guess.ts`). */
  readonly isGuess?: true;
  /** A guess that may end at any time: nobody is ever called for it. */
  readonly isPassing?: true;
  /** Files or globs of its logs; none where empty, what can be found where left out. */
  readonly logs?: readonly string[];
  /** Every rule of its system with the overrides of `rules:`, of its services and its own applied. */
  readonly rules: readonly Rule[];
}

export interface ServiceSettings {
  readonly name: string;
  readonly targets: readonly string[];
  /** Names of targets or services. */
  readonly dependsOn: readonly string[];
  readonly slo: {
    /** Share of successful liveness checks, 0 to 1. */
    readonly availability?: number;
    readonly latency?: { readonly quantile: 0.5 | 0.95 | 0.99; readonly belowMs: number };
    /** Of the error budget; 30 days where absent. */
    readonly periodMs?: number;
    /** Counters of events that availability is measured by; liveness results where absent. */
    readonly events?: EventsOf;
    /** What follows from a budget that is used up; the default policy where absent. */
    readonly policy?: readonly BudgetPolicyStep[];
  } | null;
  /** Gauge of how many people use it at a moment. */
  readonly users?: MetricOf;
  /** Counter of requests that failed. */
  readonly failures?: MetricOf;
}

export interface SeriesOf extends MetricOf {
  readonly where?: Readonly<Record<string, string>>;
}

/** Total, and either of the others. */
export interface EventsOf {
  readonly total: SeriesOf;
  readonly bad?: SeriesOf;
  readonly good?: SeriesOf;
}

export interface MetricOf {
  readonly target: string;
  readonly metric: string;
}

export interface NotifierSettings {
  readonly name: string;
  readonly kind: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Which events it is sent; all where undefined. */
  readonly events?: readonly string[];
  /** Name of the notifier that tells what this one cannot deliver. */
  readonly fallback?: string;
  /** Wakes people or costs money with each message: takes incidents alone unless it is named. */
  readonly isPager?: true;
  /** How who was called by it hears of the cause; they do at the end alone where absent. */
  readonly takesCause?: TakesCause;
  /** Is told of each incident by itself, however many open at once. */
  readonly tracksIncidents?: true;
  /** Which signed links its messages carry; where undefined, by its kind and by whether one person is told. */
  readonly links?: readonly LinkPurpose[];
}

export interface EscalationStep {
  /** Name of a notifier, a person or a rotation. */
  readonly notify: string;
  readonly afterMs: number;
}

export interface Configuration {
  readonly name: string;
  readonly timezone: string;
  readonly environment: string | null;
  readonly severities: SeverityScheme;
  readonly store:
    | { readonly kind: 'sqlite'; readonly folder: string }
    | { readonly kind: 'postgres'; readonly url: string };
  readonly listen: { readonly host: string; readonly port: number };
  /** The address that links in messages start with; the listening address where null. */
  readonly publicUrl: string | null;
  readonly targets: readonly TargetSettings[];
  readonly services: readonly ServiceSettings[];
  readonly notifiers: readonly NotifierSettings[];
  readonly escalation: Readonly<Record<Level, readonly EscalationStep[]>>;
  readonly oncall: OnCall;
  readonly access: AccessSettings;
  readonly guard: Policy;
  readonly incidents: {
    /** How long everything must be well before an incident resolves. */
    readonly recoverForMs: number;
    /** What fires again so soon after its incident was resolved opens that one again. */
    readonly reopenWithinMs: number;
  };
  /** Addresses that answer as long as the network out there does; what to ask when many targets fail at once. */
  readonly canaries?: readonly { readonly host: string; readonly port: number }[];
  readonly retention: { readonly rawMs: number; readonly rollupMs: number };
  readonly reports: { readonly daily: string };
  /** Planned windows; more are planned by hand and kept in the store. */
  readonly maintenance: readonly MaintenanceWindow[];
  /** What is backed up. */
  readonly backups: readonly BackupSettings[];
  /** Which server takes over from which; none where undefined. */
  readonly failovers?: readonly FailoverSettings[];
  /** A model that may be asked by hand; none where undefined. */
  readonly model?: ModelSettings;
  /** What the public sees; nothing where undefined. */
  readonly statusPage?: StatusPageSettings;
  /** Folder that relative paths start from. */
  readonly folder: string;
}

/** One problem of a configuration; printed as `file:line:col path: message (hint)`. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly col: number;
  /** `targets.db.every` */
  readonly path: string;
  readonly message: string;
  /** `did you mean timeout?`, `use 10s, 5m or 1h` */
  readonly hint?: string;
}
