/** What `backups:` says of one thing. */
import type { AccessPair, BucketAddress } from './bucket.ts';

const dayMs = 86_400_000;

/** When a backup is restored to prove it: after it was taken, or after the first that is due. */
export type ProveWhen = 'each' | 'daily' | 'weekly' | 'monthly';

export const proveEveryMs: Readonly<Record<ProveWhen, number>> = {
  each: 0,
  daily: dayMs,
  weekly: 7 * dayMs,
  monthly: 30 * dayMs,
};

/** A bucket elsewhere that gets a sealed copy. */
export interface OffsiteSettings extends BucketAddress {
  /** Copies lie below it, without a slash at either end; empty for the whole bucket. */
  readonly prefix: string;
  readonly passphrase: string;
  /** May write and read, and must not be able to delete. */
  readonly writer: AccessPair;
  /** Null where nothing of it is ever deleted. */
  readonly deleter: AccessPair | null;
  /** How long each object is locked from the moment of the copy; null where no lock is asked for. */
  readonly lockMs: number | null;
  /** How often a backup is copied: the first that is due after its proof. */
  readonly every: ProveWhen;
}

export const usualOffsite = {
  region: 'us-east-1',
  prefix: 'upkeep',
  every: 'weekly',
} as const satisfies Partial<OffsiteSettings>;

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
  /** The engine keeps the log: what may be lost is judged by that, and copies are due daily whatever the objective. */
  readonly keepsLog?: true;
  readonly rtoMs: number;
  /** Queries that must answer true in what was restored. */
  readonly smoke: readonly string[];
  /** `archive`: the server lays the log there itself; else Upkeep reads it, where the engine does that. */
  readonly log?: 'archive' | 'stream';
  /** Files and folders, absolute; of engines that want them. */
  readonly paths?: readonly string[];
  /** Folder that a restore is tried in; the system's temporary one where left out. */
  readonly scratch?: string;
  readonly offsite?: OffsiteSettings;
}

/** Daily at three, proven each time, kept for thirty days; a day may be lost and four hours spent (definition G). */
export const usualBackup = {
  at: '03:00',
  prove: 'each',
  keepMs: 30 * dayMs,
  rpoMs: 25 * 3_600_000,
  rtoMs: 4 * 3_600_000,
} as const satisfies Partial<BackupSettings>;

/** With the log kept beside the copies (definition G). */
export const usualLogRpoMs = 5 * 60_000;

/** Of a plan that keeps the log of its target: enough to know which repository of the log is its own. */
export type LogKeeping = Pick<BackupSettings, 'name' | 'engine' | 'folder' | 'rpoMs' | 'log'>;

/** Plans that keep the log of the target, each for itself. */
export function logsOf(plans: readonly BackupSettings[], target: string): readonly LogKeeping[] {
  return plans.filter((plan) => plan.target === target && plan.keepsLog === true);
}

/** The strictest objective counts; undefined where the target has no backups. */
export function mayLoseOf(plans: readonly BackupSettings[], target: string): number | undefined {
  const objectives = plans.filter((plan) => plan.target === target).map(({ rpoMs }) => rpoMs);
  return objectives.length > 0 ? Math.min(...objectives) : undefined;
}
