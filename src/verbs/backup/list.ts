import { z } from 'zod';
import { type Standing, standingOf } from '../../core/backup/standing.ts';
import type { BackupView } from '../../core/backup/view.ts';
import * as backupRows from '../../store/backups.ts';
import { defineVerb } from '../context.ts';

export interface PlanView {
  readonly name: string;
  readonly target: string;
  readonly engine: string;
  readonly folder: string;
  readonly at: string;
  /** What is under way, one line; null where nothing is. */
  readonly underWay: string | null;
  readonly standing: Standing;
}

export interface BackupList {
  readonly plans: readonly PlanView[];
  /** Newest first. */
  readonly backups: readonly BackupView[];
}

const judgedBy = 200;

export const backupList = defineVerb({
  name: 'backup.list',
  summary: 'What is backed up, when a restore last proved it, and every backup with how far it was proven',
  scope: 'read',
  changes: false,
  route: 'GET /backups',
  positional: ['name'],
  examples: ['upkeep backup list', 'upkeep backup list shop'],
  input: z.object({
    name: z.string().optional().describe('name under backups:; all when left out'),
    limit: z.coerce.number().int().min(1).max(500).default(30).describe('at most this many backups'),
  }),
  async run({ ctx, input }): Promise<BackupList> {
    const { db } = ctx.store;
    const now = ctx.clock.now();
    const chosen = ctx
      .configuration()
      .backups.filter(({ name }) => input.name === undefined || name === input.name);
    const plans = await Promise.all(
      chosen.map(async (plan): Promise<PlanView> => {
        const { name, target, engine, folder, at } = plan;
        const known = await backupRows.list(db, { plan: name, limit: judgedBy });
        const underWay = ctx.recovery.underWay().get(name) ?? null;
        return { name, target, engine, folder, at, underWay, standing: standingOf(plan, known, now) };
      }),
    );
    const { name: plan, limit } = input;
    return { plans, backups: await backupRows.list(db, { ...(plan === undefined ? {} : { plan }), limit }) };
  },
});
