/** What is known of the backups of one thing, wherever they lie; the ground of every decision about them. */

/**
 * How far a backup was proven, each including those below:
 * 0 it exists and its size is sane · 1 the repository's checksums match · 2 the log from its start to now has no gap ·
 * 3 it was restored and reached consistency in a scratch instance · 4 the structure holds (amcheck, page checksums,
 * schema) · 5 the content does (counts, checksums, canary) · 6 the team's own smoke queries answer.
 */
export type ProofLevel = 0 | 1 | 2 | 3 | 4 | 5 | 6;

/** From here on a proof is a restore. */
export const restoredLevel: ProofLevel = 3;

export const levelWords: Readonly<Record<ProofLevel, string>> = {
  0: 'is there',
  1: 'checksums match',
  2: 'log without a gap',
  3: 'restored',
  4: 'structure holds',
  5: 'content holds',
  6: 'answers the smoke queries',
};

export interface Proof {
  readonly level: ProofLevel;
  readonly good: boolean;
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface Backup {
  /** Unique in the catalogue. */
  readonly id: string;
  /** What it is a backup of: the name under `backups:`. */
  readonly of: string;
  readonly repository: string;
  readonly kind: 'full' | 'differential' | 'incremental';
  /** Ids of the backups without which it cannot be restored. */
  readonly needs: readonly string[];
  readonly startedAt: number;
  readonly endedAt: number;
  /** When the repository says that it was written; null where it does not. */
  readonly writtenAt: number | null;
  /** When Upkeep saw it first. */
  readonly firstSeenAt: number;
  readonly bytes: number;
  /** Where the log begins that a restore of it needs, in bytes of log; null where that is not known or there is none. */
  readonly logFrom: number | null;
  /** How the taking of it ended, in the engine's own words made sure of. */
  readonly taken: 'good' | 'failed' | 'unknown';
  readonly proofs: readonly Proof[];
  /** Somebody wants it kept, whatever its age. */
  readonly isPinned: boolean;
  /** Object Lock, read back from the repository. */
  readonly lockedUntil: number | null;
  /** Since when it is to be deleted; null where it is not. */
  readonly markedAt: number | null;
}

/** The highest level whose newest look at it was good, and when; null where it never was, or a later look failed. */
export function provenLevel({ proofs }: Pick<Backup, 'proofs'>): { level: ProofLevel; at: number } | null {
  const newest = proofs.reduce<Proof | null>((last, one) => (last && last.at > one.at ? last : one), null);
  // What failed last is not proven, whatever was true before.
  if (newest === null || !newest.good) return null;
  const since = proofs.filter(({ good }) => !good).reduce((at, proof) => Math.max(at, proof.at), 0);
  return proofs
    .filter(({ good, at }) => good && at > since)
    .reduce<{ level: ProofLevel; at: number } | null>(
      (best, { level, at }) =>
        best && (best.level > level || (best.level === level && best.at >= at)) ? best : { level, at },
      null,
    );
}

export function isProvenByRestore(backup: Pick<Backup, 'proofs' | 'taken'>): boolean {
  const proven = provenLevel(backup);
  return backup.taken === 'good' && proven !== null && proven.level >= restoredLevel;
}
