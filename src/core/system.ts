/** The port to a technology. A system's folder holds all that Upkeep knows of it. */
import type { z } from 'zod';
import type { Action, ActionContext, NoPlan, Plan, PlanDraft, Risk, Stops, Verdict } from './action.ts';
import type { Alert } from './alert.ts';
import { type BackupEngine, type BoundEngine, bindEngine } from './backup/engine.ts';
import type { LogKeeping } from './backup/settings.ts';
import type { Change } from './change.ts';
import type { Destination } from './destination.ts';
import type { Evidence, Finding } from './evidence.ts';
import type { FailoverPart, PairedServer } from './failover.ts';
import type { Permit } from './guard.ts';
import type { Inbox, Receiving } from './inbox.ts';
import type { LogSpan, LogView } from './log/view.ts';
import type { Labels, Metric, Outcome } from './sample.ts';
import type { Clock } from './time.ts';

export interface ProbeContext {
  /** When the run began, epoch milliseconds: what it reads is kept under that time. Absent for a check that is run by hand. */
  readonly at?: number;
  /** Aborts when the check's time is up or Upkeep stops; a probe ends soon after. */
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Increase of a counter since this check's last run; `undefined` at the first run and after a reset. */
  increase(counter: string, value: number): number | undefined;
  /** Latest values of a metric of any target; absent for a check that is run by hand. */
  latest?(target: string, metric: string): readonly { readonly value: number; readonly at: number }[];
  /**
   * What was kept of a metric of this target since `from` (epoch milliseconds), a point for each day: the mean, of
   * counters the increase a second. Absent where nothing is kept, as for a check that is run by hand.
   */
  recorded?(
    metric: string,
    from: number,
  ): Promise<
    readonly {
      readonly labels: Labels;
      readonly points: readonly { readonly at: number; readonly value: number }[];
    }[]
  >;
  /** The same, each value as it was measured, oldest first. */
  kept?(
    metric: string,
    from: number,
  ): Promise<
    readonly {
      readonly labels: Labels;
      readonly points: readonly { readonly at: number; readonly value: number }[];
    }[]
  >;
  /** What may be lost of this target: the shortest `rpo` of its backups; undefined where it has none. */
  mayLoseMs?(): number | undefined;
  /** Backups of this target that keep its log; absent for a check that is run by hand. */
  keptLogs?(): readonly LogKeeping[];
}

export interface Probe<Conn> {
  /** `postgres.activity` */
  readonly id: string;
  readonly summary: string;
  /** One probe of each system says whether the target is up. */
  readonly liveness?: true;
  /** Never run: its readings come when somebody pushes them. */
  readonly isPushed?: true;
  /** Judges what was pushed and asks nobody: runs at once when something comes. */
  readonly waits?: true;
  /**
   * Also runs for every other target while one of this system is configured: it brings word of them all. They take over
   * the rules on its metrics.
   */
  readonly forOthers?: true;
  /** Runs no more often than this, however short the target's interval is. */
  readonly atMostEveryMs?: number;
  /** Gets at least so long where the target's `timeout` is shorter; a look by hand waits no longer than that one. */
  readonly atLeastMs?: number;
  readonly metrics: Readonly<Record<string, Metric>>;
  /** Never throws for a failure of the target. */
  run(conn: Conn, ctx: ProbeContext): Promise<Outcome>;
}

export interface DiagnosisContext {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** The alerts that led here, of this target and of what it depends on; empty when asked without any. */
  readonly alerts: readonly Alert[];
  /** Names of the targets this one needs, directly or not, nearest first. */
  readonly dependencies: readonly string[];
  /** Latest values of a metric of any target, with labels. */
  latest(
    target: string,
    metric: string,
  ): readonly { labels: Readonly<Record<string, string>>; value: number; at: number }[];
  /** What was changed in the last day in the target, in what it needs and in their services, newest first. */
  readonly changes: readonly Change[];
  /** What was measured, oldest first; empty where nothing was kept. `from` and `to` in epoch milliseconds. */
  history(
    target: string,
    metric: string,
    span: { from: number; to: number; labels?: Readonly<Record<string, string>> },
  ): Promise<readonly { labels: Readonly<Record<string, string>>; at: number[]; values: number[] }[]>;
  /** The logs of any target, redacted; undefined where none is followed. Text from outside, whatever it says. */
  logs(target: string, span: LogSpan): LogView | undefined;
  /** The last outcome line of a target's liveness probe: `connect ECONNREFUSED …`. */
  detail(target: string): string | undefined;
}

export interface Diagnosis<Conn> {
  readonly id: string;
  /** What an incident is called by it, without figures: `no connection is left`. A finding may have a better one. */
  readonly title?: string;
  readonly summary: string;
  /** Rule ids whose alerts call for it. */
  readonly explains: readonly string[];
  /** Reads, changes nothing, never throws for what it cannot see: that becomes evidence with `unseen`. */
  gather(conn: Conn, target: string, ctx: DiagnosisContext): Promise<Evidence[]>;
  /** Pure: the same evidence gives the same findings. */
  conclude(evidence: readonly Evidence[], target: string): Finding[];
}

/** What Upkeep can look at to find out what there is to watch. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Connection strings and addresses found in the environment, `.env`, compose, render.yaml, with where. */
  readonly urls: readonly { readonly url: string; readonly variable: string; readonly from: string }[];
  /** Listening TCP sockets of this machine, with the process where it can be seen. */
  readonly listeners: readonly {
    readonly address: string;
    readonly port: number;
    readonly process?: string;
    readonly pid?: number;
    /** Of the ports that the kernel lends out to whoever asks for any, and declared nowhere. */
    readonly isLent?: true;
    /** Its program was started in a terminal, and ends with it. */
    readonly isInTerminal?: true;
  }[];
  /** Says what answers on a port: a TLS hello, an HTTP response, a PostgreSQL, MySQL or Redis greeting. */
  sniff(
    address: string,
    port: number,
  ): Promise<'http' | 'https' | 'tls' | 'postgres' | 'redis' | 'mysql' | 'unknown' | 'closed'>;
}

/** A target that discovery proposes; `config` is what would stand in upkeep.yaml. */
export interface Proposal {
  readonly name: string;
  readonly system: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** Where it was found, for the comment: `listening on 127.0.0.1:5432 (postgres)`. */
  readonly found: string;
  /** The environment variable that holds its url, where there is one: `${DATABASE_URL}` is written instead. */
  readonly variable?: string;
  /** May end at any time and is no outage then: somebody runs it in a terminal. */
  readonly isPassing?: true;
}

export interface ConnectContext {
  readonly clock: Clock;
  /** Folder of upkeep.yaml; relative paths start there. */
  readonly folder: string;
  /** The team's own; UTC where absent. */
  readonly timezone?: string;
  /** Name of the target in upkeep.yaml; absent where none is bound to it. */
  readonly target?: string;
  /** The pair of `failover:` that the target belongs to; absent where it belongs to none. */
  readonly failover?: FailoverPart;
  /** Servers of a proxy that `failover:` switches between; absent where there are none. */
  readonly paired?: readonly PairedServer[];
  /** What is pushed for this target; nothing where absent. */
  readonly inbox?: Inbox;
}

export interface System<Config extends z.ZodObject = z.ZodObject, Conn = unknown> {
  readonly kind: string;
  readonly summary: string;
  /** It is the machine itself: all that runs there stands on it, declared or not. */
  readonly isMachine?: true;
  /** Keys of this system's targets in upkeep.yaml; the common ones (every, timeout, dependsOn …) are not among them. */
  readonly config: Config;
  /** Makes what the probes need; must not touch the network. */
  connect(config: z.output<Config>, ctx: ConnectContext): Conn;
  close(conn: Conn): Promise<void>;
  /** The address to show, without secrets. */
  address(config: z.output<Config>): string;
  readonly probes: readonly Probe<Conn>[];
  /** File with the default rules, beside index.ts. */
  readonly rules: URL;
  readonly diagnoses: readonly Diagnosis<Conn>[];
  readonly actions: readonly Action<Conn>[];
  /** How such a target is backed up, the best first. */
  readonly engines?: readonly BackupEngine<Conn>[];
  discover?(surroundings: Surroundings): Promise<Proposal[]>;
  /**
   * Files of this machine that the target writes its log to, as far as it or its process tells; empty where it runs
   * elsewhere. May throw: then nothing is known.
   */
  logs?(conn: Conn, signal: AbortSignal): Promise<readonly string[]>;
  /** Whether it tells of a statement of Upkeep's own: that is no news of the target. */
  isOwnLogLine?(conn: Conn, line: string): boolean;
  /** Of what is known by no address: whether it was last seen to be what listens there. */
  listensAt?(conn: Conn, at: Destination): boolean;
  /** How what is pushed to such a target is understood; absent where Upkeep only asks. */
  receive?(conn: Conn): Receiving;
}

/** A system bound to one target's configuration: the types of config and connection are closed over. */
export interface BoundTarget {
  readonly kind: string;
  readonly isMachine?: true;
  readonly address: string;
  readonly checks: readonly {
    readonly probe: Omit<Probe<never>, 'run'>;
    run(ctx: ProbeContext): Promise<Outcome>;
  }[];
  readonly diagnoses: readonly {
    readonly id: string;
    readonly explains: readonly string[];
    gather(target: string, ctx: DiagnosisContext): Promise<Evidence[]>;
    conclude(evidence: readonly Evidence[], target: string): Finding[];
  }[];
  readonly actions: readonly BoundAction[];
  /** None where it cannot be backed up by Upkeep. */
  readonly engines?: readonly BoundEngine[];
  readonly receiving?: Receiving;
  logs?(signal: AbortSignal): Promise<readonly string[]>;
  isOwnLogLine?(line: string): boolean;
  listensAt?(at: Destination): boolean;
  close(): Promise<void>;
}

/** An action whose connection and input type are closed over. */
export interface BoundAction {
  readonly id: string;
  readonly summary: string;
  readonly risk: Risk;
  readonly input: z.ZodObject;
  readonly privileges: string;
  readonly stops?: Stops | undefined;
  readonly mends?: true | undefined;
  plan(input: unknown, ctx: ActionContext): Promise<PlanDraft | NoPlan>;
  apply(plan: Plan, permit: Permit, ctx: ActionContext): Promise<string>;
  verify(plan: Plan, ctx: ActionContext): Promise<Verdict>;
  undo?(plan: Plan, permit: Permit, ctx: ActionContext): Promise<string>;
}

/** What a registry holds: everything of a system that does not need its types. */
export interface SystemEntry {
  readonly kind: string;
  readonly summary: string;
  readonly config: z.ZodObject;
  readonly rules: URL;
  readonly probes: readonly Omit<Probe<never>, 'run'>[];
  readonly diagnoses: readonly Omit<Diagnosis<never>, 'gather' | 'conclude'>[];
  readonly actions: readonly Pick<
    Action<never>,
    'id' | 'summary' | 'risk' | 'input' | 'privileges' | 'stops'
  >[];
  readonly engines: readonly Omit<BackupEngine<never>, 'take' | 'prove'>[];
  discover?(surroundings: Surroundings): Promise<Proposal[]>;
  /** Parses `raw` (throws ZodError) and connects. */
  bind(raw: unknown, ctx: ConnectContext): BoundTarget;
}

export function defineSystem<Config extends z.ZodObject, Conn>(system: System<Config, Conn>): SystemEntry {
  return {
    kind: system.kind,
    summary: system.summary,
    config: system.config,
    rules: system.rules,
    probes: system.probes,
    diagnoses: system.diagnoses,
    actions: system.actions as unknown as SystemEntry['actions'],
    engines: system.engines ?? [],
    ...(system.discover ? { discover: system.discover } : {}),
    bind(raw, ctx) {
      const config = system.config.parse(raw);
      const conn = system.connect(config, ctx);
      const { logs, isOwnLogLine, listensAt } = system;
      return {
        kind: system.kind,
        ...(system.isMachine ? { isMachine: true } : {}),
        address: system.address(config),
        checks: system.probes.map((probe) => ({ probe, run: (probeCtx) => probe.run(conn, probeCtx) })),
        diagnoses: system.diagnoses.map((diagnosis) => ({
          id: diagnosis.id,
          explains: diagnosis.explains,
          gather: (target, diagnosisCtx) => diagnosis.gather(conn, target, diagnosisCtx),
          conclude: (evidence, target) => withTitle(diagnosis, diagnosis.conclude(evidence, target)),
        })),
        actions: system.actions.map((action) => bindAction(action, conn)),
        engines: (system.engines ?? []).map((engine) => bindEngine(engine, conn)),
        ...(system.receive ? { receiving: system.receive(conn) } : {}),
        ...(logs ? { logs: (signal) => logs(conn, signal) } : {}),
        ...(isOwnLogLine ? { isOwnLogLine: (line) => isOwnLogLine(conn, line) } : {}),
        ...(listensAt ? { listensAt: (at) => listensAt(conn, at) } : {}),
        close: () => system.close(conn),
      };
    },
  };
}

function withTitle({ id, title }: Pick<Diagnosis<never>, 'id' | 'title'>, findings: Finding[]): Finding[] {
  if (title === undefined) return findings;
  return findings.map((one) => (one.id === id && one.title === undefined ? { ...one, title } : one));
}

function bindAction<Conn>(action: Action<Conn>, conn: Conn): BoundAction {
  const { undo } = action;
  return {
    id: action.id,
    summary: action.summary,
    risk: action.risk,
    input: action.input,
    privileges: action.privileges,
    stops: action.stops,
    mends: action.mends,
    plan: (input, ctx) => action.plan(conn, action.input.parse(input), ctx),
    apply: (plan, permit, ctx) => action.apply(conn, plan, permit, ctx),
    verify: (plan, ctx) => action.verify(conn, plan, ctx),
    ...(undo ? { undo: (plan, permit, ctx) => undo(conn, plan, permit, ctx) } : {}),
  };
}
