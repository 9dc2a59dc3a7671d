/** Which repository of the log is whose: each plan has its own, and what belongs to none is counted for none. Pure. */
import { join } from 'node:path';
import type { Confirmed } from '../../../core/backup/rpo.ts';
import type { LogKeeping } from '../../../core/backup/settings.ts';
import type { Labels } from '../../../core/sample.ts';
import { slotOfPlan } from '../backups/plain-log.ts';

/** Slots that Upkeep makes are called so. */
export const ownSlots = 'upkeep_';

export interface FoundLogs {
  /** What archive_command hands files to: `archive`, or `repo1` and `repo2`; empty where nothing is archived. */
  readonly archived: ReadonlyMap<string, Confirmed>;
  /** By the name of its slot. */
  readonly received: ReadonlyMap<string, Confirmed>;
  readonly archiveCommand: string;
}

export interface LogOfPlan {
  readonly labels: Labels & { readonly repository: string };
  /** Null where the log does not get there now: it ends where it ended. */
  readonly confirmed: Confirmed | null;
  /** Null of what is no plan's. */
  readonly rpoMs: number | null;
}

/**
 * @param plans undefined where nobody says them: then each repository stands for itself
 * @param before labels of those that were known, oldest first
 */
export function logsByPlan(
  { archived, received, archiveCommand }: FoundLogs,
  plans: readonly LogKeeping[] | undefined,
  before: readonly Labels[],
): LogOfPlan[] {
  const all = [...archived, ...received];
  const claimed = new Set<string>();
  const unclaimed = (names: readonly [string, Confirmed][]) =>
    names.map(([repository, confirmed]): LogOfPlan => ({ labels: { repository }, confirmed, rpoMs: null }));
  if (plans === undefined) return unclaimed(all);
  const owned = plans.flatMap((plan): LogOfPlan[] => {
    const { name, rpoMs } = plan;
    const fromArchive = plan.engine === 'postgres.pgbackrest' || plan.log === 'archive';
    const slot = slotOfPlan(name);
    const now = fromArchive
      ? isHandedTo(plan, archiveCommand)
        ? [...archived]
        : []
      : [...received].filter(([repository]) => repository === slot);
    const labelsOf = (repository: string) => ({ repository: calledBy(plan, repository), plan: name });
    for (const [repository] of now) claimed.add(repository);
    if (now.length > 0)
      return now.map(([repository, confirmed]) => ({ labels: labelsOf(repository), confirmed, rpoMs }));
    const known = before.flatMap(({ repository = '', plan: of }) => (of === name ? [repository] : []));
    for (const [repository] of all) if (known.includes(calledBy(plan, repository))) claimed.add(repository);
    return [...new Set(known.map((repository) => calledBy(plan, repository)))].map((repository) => ({
      ...{ labels: labelsOf(repository), confirmed: null, rpoMs },
    }));
  });
  return [...owned, ...unclaimed(all.filter(([name]) => !claimed.has(name) && !name.startsWith(ownSlots)))];
}

/** The archive of pgBackRest is its first repository, called as where there are two. */
function calledBy({ engine }: LogKeeping, repository: string): string {
  return engine === 'postgres.pgbackrest' && repository === 'archive' ? 'repo1' : repository;
}

/** pgBackRest is told its repository; where a command of the team's lays the files nobody can read from it. */
function isHandedTo({ engine, folder, name }: LogKeeping, archiveCommand: string): boolean {
  return (
    engine !== 'postgres.pgbackrest' ||
    archiveCommand.includes(join(folder, name, 'pgbackrest', 'pgbackrest.conf'))
  );
}

/** Slots of Upkeep's that no plan reads any more. */
export function isLeftover(slot: string, plans: readonly LogKeeping[]): boolean {
  return (
    slot.startsWith(ownSlots) &&
    !plans.some(
      ({ name, engine, log }) =>
        engine === 'postgres.plain' && log !== 'archive' && slotOfPlan(name) === slot,
    )
  );
}
