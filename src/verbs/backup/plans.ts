import type { BackupSettings } from '../../core/backup/settings.ts';
import { standingOf } from '../../core/backup/standing.ts';
import type { PlanView } from '../../core/backup/view.ts';
import * as backupRows from '../../store/backups.ts';
import type { VerbContext } from '../context.ts';

const judgedBy = 200;

/** How everything that is backed up stands, in the order of upkeep.yaml. */
export function planViews(ctx: VerbContext): Promise<PlanView[]> {
  return Promise.all(ctx.configuration().backups.map((plan) => planView(ctx, plan)));
}

async function planView(ctx: VerbContext, plan: BackupSettings): Promise<PlanView> {
  const { name, target, engine, folder, at } = plan;
  const known = await backupRows.list(ctx.store.db, { plan: name, limit: judgedBy });
  const { newest, proven, failed, late, notProven } = standingOf(plan, known, ctx.clock.now());
  return {
    ...{ name, target, engine, folder, at },
    underWay: ctx.recovery.underWay().get(name) ?? null,
    newestAt: newest?.startedAt ?? null,
    proven: proven && { at: proven.at, level: proven.level ?? 0, restoredInMs: proven.restoredInMs },
    wrong: [failed, late, notProven].filter((text) => text !== null),
  };
}
