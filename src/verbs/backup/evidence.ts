import { z } from 'zod';
import type { Evidence } from '../../core/backup/evidence.ts';
import { UpkeepError } from '../../core/verb.ts';
import { defineVerb } from '../context.ts';
import { idOf } from './verify.ts';

export const backupEvidence = defineVerb({
  name: 'backup.evidence',
  summary:
    'What the proofs of a backup found, as signed JSON that can be checked without this Upkeep; newest first',
  scope: 'read',
  changes: false,
  route: 'GET /backups/:id/evidence',
  positional: ['id'],
  examples: ['upkeep backup evidence shop', 'upkeep backup evidence 0199f2c1 > evidence.json'],
  input: z.object({
    id: z
      .string()
      .min(1)
      .describe('id of the backup, or how it begins; or a name under backups:, for its newest good one'),
  }),
  async run({ ctx, input }): Promise<Evidence[]> {
    const found = await ctx.recovery.evidenceOf(await idOf(ctx, input.id));
    if (found.length === 0)
      throw new UpkeepError(
        'not-found',
        `backup ${input.id} was never proven: upkeep backup verify ${input.id}`,
      );
    return found;
  },
});
