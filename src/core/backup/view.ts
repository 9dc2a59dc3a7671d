/** A backup as people and programs see it. */
import { type Backup, type ProofLevel, restoredLevel } from './catalogue.ts';
import type { LogGap, Look, RestoreInto } from './engine.ts';
import type { ProveWhen } from './settings.ts';

export interface ProofView {
  readonly id: string;
  readonly backup: string;
  readonly at: number;
  /** The highest level that was good; null where none was. */
  readonly level: ProofLevel | null;
  /** Nothing that was looked at was wrong. */
  readonly isGood: boolean;
  readonly restoredInMs: number | null;
  readonly restoredWith: string;
  readonly looks: readonly Look[];
  /** It failed by a clock that was ahead: when is not known, and it counts as of now. */
  readonly isAhead?: true;
}

/** `removing`: its removal was begun; `missing`: it should be in its repository and is not. */
export type BackupState = 'taking' | 'good' | 'failed' | 'missing' | 'removing' | 'removed';

export interface BackupView {
  readonly id: string;
  /** Name under `backups:`. */
  readonly plan: string;
  readonly target: string;
  readonly engine: string;
  readonly repository: string;
  readonly folder: string;
  readonly kind: Backup['kind'];
  readonly needs: readonly string[];
  readonly state: BackupState;
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly bytes: number;
  readonly logFrom: number | null;
  /** `12 tables, 5,000 rows`, or why it failed. */
  readonly detail: string;
  readonly isPinned: boolean;
  /** Since when it is to be removed; null where it is not. */
  readonly markedAt: number | null;
  /** The engine's own name of it; null where it is a folder of its own. */
  readonly label: string | null;
  /** When its repository says that it was written. */
  readonly writtenAt: number | null;
  /** When it was last seen in its repository. */
  readonly seenAt: number | null;
  /** Nobody can delete it before then: a lock of the repository, read back from it. */
  readonly lockedUntil: number | null;
  /** The backup that this is a sealed copy of, in a bucket elsewhere; null of a backup itself. */
  readonly copyOf: string | null;
  /** Those that were made, newest first. */
  readonly proofs: readonly ProofView[];
  /** The newest that could not be made, where none since came as far; it says nothing of the backup. */
  readonly notRun?: ProofView;
  /** It was taken by a clock that was ahead of that of now: when is not known. It is never the newest, and counts for nothing. */
  readonly isAhead?: true;
}

export interface LogView {
  /** `archive`, or the slot that it is read from. */
  readonly repository: string;
  /** What would be lost, in milliseconds. */
  readonly ageMs: number;
  readonly measuredAt: number;
  /** Of a further repository, which a restore takes only where it is told to. */
  readonly isFurther?: true;
}

/** The backup that a restore takes now. */
export interface RestoredFrom {
  readonly backup: string;
  /** When it was begun. */
  readonly at: number;
  /** When it was whole: a restore brings back at least that much, whatever became of the log. */
  readonly wholeAt: number;
  /** A restore has proven it, and no later look was against it. */
  readonly isProven: boolean;
  /** Why the newest is not taken: what its last look found; null where it is. */
  readonly passedOver: string | null;
  /** `level 1: …`: it failed its last look itself, as every other did, so nobody can count on it; absent where it did not. */
  readonly failed?: string;
  /** The log behind it has a gap by the last look, so that nothing of it counts; absent where it has none. */
  readonly hasLogGap?: true;
  /** Up to when the log before that gap brings us, where heartbeats tell; absent where none do. */
  readonly logUntil?: number;
}

/** A copy elsewhere, as it stands after it was asked for. */
export interface CopiedView extends BackupView {
  /** It lay there already, so nothing was sent. */
  readonly wasThere?: true;
}

/** A copy that was downloaded. */
export interface FetchedView {
  readonly backup: string;
  readonly folder: string;
  readonly detail: string;
}

/** One thing tried with a bucket. */
export interface OffsiteTrial {
  readonly plan: string;
  readonly bucket: string;
  /** `write`, `read`, `clock`, `deletion refused`, `lock`, `deleter` */
  readonly what: string;
  readonly good: boolean;
  readonly detail: string;
  /** What mends it. */
  readonly remedy: string;
}

/** `damaged`: it failed its last look; `unread`: nobody has looked at it since it was sent. */
export type CopyProof = 'restored' | 'read-back' | 'damaged' | 'unread';

export interface OffsiteView {
  /** `s3://acme at https://s3.example.org` */
  readonly bucket: string;
  readonly every: ProveWhen;
  /** When the backup was begun whose copy is the newest good one. */
  readonly newestAt: number | null;
  /** How that copy is proven. */
  readonly newestIs: CopyProof;
  /** When the backup was begun whose copy is the newest that was read back or restored whole; null where none was. */
  readonly soundAt: number | null;
  /** Until when that copy cannot be deleted, as the server says. */
  readonly lockedUntil: number | null;
  readonly proven: PlanView['proven'];
  /** Why no good copy is known there; absent where one is. */
  readonly none?: string;
}

export interface SecondView {
  /** `repo2` */
  readonly repository: string;
  /** When the newest good backup in it was begun. */
  readonly newestAt: number | null;
  /** The last restore out of it that proved one. */
  readonly proven: PlanView['proven'];
  /** Why no good backup is known there; absent where one is. */
  readonly none?: string;
}

/** What lies in a repository and was not taken by this Upkeep. */
export interface ForeignView {
  readonly plan: string;
  /** The engine's name of it, or that of its folder. */
  readonly label: string;
  /** Null where nobody says it. */
  readonly bytes: number | null;
  /** When it was written, as the repository says. */
  readonly at: number;
  /** A backup that nobody has looked at: nothing of the plan is deleted meanwhile. */
  readonly holdsBack?: true;
}

export interface RestoreTrend {
  /** Newest first; `until` is the moment that was asked for, `lostMs` how far before it the newest heartbeat lay that was found again. */
  readonly restores: readonly {
    readonly at: number;
    readonly tookMs: number;
    readonly until: number | null;
    readonly lostMs: number | null;
  }[];
  /** How long one would take now, of the backup and the log that a restore takes, by the rates that were measured. */
  readonly nowMs: number | null;
  /** Why that is a guess; null where such sizes were measured. */
  readonly nowGuess: string | null;
}

export interface LapsedProof {
  readonly at: number;
  readonly level: ProofLevel;
  readonly restoredInMs: number | null;
  readonly redSince: number;
  /** `level 1: …` */
  readonly why: string;
}

/** What `backups:` declares, and how it stands. */
export interface PlanView {
  readonly name: string;
  readonly target: string;
  readonly engine: string;
  readonly folder: string;
  /** Time of day, `03:00`. */
  readonly at: string;
  /** What may be lost and how long a restore may take; how long backups are kept. Milliseconds. */
  readonly objectives: { readonly rpoMs: number; readonly rtoMs: number; readonly keepMs: number };
  /** What is under way, one line; null where nothing is. */
  readonly underWay: string | null;
  /** When the newest good backup was begun. */
  readonly newestAt: number | null;
  /** Null where there is none; older than the newest where that failed its last look. */
  readonly restores: RestoredFrom | null;
  /** Why no good backup is known in its own repository; absent where one is, whatever its clock. */
  readonly none?: string;
  /** Where its engine restores into. */
  readonly into: readonly RestoreInto['kind'][];
  /** Its engine keeps the log as well: what would be lost is judged by that. */
  readonly keepsLog: boolean;
  /** The last restore that proved one. */
  readonly proven: {
    readonly at: number;
    readonly level: ProofLevel;
    readonly restoredInMs: number | null;
  } | null;
  /** Why the last try at a proof could not be made; absent where it could. */
  readonly notRun?: string;
  /** The last restore that proved one before a later look at it failed; absent where a proof stands, or there never was one. */
  readonly lapsed?: LapsedProof;
  /** Restores of copy and log that were measured; absent where none was. */
  readonly trend?: RestoreTrend;
  /** How far back its own log in each repository would bring us, as it was measured last; empty where none is kept, or nothing is known of it. */
  readonly log: readonly LogView[];
  /** Further repositories of the engine, as `repo2` of pgBackRest; absent where there are none. */
  readonly seconds?: readonly SecondView[];
  /** The copies elsewhere; null where none are asked for. */
  readonly offsite: OffsiteView | null;
  /** What is not as it should be, one line each. */
  readonly wrong: readonly string[];
}

/** It ended for want of something here, and says nothing of its backup. */
export function isNotRun({ looks }: Pick<ProofView, 'looks'>): boolean {
  return looks.some(({ notRun }) => notRun === true);
}

/**
 * Those that were made, newest first. Of one that could not go on counts what it saw, except where something was found wrong
 * before at a level that it did not come to again.
 * @param tried newest first
 */
export function madeOf(tried: readonly ProofView[]): ProofView[] {
  const made: ProofView[] = [];
  for (const proof of tried.toReversed()) {
    const part = isNotRun(proof) ? partOf(proof) : proof;
    const [before] = made;
    const isHidden = part !== proof && before?.isGood === false && endOf(before).level > (part?.level ?? -1);
    if (part !== null && !isHidden) made.unshift(part);
  }
  return made;
}

function partOf(proof: ProofView): ProofView | null {
  const looks = proof.looks.filter(({ good }) => good);
  const level = looks.at(-1)?.level;
  return level === undefined ? null : { ...proof, level, looks, isGood: true, restoredInMs: null };
}

/** The newest of those that could not be made, where none that was made since came as far. @param proofs of either kind */
export function newestNotRun(proofs: readonly ProofView[]): ProofView | null {
  const newest = proofs.filter(isNotRun).toSorted((a, b) => b.at - a.at)[0];
  if (newest === undefined) return null;
  const { level } = endOf(newest);
  const isMade = (one: ProofView) => !isNotRun(one) && one.at > newest.at;
  const isAsFar = (one: ProofView) => !one.isGood || endOf(one).level >= level;
  return proofs.some((one) => isMade(one) && isAsFar(one)) ? null : newest;
}

/** The look that a proof ended with. */
export function endOf({ looks }: Pick<ProofView, 'looks'>): Pick<Look, 'level' | 'detail'> {
  const last = looks.find(({ good }) => !good) ?? looks.at(-1);
  return { level: last?.level ?? 0, detail: last?.detail ?? 'nothing could be looked at' };
}

const logLevel = 2;
/** At which the team's own queries are asked: what was restored stands by then. */
const smokeLevel = 6;

/**
 * What is wrong with a backup by one proof of it. `log` and `smoke`: the backup itself can be restored; `elsewhere`: nothing is
 * wrong with it nor with the log beside it.
 */
export type Flaw = 'damaged' | 'log' | 'elsewhere' | 'smoke';

const flawOfGap: Readonly<Record<LogGap, Flaw>> = {
  within: 'damaged',
  behind: 'log',
  elsewhere: 'elsewhere',
};

/** Null where it was good, or could not be made. */
export function flawOf(proof: Pick<ProofView, 'looks' | 'isGood'> | undefined): Flaw | null {
  if (proof === undefined || proof.isGood || isNotRun(proof)) return null;
  const wrong = proof.looks.find(({ good }) => !good);
  if (wrong?.gap !== undefined) return flawOfGap[wrong.gap];
  // Proofs of before do not say where the gap is.
  if (wrong?.level === logLevel) return 'log';
  return wrong?.level === smokeLevel ? 'smoke' : 'damaged';
}

/** Its log has a gap after it began: what follows that cannot be replayed, from no backup. */
export function hasGap(proof: Pick<ProofView, 'looks' | 'isGood'> | undefined): boolean {
  const gap = proof?.looks.find(({ good }) => !good)?.gap;
  return gap === 'within' || flawOf(proof) === 'log';
}

/** Whether it restored the backup, and did not merely look at its files. */
export function isRestoreProof({ looks }: ProofView): boolean {
  return looks.some(({ level }) => level >= restoredLevel);
}

/** The newest proof by a restore that still holds: of a backup that is there and failed no later look. */
export function standingProof(backups: readonly Pick<BackupView, 'state' | 'proofs'>[]): ProofView | null {
  const sound = backups.flatMap(({ state, proofs }) => {
    const newest = state === 'good' ? provenRestoreOf(proofs) : null;
    return newest === null ? [] : proofs.filter(({ at, isGood }) => isGood && at === newest.at);
  });
  return sound.toSorted((a, b) => b.at - a.at)[0] ?? null;
}

/** The newest good proof by a restore; null where there is none, or where a later look was not good. */
export function provenRestoreOf(proofs: readonly ProofView[]): { level: ProofLevel; at: number } | null {
  const sorted = proofs.toSorted((a, b) => b.at - a.at);
  const until = sorted.findIndex(({ isGood }) => !isGood);
  for (const { level, at } of until === -1 ? sorted : sorted.slice(0, until)) {
    if (level !== null && level >= restoredLevel) return { level, at };
  }
  return null;
}
