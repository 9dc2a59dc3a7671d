import { z } from 'zod';
import type { OffsiteTrial } from '../../core/backup/view.ts';
import { defineVerb } from '../context.ts';

export const backupTry = defineVerb({
  name: 'backup.try',
  summary:
    'Tries the off-site buckets: writes, reads, locks and tries to delete a small object there, and says what is not as it should be',
  scope: 'operate',
  changes: true,
  adds: true,
  repeatable: true,
  storesNothing: true,
  route: 'POST /backups/try',
  positional: ['name'],
  examples: ['upkeep backup try', 'upkeep backup try shop'],
  input: z.object({
    name: z.string().optional().describe('name under backups:; all that have offsite: when left out'),
  }),
  async run({ ctx, input }): Promise<OffsiteTrial[]> {
    const plans = ctx.configuration().backups;
    const found: OffsiteTrial[] = [];
    for (const plan of plans)
      if (input.name === undefined || plan.name === input.name)
        found.push(...(await ctx.recovery.offsite.try(plan)));
    return found;
  },
});
