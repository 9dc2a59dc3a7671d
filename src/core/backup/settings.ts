/** What `backups:` says of one thing. */
const dayMs = 86_400_000;

/** When a backup is restored to prove it: after it was taken, or after the first that is due. */
export type ProveWhen = 'each' | 'daily' | 'weekly' | 'monthly';

export const proveEveryMs: Readonly<Record<ProveWhen, number>> = {
  each: 0,
  daily: dayMs,
  weekly: 7 * dayMs,
  monthly: 30 * dayMs,
};

export interface BackupSettings {
  /** Name under `backups:`. */
  readonly name: string;
  /** The target that it is a backup of. */
  readonly target: string;
  /** `postgres.logical` */
  readonly engine: string;
  /** Folder in which each backup gets one of its own. */
  readonly folder: string;
  /** Time of day, `03:00`, in the team's time zone. */
  readonly at: string;
  readonly prove: ProveWhen;
  readonly keepMs: number;
  /** Objectives: what may be lost, and how long a restore may take. */
  readonly rpoMs: number;
  readonly rtoMs: number;
  /** Queries that must answer true in what was restored. */
  readonly smoke: readonly string[];
  /** Folder that a restore is tried in; the system's temporary one where left out. */
  readonly scratch?: string;
}

/** Daily at three, proven each time, kept for thirty days; a day may be lost and four hours spent (definition G). */
export const usualBackup = {
  at: '03:00',
  prove: 'each',
  keepMs: 30 * dayMs,
  rpoMs: 25 * 3_600_000,
  rtoMs: 4 * 3_600_000,
} as const satisfies Partial<BackupSettings>;
