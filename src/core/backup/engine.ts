/**
 * What takes backups of one kind of system and proves them. An engine drives tools that exist (pg_dump, pgBackRest); it
 * never trusts their exit code alone: what a proof says was looked at.
 */
import { momentText } from '../oncall/wall-time.ts';
import type { NoPlan, Plan, PlanDraft, Verdict } from '../plan.ts';
import type { Clock } from '../time.ts';
import type { Backup, ProofLevel } from './catalogue.ts';
import type { Needs, NeedsOrder } from './needs.ts';
import type { Heartbeat } from './rpo.ts';

export interface EngineContext {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** On whose wall clock people read moments: `Europe/Berlin`; UTC where left out. */
  readonly timezone?: string;
  /** How far it is, one line for people. */
  progress(text: string): void;
  /** 256 random bits, url-safe: the password of a repository that is begun. Absent where none may be. */
  readonly newSecret?: () => string;
}

/** A moment in what an engine says to people. */
export function said(at: number, { timezone = 'UTC' }: Pick<EngineContext, 'timezone'>): string {
  return momentText(at, timezone);
}

/** What a restore must bring back, in the engine's own words; JSON, without secrets. */
export type Manifest = Readonly<Record<string, unknown>>;

export interface Taken {
  /** The engine's own name of it; of engines that have `list`, whose backups lie together in one repository. */
  readonly label?: string;
  readonly kind: Backup['kind'];
  /** Labels of the backups without which it cannot be restored. */
  readonly needs: readonly string[];
  readonly bytes: number;
  readonly logFrom: number | null;
  readonly manifest: Manifest;
  /** `12 tables, 5,000 rows`. */
  readonly detail: string;
}

/**
 * Where the log has a gap. `within`: in what the backup needs to be whole, so that it cannot be restored; `behind`: after
 * that, so that it can, and no moment after the gap; `elsewhere`: in another repository than its own.
 */
export type LogGap = 'within' | 'behind' | 'elsewhere';

/** One level looked at. */
export interface Look {
  readonly level: ProofLevel;
  readonly good: boolean;
  readonly detail: string;
  readonly tookMs: number;
  /** Nothing wrong, but worth a look by somebody: `3.6 times the usual size`. */
  readonly remark?: string;
  /** So small that only a comparison with its source shows that it is whole. */
  readonly isTiny?: boolean;
  /** Its files do not lie where they were put. */
  readonly isGone?: boolean;
  /** Nobody could look, for want of something here: a program, room, a server of our own. It says nothing of the backup. */
  readonly notRun?: true;
  /** What lacked was the passphrase that it was sealed by. */
  readonly isWrongKey?: true;
  /** Where the log has one. */
  readonly gap?: LogGap;
  /** Up to when the log can be replayed that has a gap, epoch milliseconds; absent where no heartbeat tells. */
  readonly soundUntil?: number;
  /** Of a restore from copy and log, what it took; kept with the proof, so that the next can be foretold. */
  readonly measured?: Measured;
}

export interface Measured {
  /** The moment that was asked for, epoch milliseconds; null for the end of the log. */
  readonly until: number | null;
  /** From that moment back to the newest heartbeat that was found again; null where there was none to look for. */
  readonly lostMs: number | null;
  readonly bytes: number;
  readonly copyMs: number;
  readonly logBytes: number;
  readonly replayMs: number;
}

export interface Proving {
  /** Good up to the first that was not; no level is left out between 0 and the last. */
  readonly looks: readonly Look[];
  /** From the beginning of the restore until it would have taken traffic; null where it did not come so far. */
  readonly restoredInMs: number | null;
  /** What it was restored with: `PostgreSQL 15.18`. */
  readonly with: string;
}

export interface Smoke {
  readonly query: string;
}

/** Where a backup lies. */
export interface Place {
  /** Of one backup alone, empty when it is taken; of engines that have `list` the repository of the whole plan. */
  readonly folder: string;
  /** Which of the repository's backups is meant, in the engine's own name; absent when one is taken. */
  readonly label?: string;
  /** Where it is to be taken, of engines that keep several repositories: a name that `repositories` says; the first where left out. */
  readonly repository?: string;
  /** What is to be taken, of engines with `wantsPaths`: absolute, of files and folders. */
  readonly paths?: readonly string[];
  /** Of one that is to be taken: bytes of the good one before it, from which is guessed how far it is. */
  readonly lastBytes?: number;
}

export interface ProofOrder extends Place {
  readonly manifest: Manifest;
  /** An empty folder of its own, removed afterwards whatever happens. */
  readonly scratch: string;
  /** Bytes of backups like this one, to see whether its size is odd; empty where there are none. */
  readonly usualBytes: readonly number[];
  /** Queries of the team that must answer with true. */
  readonly smoke: readonly Smoke[];
  /** Stops below a restore. */
  readonly withoutRestore?: boolean;
  /** A moment to restore instead of the one that is compared row for row, epoch milliseconds; of engines that keep the log. */
  readonly until?: number;
  /** What is known from outside of the log, oldest first: a restore must have come so far. */
  readonly heartbeats?: readonly Heartbeat[];
}

/** A backup that the repository itself says it holds; what only the catalogue knows is not there any more. */
export interface Held
  extends Pick<Backup, 'kind' | 'needs' | 'bytes' | 'writtenAt' | 'logFrom' | 'lockedUntil'> {
  // `needs` names labels here.
  /** The engine's own name of it, unique in its repository: a folder, `20261122-030000F`. */
  readonly label: string;
  /** Which of several repositories holds it; the first where left out. */
  readonly repository?: string;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** One of the repositories that an engine keeps for a plan. */
export interface RepositoryState {
  /** `repo2`; undefined of the first. */
  readonly name: string | undefined;
  /** Why it cannot be read; null where it can. */
  readonly trouble: string | null;
}

/** Where a restore goes: an empty folder, a new database beside the living one, or over the living one. */
export type RestoreInto =
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'database'; readonly name: string }
  | { readonly kind: 'over' };

export interface RestoreOrder extends Place {
  readonly manifest: Manifest;
  readonly into: RestoreInto;
  /** A point in time, epoch milliseconds; null for the end of the backup, or of the log where there is one. */
  readonly until: number | null;
  /** As in a proof. */
  readonly heartbeats?: readonly Heartbeat[];
}

/** What a restore would do, found out without doing it. */
export interface RestorePlan {
  /** Why it cannot be done; null where it can. */
  readonly impossible: string | null;
  /** The moment that it would bring back, as near as is known. */
  readonly reaches: number | null;
  /** What would be lost, a line each, numbers in it: `writes since 02:59:58 (4 h 12 min)`. */
  readonly losses: readonly string[];
  /** What would be done, in order. */
  readonly steps: readonly string[];
  /** People do it, as `steps` says, and the engine does not; absent where it does. */
  readonly byHand?: {
    readonly why: string;
    /** The folder that it is restored into first, beside what lives. */
    readonly beside: string;
  };
  /** What lies there when it is restored; null where nobody knows before, as of a compressed dump. */
  readonly restoredBytes: number | null;
}

export interface Restored {
  /** The moment that was brought back. */
  readonly reached: number | null;
  readonly tookMs: number;
  readonly with: string;
  /** Where it is now and how to reach it, without secrets. */
  readonly at: string;
  /** It ended before what the archive should hold: where, before what, and why. Absent where nothing is known to lack. */
  readonly short?: string;
}

/** The tool's own account of what would go, to be held against ours before anything does. */
export interface DeletionPreview {
  readonly labels: readonly string[];
  readonly detail: string;
}

export interface LogBounds {
  /** In bytes of log: what ends there or before may go. */
  readonly from: number;
  /** Folders of backups that go with it, and need nothing any more. */
  readonly going: readonly string[];
}

/** Files of a log that no backup which stays needs. */
export interface LogDeletion {
  readonly names: readonly string[];
  readonly bytes: number;
  /** When the youngest of them was written, epoch milliseconds. */
  readonly newestAt: number;
}

/** The repository of a plan once more, in which bytes may be flipped without harm. */
export interface Twin {
  /** As `Place` has it. */
  readonly folder: string;
  /** Below it, where the files of the backup lie; the one whose bytes are flipped is replaced, never written into. */
  readonly damageIn: string;
  /** Names of files there that are not to be damaged. */
  readonly spares: RegExp;
}

/** @typeParam Conn what the system connects with */
export interface BackupEngine<Conn> {
  /** `postgres.logical` */
  readonly id: string;
  readonly summary: string;
  /** The least privileges it needs, ready to copy. */
  readonly privileges: string;
  /** Programs it drives, with the Debian package that brings them. */
  readonly programs: readonly { readonly name: string; readonly apt: string }[];
  /** What it takes are the `paths` of the plan. */
  readonly wantsPaths?: true;
  /** Where it can restore into, the nearest to the living one last; asked of each plan where left out. */
  readonly restoresInto?: readonly RestoreInto['kind'][];
  /** What a person does with what was restored into the folder /srv/restored; of engines that restore into one. */
  readonly putInPlace?: string;
  /** How its repository (FOLDER) gets to another place: of engines that `offsite:` is of no use to. */
  readonly elsewhere?: string;
  /** Where the repository of the folder lies by its settings; null where that is the folder, undefined where they cannot be read. */
  liesIn?(conn: Conn, place: Place): string | null | undefined;
  /** It keeps the log as well, so what may be lost is judged by that and not by the age of a copy. */
  readonly keepsLog?: true;
  /** Reads the log into the place of the next backup until `signal` aborts. Throws where it cannot go on; it is begun again. */
  follow?(conn: Conn, place: Place, ctx: EngineContext): Promise<void>;
  /**
   * Of engines with `follow`: what of the log that was received since that backup cannot be read; null where all can. Each file
   * is read once, so it may be asked often.
   */
  logFlaw?(
    conn: Conn,
    order: Place & { readonly manifest: Manifest },
    ctx: EngineContext,
  ): Promise<string | null>;
  /**
   * Fills the empty folder; what it left there is thrown away when it throws. An engine that has `list` adds to its
   * repository instead and clears away after itself. Throws with the tool's own words.
   */
  take(conn: Conn, place: Place, ctx: EngineContext): Promise<Taken>;
  /** Never throws for what is wrong with the backup: that is a look that is not good. */
  prove(conn: Conn, order: ProofOrder, ctx: EngineContext): Promise<Proving>;
  /** What the repository holds, by its own account; left out where each backup is a folder of its own. */
  list?(conn: Conn, place: Place, ctx: EngineContext): Promise<readonly Held[]>;
  /**
   * Of engines that have `list`: what a restore needs to know of one that another store took, as far as the repository
   * tells. Null of what no Upkeep took.
   */
  describe?(conn: Conn, place: Place, ctx: EngineContext): Promise<Manifest | null>;
  /** Of engines that may keep several: the first, and those that were added. What cannot be read hides no other. */
  repositories?(conn: Conn, place: Place, ctx: EngineContext): Promise<readonly RepositoryState[]>;
  /**
   * Of engines that have `list`: makes a twin of the repository in the empty folder `into`, which lies on the same disk, at
   * which `prove` looks without a restore. No byte of the repository changes. Null where it does not lie on this machine.
   */
  twin?(conn: Conn, place: Place, into: string, ctx: EngineContext): Promise<Twin | null>;
  planRestore?(conn: Conn, order: RestoreOrder, ctx: EngineContext): Promise<RestorePlan>;
  /** Never over anything that lives unless the order says `over`. Throws with the tool's own words, and leaves nothing half done. */
  restore?(conn: Conn, order: RestoreOrder, ctx: EngineContext): Promise<Restored>;
  /**
   * Clears what a restore left that was cut off, by a kill say; never what is whole, or may be somebody else's. Gives what
   * was done, in words; null where nothing was there. A folder is cleared by whoever ordered it.
   */
  clearRestore?(
    conn: Conn,
    order: Pick<RestoreOrder, 'into' | 'manifest'>,
    ctx: EngineContext,
  ): Promise<string | null>;
  /** Left out where each backup is a folder of its own, which is then removed as one. */
  planDeletion?(
    conn: Conn,
    place: Place,
    labels: readonly string[],
    ctx: EngineContext,
  ): Promise<DeletionPreview>;
  /**
   * Of engines that keep a log beside their backups: what of it may go. Throws where anything else that lies there
   * needs it.
   */
  planLogDeletion?(conn: Conn, place: Place, bounds: LogBounds, ctx: EngineContext): Promise<LogDeletion>;
  /** Deletes exactly these, which the plan named. */
  applyLogDeletion?(
    conn: Conn,
    place: Place,
    bounds: LogBounds,
    names: readonly string[],
    ctx: EngineContext,
  ): Promise<void>;
  /** Deletes exactly these, which the preview named. */
  applyDeletion?(conn: Conn, place: Place, labels: readonly string[], ctx: EngineContext): Promise<void>;
  /** What the system lacks for it: settings, privileges, room. Changes nothing. Throws where nobody can be asked. */
  needs?(conn: Conn, order: NeedsOrder, ctx: EngineContext): Promise<Needs>;
  /** Settings of the system that it needs, as an action's four parts; the permit is looked at before. Restarts nothing. */
  planSettings?(conn: Conn, order: NeedsOrder, ctx: EngineContext): Promise<PlanDraft | NoPlan>;
  applySettings?(conn: Conn, order: NeedsOrder, plan: Plan, ctx: EngineContext): Promise<string>;
  verifySettings?(conn: Conn, order: NeedsOrder, plan: Plan, ctx: EngineContext): Promise<Verdict>;
  undoSettings?(conn: Conn, order: NeedsOrder, plan: Plan, ctx: EngineContext): Promise<string>;
}

/** An engine whose connection is closed over. */
export type BoundEngine = {
  readonly [Key in keyof BackupEngine<never>]: BackupEngine<never>[Key] extends infer Member
    ? Member extends (conn: never, ...rest: infer Rest) => infer Result
      ? (...rest: Rest) => Result
      : Member
    : never;
};

export function bindEngine<Conn>(engine: BackupEngine<Conn>, conn: Conn): BoundEngine {
  const { id, summary, privileges, programs, wantsPaths, restoresInto, putInPlace } = engine;
  const { keepsLog, follow, logFlaw, elsewhere, liesIn } = engine;
  const { list, describe, repositories, planRestore, restore, clearRestore, planDeletion, applyDeletion } =
    engine;
  const { planLogDeletion, applyLogDeletion, twin } = engine;
  const { needs, planSettings, applySettings, verifySettings, undoSettings } = engine;
  return {
    ...{ id, summary, privileges, programs },
    ...(wantsPaths && { wantsPaths }),
    ...(restoresInto && { restoresInto }),
    ...(putInPlace && { putInPlace }),
    ...(elsewhere !== undefined && { elsewhere }),
    ...(liesIn && { liesIn: (place) => liesIn(conn, place) }),
    ...(keepsLog && { keepsLog }),
    ...(follow && { follow: (place, ctx) => follow(conn, place, ctx) }),
    ...(logFlaw && { logFlaw: (order, ctx) => logFlaw(conn, order, ctx) }),
    take: (place, ctx) => engine.take(conn, place, ctx),
    prove: (order, ctx) => engine.prove(conn, order, ctx),
    ...(list && { list: (place, ctx) => list(conn, place, ctx) }),
    ...(describe && { describe: (place, ctx) => describe(conn, place, ctx) }),
    ...(twin && { twin: (place, into, ctx) => twin(conn, place, into, ctx) }),
    ...(repositories && { repositories: (place, ctx) => repositories(conn, place, ctx) }),
    ...(planRestore && { planRestore: (order, ctx) => planRestore(conn, order, ctx) }),
    ...(restore && { restore: (order, ctx) => restore(conn, order, ctx) }),
    ...(clearRestore && { clearRestore: (order, ctx) => clearRestore(conn, order, ctx) }),
    ...(planLogDeletion && {
      planLogDeletion: (place, bounds, ctx) => planLogDeletion(conn, place, bounds, ctx),
    }),
    ...(applyLogDeletion && {
      applyLogDeletion: (place, bounds, names, ctx) => applyLogDeletion(conn, place, bounds, names, ctx),
    }),
    ...(planDeletion && { planDeletion: (place, labels, ctx) => planDeletion(conn, place, labels, ctx) }),
    ...(applyDeletion && { applyDeletion: (place, labels, ctx) => applyDeletion(conn, place, labels, ctx) }),
    ...(needs && { needs: (order, ctx) => needs(conn, order, ctx) }),
    ...(planSettings && { planSettings: (order, ctx) => planSettings(conn, order, ctx) }),
    ...(applySettings && { applySettings: (order, plan, ctx) => applySettings(conn, order, plan, ctx) }),
    ...(verifySettings && { verifySettings: (order, plan, ctx) => verifySettings(conn, order, plan, ctx) }),
    ...(undoSettings && { undoSettings: (order, plan, ctx) => undoSettings(conn, order, plan, ctx) }),
  };
}
