/** The log beside backups goes with what needed it: never what a backup that stays begins with or comes after, and never while young. */
import { join } from 'node:path';
import type { EngineContext, LogBounds, LogDeletion, Place } from '../../core/backup/engine.ts';
import { type DeletionPlan, leastKeepMs } from '../../core/backup/retention.ts';
import type { BackupSettings } from '../../core/backup/settings.ts';
import type { BackupView } from '../../core/backup/view.ts';
import { type Ground, localRepository, repositoryOf } from './ground.ts';

export interface LogRemoval extends LogDeletion, LogBounds {}

export interface LogOrder extends Pick<DeletionPlan, 'logsFrom'> {
  /** Every backup of the plan, whatever became of it. */
  readonly known: readonly BackupView[];
  /** Folders of those that go in the same plan. */
  readonly going: readonly string[];
  /** Something holds every deletion back: the clock, a failed proof. */
  readonly isHeld: boolean;
}

/** Beside the backups, as the one that is taken next would lie. */
const placeOf = (plan: BackupSettings): Place => ({ folder: join(repositoryOf(plan), 'next') });

/**
 * All of what goes or none of it, so that a plan that was shown is the same one a day later.
 * @returns null where nothing is to go
 */
export async function plannedLog(
  ground: Ground,
  plan: BackupSettings,
  { known, logsFrom, going, isHeld }: LogOrder,
  ctx: EngineContext,
): Promise<LogRemoval | null> {
  const engine = ground.engineOf(plan);
  const from = neededFrom(known, logsFrom);
  if (!engine.planLogDeletion || isHeld || from === null) return null;
  const found = await engine.planLogDeletion(placeOf(plan), { from, going }, ctx);
  const keptUntil = found.newestAt + Math.max(plan.keepMs, leastKeepMs);
  return found.names.length === 0 || keptUntil > ctx.clock.now() ? null : { ...found, from, going };
}

/** What is not there now may come back (a disk that is not mounted), and needs its log then. */
function neededFrom(known: readonly BackupView[], logsFrom: DeletionPlan['logsFrom']): number | null {
  const own = logsFrom.find(({ repository }) => repository === localRepository)?.from ?? null;
  const others = known.filter(
    ({ copyOf, state }) => copyOf === null && ['missing', 'taking', 'removing'].includes(state),
  );
  return others.reduce<number | null>(
    (least, { logFrom }) => (least === null || logFrom === null ? null : Math.min(least, logFrom)),
    own,
  );
}

/** Exactly those that were planned; what may go since then goes with the next plan. */
export async function removeLog(
  ground: Ground,
  plan: BackupSettings,
  { names, ...bounds }: LogRemoval,
  ctx: EngineContext,
): Promise<void> {
  const { applyLogDeletion } = ground.engineOf(plan);
  if (!applyLogDeletion) throw new Error(`${plan.engine} cannot delete its log`);
  await applyLogDeletion(placeOf(plan), bounds, names, ctx);
}
