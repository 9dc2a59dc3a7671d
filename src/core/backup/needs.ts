/** What stands between a declared backup and its promise, each with the exact remedy. */

export interface Need {
  /** One line: `archive_mode is off (needs a restart)`. */
  readonly what: string;
  /** A command or a statement, ready to copy. */
  readonly remedy: string;
  /** A setting of the system that `backup prepare` sets through the guard; `remedy` is the statement by hand. */
  readonly isSetting?: true;
  /** A restart of the system; `remedy` is how, by hand. */
  readonly isRestart?: true;
  /** Backups work without it, and whoever relies on them should know. */
  readonly isAdvice?: true;
}

export interface NeedView extends Omit<Need, 'isSetting' | 'isRestart'> {
  /** Name under `backups:`. */
  readonly plan: string;
  /** The same without Upkeep, where `remedy` goes by the guard; a statement for a superuser. */
  readonly byHand?: string;
}

/**
 * By the guard first: it shows the value of before, is undone by one command and stands in the journal.
 * @param restarter target whose declared restart brings the system back; null where none is declared
 */
export function needView(
  { isSetting, isRestart, remedy, ...need }: Need,
  plan: string,
  restarter: string | null,
): NeedView {
  const about = { plan, ...need };
  if (isSetting) return { ...about, remedy: `upkeep backup prepare ${plan}`, byHand: remedy };
  if (!isRestart || restarter === null) return { ...about, remedy };
  return {
    ...about,
    remedy: `upkeep action propose ${restartAction} ${restarter} --why "settings of backups wait for it"`,
    byHand: remedy,
  };
}

/** What a target with a declared start is brought back by. */
export const restartAction = 'process.restart';

/** As far as an engine can see it. */
export interface Needs {
  readonly needs: readonly Need[];
  /** Folder of this machine with the data; null where it is elsewhere or not told. */
  readonly data: string | null;
  /** What a full backup would take at most; null where nobody can say. */
  readonly fullBytes: number | null;
  /** By its own configuration a repository of it lies elsewhere than in the folder of the plan, with or without a backup in it. */
  readonly isElsewhere?: boolean;
}

/** `log` as the plan says it. */
export interface NeedsOrder {
  /** The repository of the plan. */
  readonly folder: string;
  readonly log?: 'archive' | 'stream';
  readonly paths?: readonly string[];
}

/** A disk that is full to the last byte takes the next file of the log with it (J). */
const roomFactor = 1.1;

export interface Room {
  readonly folder: string;
  /** What the next full backup takes; null where nobody can say. */
  readonly wanted: number | null;
  readonly free: number;
  /** Whether the data lies on the same disk; null where that is not known. */
  readonly isWithData: boolean | null;
  /** A copy of it lies on another machine. */
  readonly isCopied: boolean;
  /** How the engine gets it elsewhere; by `offsite:` where left out. */
  readonly elsewhere?: string | undefined;
}

const byOffsite = 'add `offsite:` for copies elsewhere';

/** @param sized bytes for people */
export function roomNeeds(room: Room, sized: (bytes: number) => string): Need[] {
  const { folder, wanted, free, isWithData, isCopied, elsewhere = byOffsite } = room;
  const needs: Need[] = [];
  if (wanted !== null && free < wanted * roomFactor)
    needs.push({
      what: `${folder} has room for ${sized(free)}, and the next full backup takes up to ${sized(wanted)}`,
      remedy: `make room there (df -h ${folder}), or name a folder on a larger disk as \`to:\` in upkeep.yaml`,
    });
  if (isWithData === true && !isCopied)
    needs.push({
      what: `${folder} is on the disk of the data: one broken disk takes both`,
      remedy: `in upkeep.yaml name a folder on another disk as \`to:\` (lsblk lists the disks), or ${elsewhere}`,
      isAdvice: true,
    });
  return needs;
}
