/** A backup as people and programs see it. */
import { type Backup, type ProofLevel, restoredLevel } from './catalogue.ts';
import type { Look } from './engine.ts';

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
}

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
  readonly state: 'taking' | 'good' | 'failed' | 'removed';
  readonly startedAt: number;
  readonly endedAt: number | null;
  readonly bytes: number;
  readonly logFrom: number | null;
  /** `12 tables, 5,000 rows`, or why it failed. */
  readonly detail: string;
  readonly isPinned: boolean;
  readonly markedAt: number | null;
  /** Newest first. */
  readonly proofs: readonly ProofView[];
}

/** What `backups:` declares, and how it stands. */
export interface PlanView {
  readonly name: string;
  readonly target: string;
  readonly engine: string;
  readonly folder: string;
  /** Time of day, `03:00`. */
  readonly at: string;
  /** What is under way, one line; null where nothing is. */
  readonly underWay: string | null;
  /** When the newest good backup was begun. */
  readonly newestAt: number | null;
  /** The last restore that proved one. */
  readonly proven: {
    readonly at: number;
    readonly level: ProofLevel;
    readonly restoredInMs: number | null;
  } | null;
  /** What is not as it should be, one line each. */
  readonly wrong: readonly string[];
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
