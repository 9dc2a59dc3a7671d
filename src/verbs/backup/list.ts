import { z } from 'zod';
import type { BackupView, ForeignView, PlanView } from '../../core/backup/view.ts';
import * as backupRows from '../../store/backups.ts';
import { defineVerb } from '../context.ts';
import { planViews } from './plans.ts';

export interface BackupList {
  readonly plans: readonly PlanView[];
  /** Newest first. */
  readonly backups: readonly BackupView[];
  /** What lies in the repositories and was not taken by this Upkeep, as they were looked at last. */
  readonly foreign: readonly ForeignView[];
}

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
    const plans = (await planViews(ctx)).filter(
      ({ name }) => input.name === undefined || name === input.name,
    );
    const { name: plan, limit } = input;
    const foreign = plans.flatMap(({ name }) => ctx.recovery.found(name)?.foreign ?? []);
    const backups = await backupRows.list(db, {
      now: ctx.clock.now(),
      ...(plan === undefined ? {} : { plan }),
      limit,
    });
    return { plans, backups, foreign };
  },
});
